/** Bytes that are added to one another in memory which grows and is used again. */
export class Arena {
  /** Longer than what was added. */
  bytes: Buffer;
  length = 0;

  constructor(capacity = 16 * 1024) {
    this.bytes = Buffer.allocUnsafeSlow(capacity);
  }

  clear(): void {
    this.length = 0;
  }

  /** Leaves what was added to those who hold it, and goes on with memory for a little more than that. */
  detach(): void {
    this.bytes = Buffer.allocUnsafeSlow(Math.ceil(this.length * 1.02));
    this.length = 0;
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

  /** UTF-8; each of UTF-16's units takes three bytes at most. */
  addText(text: string): number {
    const at = this.reserve(3 * text.length);
    const written = this.bytes.write(text, at);
    this.length = at + written;
    return written;
  }
}
