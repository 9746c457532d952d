/** Room for one answer, used again for each record: UTF-8 text as bytes, or a vector as floats in the same memory. */
export class AnswerScratch {
  bytes = new Uint8Array(16 * 1024);
  floats = new Float32Array(this.bytes.buffer);
  view = new DataView(this.bytes.buffer);

  /** Makes room for so many bytes; what is there stays. */
  reserve(length: number): void {
    if (length <= this.bytes.length) return;
    const bytes = new Uint8Array(Math.max(2 * this.bytes.length, Math.ceil(length / 4) * 4));
    bytes.set(this.bytes);
    this.bytes = bytes;
    this.floats = new Float32Array(bytes.buffer);
    this.view = new DataView(bytes.buffer);
  }
}
