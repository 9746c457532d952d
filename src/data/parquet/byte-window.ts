import type { AsyncBuffer } from 'hyparquet';
import type { SharedMemory } from './shared-memory.ts';

/** Bytes of a large page that are fetched at once, and of one that is unpacked as it comes those that are at a time. */
const PIECE_BYTES = { fetched: 4 * 1024 * 1024, streamed: 512 * 1024 };

export interface WindowOptions {
  /** Bytes that are fetched at once, where no other number is asked for. */
  readonly windowBytes: number;
  /** For pages that are larger than the window, one at a time whoever reads them. */
  readonly large: SharedMemory;
}

/** A range of a file that is read forward, some megabytes at a time, and of which only what lies ahead is kept. */
export class ByteWindow {
  private readonly source: AsyncBuffer;
  private readonly end: number;
  private readonly options: WindowOptions;
  private held = new Uint8Array();
  private offset: number;

  constructor(
    source: AsyncBuffer,
    range: { readonly start: number; readonly end: number },
    options: WindowOptions,
  ) {
    this.source = source;
    this.offset = range.start;
    this.end = range.end;
    this.options = options;
  }

  get left(): number {
    return this.end - this.offset;
  }

  /** Where in the file it is. */
  get position(): number {
    return this.offset;
  }

  /** At least `length` bytes from here on, or all that are left. They stay valid when the window moves. */
  async peek(length: number, fetchBytes = this.options.windowBytes): Promise<Uint8Array> {
    if (this.held.length < Math.min(length, this.left)) await this.fetch(Math.max(length, fetchBytes));
    return this.held;
  }

  /** Makes something of the next bytes, which may be valid only meanwhile, and moves on to those behind them. */
  async take<T>(
    length: number,
    use: (bytes: Uint8Array) => T,
    fetchBytes = this.options.windowBytes,
  ): Promise<T> {
    if (length > this.left) throw new RangeError(`${length} bytes were expected, ${this.left} are there`);
    if (length > this.options.windowBytes && length > this.held.length) {
      return this.options.large.lend(length, async (memory) => {
        await this.fill(memory);
        return use(memory);
      });
    }
    const bytes = (await this.peek(length, fetchBytes)).subarray(0, length);
    assertLength(bytes, length);
    this.skip(length);
    return use(bytes);
  }

  /** Moves on; bytes that were not read yet never are. */
  skip(length: number): void {
    this.held = this.held.subarray(Math.min(length, this.held.length));
    this.offset += length;
  }

  /** A window of its own for the next bytes, behind which this one goes on. */
  split(length: number): ByteWindow {
    const range = { start: this.offset, end: Math.min(this.offset + length, this.end) };
    const part = new ByteWindow(this.source, range, this.options);
    part.held = this.held.subarray(0, length);
    this.skip(length);
    return part;
  }

  /** All bytes, some at a time. */
  async *pieces(): AsyncGenerator<Uint8Array> {
    while (this.left > 0) {
      const bytes = (await this.peek(1)).subarray(0, PIECE_BYTES.streamed);
      if (bytes.length === 0) throw new RangeError(`${this.left} bytes more were expected`);
      this.skip(bytes.length);
      yield bytes;
    }
  }

  private async fetch(length: number): Promise<void> {
    const from = this.offset + this.held.length;
    const fetched = await this.slice(from, Math.min(this.offset + length, this.end));
    if (this.held.length === 0) {
      this.held = fetched;
      return;
    }
    const joined = new Uint8Array(this.held.length + fetched.length);
    joined.set(this.held);
    joined.set(fetched, this.held.length);
    this.held = joined;
  }

  /** Reads the next bytes into some memory, piece by piece: of what is large, no second copy is ever held. */
  private async fill(memory: Uint8Array): Promise<void> {
    memory.set(this.held);
    const from = this.offset;
    for (let at = this.held.length; at < memory.length; ) {
      this.held = new Uint8Array();
      const piece = await this.slice(from + at, from + Math.min(at + PIECE_BYTES.fetched, memory.length));
      assertLength(piece, Math.min(PIECE_BYTES.fetched, memory.length - at));
      memory.set(piece, at);
      at += piece.length;
    }
    this.skip(memory.length);
  }

  private async slice(start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.source.slice(start, end));
  }
}

function assertLength(bytes: Uint8Array, length: number): void {
  if (bytes.length < length) throw new RangeError(`${length} bytes were expected, ${bytes.length} are there`);
}
