/** Bytes of Parquet's hybrid of runs and bit-packed groups, as `[at, end)` of `bytes`. */
export interface RleSource {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly end: number;
}

/**
 * Decodes `count` integers of `width` bits (0 to 32) into `out`. Integers of 32 bits come as signed ones.
 * @throws RangeError when the bytes end before the integers do.
 */
export function decodeRle(
  { bytes, at, end }: RleSource,
  width: number,
  out: Int32Array,
  count: number,
): void {
  if (width === 0) {
    out.fill(0, 0, count);
    return;
  }
  let offset = at;
  let done = 0;
  while (done < count) {
    let header = 0;
    let factor = 1;
    let byte = 0x80;
    while (byte >= 0x80) {
      if (offset >= end) throw new RangeError('run-length encoded values end early');
      byte = bytes[offset] ?? 0;
      offset += 1;
      header += (byte & 0x7f) * factor;
      factor *= 128;
    }
    const packed = header % 2 === 1;
    const length = packed ? ((header - 1) / 2) * 8 : header / 2;
    const values = Math.min(length, count - done);
    if (packed) {
      unpack(bytes, offset, width, out, done, values);
      offset += (length / 8) * width;
    } else {
      out.fill(littleEndian(bytes, offset, (width + 7) >> 3), done, done + values);
      offset += (width + 7) >> 3;
    }
    // The last group may be cut where its integers end.
    if (offset - end > (packed ? (length * width) / 8 - Math.ceil((values * width) / 8) : 0)) {
      throw new RangeError('run-length encoded values end early');
    }
    done += values;
  }
}

function unpack(
  bytes: Uint8Array,
  at: number,
  width: number,
  out: Int32Array,
  from: number,
  count: number,
): void {
  const mask = width === 32 ? -1 : (1 << width) - 1;
  let bit = 0;
  for (let i = 0; i < count; i += 1) {
    const byte = at + (bit >>> 3);
    const shift = bit & 7;
    let value = littleEndian(bytes, byte, 4) >>> shift;
    if (shift + width > 32) value |= (bytes[byte + 4] ?? 0) << (32 - shift);
    out[from + i] = value & mask;
    bit += width;
  }
}

function littleEndian(bytes: Uint8Array, at: number, width: number): number {
  let value = bytes[at] ?? 0;
  if (width > 1) value |= (bytes[at + 1] ?? 0) << 8;
  if (width > 2) value |= (bytes[at + 2] ?? 0) << 16;
  if (width > 3) value |= (bytes[at + 3] ?? 0) << 24;
  return value;
}
