const SHORT_BYTES = 32;

/** Bytes that are added to one another in memory which grows and is used again. */
export class Arena {
  /** Longer than what was added. */
  bytes: Buffer;
  length = 0;
  /** Of the last byte, how many bits `addBit` may still fill. */
  private freeBits = 0;

  constructor(capacity = 16 * 1024) {
    this.bytes = Buffer.allocUnsafeSlow(capacity);
  }

  clear(): void {
    this.length = 0;
    this.freeBits = 0;
  }

  /** Leaves what was added to those who hold it, and goes on with memory for a little more than that. */
  detach(): void {
    this.bytes = Buffer.allocUnsafeSlow(Math.ceil(this.length * 1.02));
    this.clear();
  }

  added(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  /** Makes room, and returns where it begins. Bytes written there count once `length` says so. */
  reserve(bytes: number): number {
    const needed = this.length + bytes;
    if (needed > this.bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.bytes.length));
      grown.set(this.added());
      this.bytes = grown;
    }
    return this.length;
  }

  add(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length);
    this.bytes.set(bytes, at);
    this.length += bytes.length;
  }

  /** Bytes [start, end) of others. */
  addRange(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    const at = this.reserve(length);
    // A view would cost more than to copy what is as short as most values are.
    if (length > SHORT_BYTES) this.bytes.set(bytes.subarray(start, end), at);
    else for (let i = 0; i < length; i += 1) this.bytes[at + i] = bytes[start + i] ?? 0;
    this.length = at + length;
  }

  /** UTF-8; each of UTF-16's units takes three bytes at most. */
  addText(text: string): number {
    const at = this.reserve(3 * text.length);
    const written = this.bytes.write(text, at);
    this.length = at + written;
    return written;
  }

  /** Eight to a byte, the lowest first. Only bits may be added until all is cleared. */
  addBit(bit: boolean): void {
    if (this.freeBits === 0) {
      const at = this.reserve(1);
      this.bytes[at] = 0;
      this.length = at + 1;
      this.freeBits = 8;
    }
    const byte = this.bytes[this.length - 1] ?? 0;
    this.bytes[this.length - 1] = byte | (Number(bit) << (8 - this.freeBits));
    this.freeBits -= 1;
  }
}
