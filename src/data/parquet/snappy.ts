/** Bytes that a copy by words may write behind its end; what comes next is written over them. */
const SPARE_BYTES = 16;
/** Lengths above this one stand in bytes of their own, one to four. */
const LONGEST_IN_TAG = 60;

/**
 * Unpacks Snappy's raw format outside of WebAssembly, whose memory never shrinks, into memory that may be larger than asked for.
 * @throws Error for bytes that are no `length` bytes packed
 */
export function unpackSnappy(
  input: Uint8Array,
  length: number,
  memory = (bytes: number): Uint8Array => new Uint8Array(bytes),
): Uint8Array {
  const packed = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const bytes = memory(length + SPARE_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let [at, to] = [behindLength(input), 0];
  while (at < input.length) {
    const tag = input[at++] as number;
    // The two lowest bits are the kind of an element: literal bytes, or how many bytes hold the distance of a copy.
    const kind = tag & 3;
    let count = (tag >> 2) + 1;
    if (kind === 0) {
      if (count > LONGEST_IN_TAG) {
        const width = count - LONGEST_IN_TAG;
        count = numberAt(packed, at, width) + 1;
        at += width;
      }
      if (at + count > input.length || to + count > length) throw malformed();
      if (count <= LONGEST_IN_TAG && at + count + 3 <= input.length) copyLiteral(view, to, packed, at, count);
      else bytes.set(input.subarray(at, at + count), to);
      at += count;
    } else {
      let distance: number;
      if (kind === 1) {
        count = ((tag >> 2) & 7) + 4;
        distance = ((tag & 0xe0) << 3) | packed.getUint8(at);
      } else distance = kind === 2 ? packed.getUint16(at, true) : packed.getUint32(at, true);
      at += kind === 3 ? 4 : kind;
      if (distance === 0 || distance > to || to + count > length) throw malformed();
      copyBack(view, to, distance, count);
    }
    to += count;
  }
  if (to !== length) throw malformed();
  return bytes.subarray(0, length);
}

/** Copies by words: up to three bytes more are read and written. */
export function copyLiteral(view: DataView, to: number, packed: DataView, at: number, count: number): void {
  for (let k = 0; k < count; k += 4) view.setInt32(to + k, packed.getInt32(at + k, true), true);
}

/** A copy may reach into itself: what it writes first, it then repeats. */
export function copyBack(view: DataView, to: number, distance: number, count: number): void {
  const from = to - distance;
  if (distance >= 4)
    for (let k = 0; k < count; k += 4) view.setInt32(to + k, view.getInt32(from + k, true), true);
  else for (let k = 0; k < count; k++) view.setUint8(to + k, view.getUint8(from + k));
}

/** Little-endian; beyond the last byte a view itself throws. */
export function numberAt(view: DataView, at: number, width: number): number {
  if (width === 2) return view.getUint16(at, true);
  if (width === 4) return view.getUint32(at, true);
  return width === 1 ? view.getUint8(at) : view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
}

/** The first bytes are the length, seven bits in each; the page header tells it as well. */
function behindLength(input: Uint8Array): number {
  const end = input.findIndex((byte) => byte < 0x80);
  if (end < 0 || end > 4) throw malformed();
  return end + 1;
}

export function malformed(): Error {
  return new Error('A page of the Parquet file is malformed: its bytes cannot be unpacked as Snappy.');
}
