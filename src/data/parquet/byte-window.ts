import type { AsyncBuffer } from 'hyparquet';

/** A range of a file that is read forward, some megabytes at a time, and of which only what lies ahead is kept. */
export class ByteWindow {
  private readonly source: AsyncBuffer;
  private readonly end: number;
  private readonly windowBytes: number;
  private held = new Uint8Array();
  private offset: number;

  constructor(
    source: AsyncBuffer,
    range: { readonly start: number; readonly end: number },
    windowBytes: number,
  ) {
    this.source = source;
    this.offset = range.start;
    this.end = range.end;
    this.windowBytes = windowBytes;
  }

  get left(): number {
    return this.end - this.offset;
  }

  /** At least `length` bytes from here on, or all that are left. They stay valid when the window moves. */
  async peek(length: number): Promise<Uint8Array> {
    if (this.held.length < Math.min(length, this.left)) await this.fetch(Math.max(length, this.windowBytes));
    return this.held;
  }

  /** The next bytes, to which the window moves on. */
  async take(length: number): Promise<Uint8Array> {
    const bytes = (await this.peek(length)).subarray(0, length);
    if (bytes.length < length)
      throw new RangeError(`${length} bytes were expected, ${bytes.length} are there`);
    this.skip(length);
    return bytes;
  }

  /** Moves on; bytes that were not read yet never are. */
  skip(length: number): void {
    this.held = this.held.subarray(Math.min(length, this.held.length));
    this.offset += length;
  }

  private async fetch(length: number): Promise<void> {
    const from = this.offset + this.held.length;
    const fetched = new Uint8Array(await this.source.slice(from, Math.min(this.offset + length, this.end)));
    if (this.held.length === 0) {
      this.held = fetched;
      return;
    }
    const joined = new Uint8Array(this.held.length + fetched.length);
    joined.set(this.held);
    joined.set(fetched, this.held.length);
    this.held = joined;
  }
}
