/** Bytes of Parquet's hybrid of runs and bit-packed groups, as `[at, end)` of `bytes`. */
export interface RleSource {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly end: number;
}

/** Wider integers do not fit into 32 bits together with what is left of the byte before. */
const NARROW_BITS = 24;

/**
 * Reads integers of `width` bits (0 to 32), some at a time. Integers of 32 bits come as signed ones.
 * Reading throws a RangeError when the bytes end before the integers do.
 */
export class RleReader {
  private readonly bytes: Uint8Array;
  private readonly end: number;
  private readonly width: number;
  private offset: number;
  /** Integers of the current run that were not read yet, and whether they are bit-packed. */
  private left = 0;
  private isPacked = false;
  /** Of a run its one value; of packed integers how many of them were read. */
  private value = 0;
  private done = 0;

  constructor({ bytes, at, end }: RleSource, width: number) {
    this.bytes = bytes;
    this.offset = at;
    this.end = end;
    this.width = width;
  }

  /** Of integers that are bit-packed up to the end, without runs and headers. */
  static packed(source: RleSource, width: number): RleReader {
    const reader = new RleReader(source, width);
    reader.isPacked = true;
    reader.left = Number.POSITIVE_INFINITY;
    return reader;
  }

  /** Reads the next `count` integers into `out`, from `at` on. */
  read(out: Int32Array, count: number, at = 0): void {
    if (this.width === 0) {
      out.fill(0, at, at + count);
      return;
    }
    for (let read = 0; read < count; ) {
      if (this.left === 0) this.startRun();
      const values = Math.min(this.left, count - read);
      if (this.isPacked) this.unpack(out, at + read, values);
      else out.fill(this.value, at + read, at + read + values);
      this.left -= values;
      read += values;
    }
  }

  private startRun(): void {
    // Behind packed integers come the bytes of the next run.
    if (this.isPacked) this.offset += (this.done / 8) * this.width;
    const header = this.header();
    this.isPacked = header % 2 === 1;
    this.done = 0;
    this.left = this.isPacked ? ((header - 1) / 2) * 8 : header / 2;
    if (this.isPacked) return;
    const size = (this.width + 7) >> 3;
    this.value = littleEndian(this.bytes, this.offset, size);
    this.offset += size;
    this.assertWithin(this.offset);
  }

  private header(): number {
    let header = 0;
    let factor = 1;
    let byte = 0x80;
    while (byte >= 0x80) {
      this.assertWithin(this.offset + 1);
      byte = this.bytes[this.offset] ?? 0;
      this.offset += 1;
      header += (byte & 0x7f) * factor;
      factor *= 128;
    }
    return header;
  }

  private unpack(out: Int32Array, at: number, count: number): void {
    const { bytes, offset, width, done } = this;
    const firstBit = done * width;
    this.done += count;
    // The last group may be cut where its integers end.
    this.assertWithin(offset + Math.ceil((this.done * width) / 8));
    const from = { byte: offset + Math.floor(firstBit / 8), bit: firstBit % 8 };
    if (width > NARROW_BITS) unpackWide(bytes, from, width, out, at, count);
    else unpackNarrow(bytes, from, width, out, at, count);
  }

  private assertWithin(offset: number): void {
    if (offset > this.end) throw new RangeError('run-length encoded values end early');
  }
}

interface BitPlace {
  readonly byte: number;
  readonly bit: number;
}

function unpackNarrow(
  bytes: Uint8Array,
  from: BitPlace,
  width: number,
  out: Int32Array,
  at: number,
  count: number,
): void {
  const mask = (1 << width) - 1;
  let byte = from.byte + 1;
  let held = (bytes[from.byte] ?? 0) >>> from.bit;
  let bits = 8 - from.bit;
  for (let i = 0; i < count; i += 1) {
    while (bits < width) {
      held |= (bytes[byte] ?? 0) << bits;
      byte += 1;
      bits += 8;
    }
    out[at + i] = held & mask;
    held >>>= width;
    bits -= width;
  }
}

function unpackWide(
  bytes: Uint8Array,
  from: BitPlace,
  width: number,
  out: Int32Array,
  at: number,
  count: number,
): void {
  const mask = width === 32 ? -1 : (1 << width) - 1;
  let { byte, bit } = from;
  for (let i = 0; i < count; i += 1) {
    let value = littleEndian(bytes, byte, 4) >>> bit;
    if (bit + width > 32) value |= (bytes[byte + 4] ?? 0) << (32 - bit);
    out[at + i] = value & mask;
    byte += (bit + width) >> 3;
    bit = (bit + width) & 7;
  }
}

function littleEndian(bytes: Uint8Array, at: number, width: number): number {
  let value = bytes[at] ?? 0;
  if (width > 1) value |= (bytes[at + 1] ?? 0) << 8;
  if (width > 2) value |= (bytes[at + 2] ?? 0) << 16;
  if (width > 3) value |= (bytes[at + 3] ?? 0) << 24;
  return value;
}
