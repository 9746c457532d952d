const TWO_TO_32 = 2 ** 32;
/** A block that no writer makes; it keeps a damaged header from asking for endless bit widths. */
const MOST_MINIBLOCKS = 4096;

/** DELTA_BINARY_PACKED: integers of 64 bits, some at a time. Both halves are computed as such: a bigint each would be slow. */
export class DeltaReader {
  private readonly bytes: Uint8Array;
  private readonly miniblocks: number;
  private readonly perMiniblock: number;
  /** How many values there are. */
  readonly total: number;
  private offset: number;
  private low: number;
  private high: number;
  private minLow = 0;
  private minHigh = 0;
  /** Where the bit widths of the block lie, and which of its miniblocks is read. */
  private widths = 0;
  private miniblock: number;
  /** Of the miniblock: its values that are left, the bits of one, and those that were read. */
  private left = 0;
  private width = 0;
  private bit = 0;
  private isFirst = true;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.offset = at;
    const blockSize = Number(this.varint());
    this.miniblocks = Number(this.varint());
    this.total = Number(this.varint());
    [this.low, this.high] = this.zigzag();
    this.perMiniblock = blockSize / this.miniblocks;
    this.miniblock = this.miniblocks;
    if (!(this.miniblocks <= MOST_MINIBLOCKS) || !(this.perMiniblock >= 8) || this.perMiniblock % 8 !== 0)
      throw new RangeError(`delta blocks of ${blockSize} values in ${this.miniblocks} parts`);
  }

  /** Passes all values by what headers tell of their sizes. Returns where the encoding ends. */
  passAll(): number {
    for (let left = this.total - 1; left > 0; left -= this.perMiniblock) this.startMiniblock();
    this.leaveMiniblock();
    if (this.offset > this.bytes.length) throw new RangeError('delta values end early');
    return this.offset;
  }

  /** The lower 32 bits of the next values. */
  readLow(out: Int32Array, count: number): void {
    for (let i = 0; i < count; i += 1) {
      this.next();
      out[i] = this.low;
    }
  }

  /** The next values, each as its lower and then its upper half. */
  readWide(out: Int32Array, count: number): void {
    for (let i = 0; i < count; i += 1) {
      this.next();
      out[2 * i] = this.low;
      out[2 * i + 1] = this.high;
    }
  }

  private next(): void {
    if (this.isFirst) {
      this.isFirst = false;
      return;
    }
    if (this.left === 0) this.startMiniblock();
    const { width, bit } = this;
    const low = width === 0 ? 0 : this.bits(bit, Math.min(width, 32));
    const high = width > 32 ? this.bits(bit + 32, width - 32) : 0;
    const sum = (this.low >>> 0) + (this.minLow >>> 0) + (low >>> 0);
    const carry = Math.floor(sum / TWO_TO_32);
    this.low = sum | 0;
    this.high = (this.high + this.minHigh + high + carry) | 0;
    this.bit += width;
    this.left -= 1;
  }

  /** Up to 32 bits from a place in the miniblock on. */
  private bits(at: number, width: number): number {
    const { bytes } = this;
    const byte = this.offset + (at >>> 3);
    const shift = at & 7;
    if (byte + ((shift + width + 7) >> 3) > bytes.length) throw new RangeError('delta values end early');
    const four =
      (bytes[byte] ?? 0) |
      ((bytes[byte + 1] ?? 0) << 8) |
      ((bytes[byte + 2] ?? 0) << 16) |
      ((bytes[byte + 3] ?? 0) << 24);
    let value = four >>> shift;
    if (shift + width > 32) value |= (bytes[byte + 4] ?? 0) << (32 - shift);
    return width === 32 ? value : value & ((1 << width) - 1);
  }

  private startMiniblock(): void {
    this.leaveMiniblock();
    if (this.miniblock === this.miniblocks) this.startBlock();
    this.width = this.bytes[this.widths + this.miniblock] ?? 0;
    if (this.width > 64) throw new RangeError(`delta values of ${this.width} bits`);
    this.miniblock += 1;
    this.left = this.perMiniblock;
    this.bit = 0;
  }

  /** Its bytes are all there, even those behind the last value. */
  private leaveMiniblock(): void {
    this.offset += (this.width * this.perMiniblock) / 8;
    this.width = 0;
  }

  private startBlock(): void {
    [this.minLow, this.minHigh] = this.zigzag();
    this.widths = this.offset;
    this.offset += this.miniblocks;
    this.miniblock = 0;
    if (this.offset > this.bytes.length) throw new RangeError('delta values end early');
  }

  private zigzag(): [number, number] {
    const coded = this.varint();
    const value = (coded >> 1n) ^ -(coded & 1n);
    return [Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n))];
  }

  private varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.bytes[this.offset];
      if (byte === undefined) throw new RangeError('delta values end early');
      this.offset += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError('a number of more than ten bytes');
  }
}
