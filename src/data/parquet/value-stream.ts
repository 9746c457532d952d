import type { Places } from './cell-buffers.ts';
import { type PhysicalValues, STEP_BYTES, type ValueReader } from './value-reader.ts';

/** Bytes that are unpacked ahead of the values that were read. */
const AHEAD_BYTES = 2 * STEP_BYTES;
const LENGTH_BYTES = 4;

export interface ValueStreamOptions {
  /** Of the page, unpacked. */
  readonly size: number;
  /** Bytes of each value; undefined where each begins with its length. */
  readonly width: number | undefined;
  readonly memory?: Uint8Array | undefined;
}

/** PLAIN values of a page that is unpacked as it is read: only what lies ahead is held. */
export class ValueStream implements ValueReader {
  private readonly blocks: AsyncGenerator<Uint8Array>;
  /** Of the page that were not unpacked yet. */
  private left: number;
  /** May be used for the next page. */
  memory: Uint8Array;
  private view: DataView;
  private readonly width: number | undefined;
  private at = 0;
  private filled = 0;

  constructor(
    blocks: AsyncGenerator<Uint8Array>,
    { size, width, memory = new Uint8Array(AHEAD_BYTES) }: ValueStreamOptions,
  ) {
    this.blocks = blocks;
    this.left = size;
    this.width = width;
    this.memory = memory;
    this.view = new DataView(memory.buffer);
  }

  /** The next bytes themselves, such as levels. */
  async bytes(count: number): Promise<Uint8Array> {
    await this.fill(count);
    if (this.filled - this.at < count) throw new RangeError(`a page ends before ${count} bytes`);
    this.at += count;
    return this.memory.slice(this.at - count, this.at);
  }

  /** Unpacks at least one more value, if there is one. What was read before is no longer valid. */
  async prepare(): Promise<void> {
    const ahead = this.filled - this.at;
    if (ahead >= STEP_BYTES && ahead >= this.nextSize()) return;
    await this.fill(STEP_BYTES);
    if (this.filled - this.at < this.nextSize()) await this.fill(this.nextSize());
  }

  read(wanted: number, places: Places): PhysicalValues {
    const { memory: bytes, at } = this;
    const count = this.width === undefined ? this.readArrays(wanted, places) : this.readFixed(wanted, places);
    if (count === 0)
      throw new RangeError(`a page ends before its values do, at ${at} of ${this.filled} bytes`);
    return { ...places, bytes, count };
  }

  private readFixed(wanted: number, { starts, ends }: Places): number {
    const { width = 1, at } = this;
    const count = Math.min(wanted, Math.floor((this.filled - at) / width));
    for (let i = 0; i < count; i += 1) {
      starts[i] = at + i * width;
      ends[i] = at + (i + 1) * width;
    }
    this.at += count * width;
    return count;
  }

  private readArrays(wanted: number, { starts, ends }: Places): number {
    const { view, filled } = this;
    const last = Math.min(filled - LENGTH_BYTES, this.at + STEP_BYTES);
    let { at } = this;
    let count = 0;
    while (count < wanted && at <= last) {
      const end = at + LENGTH_BYTES + view.getUint32(at, true);
      if (end > filled) break;
      // Zeros between values let them be checked as one text.
      view.setUint32(at, 0);
      starts[count] = at + LENGTH_BYTES;
      ends[count] = end;
      at = end;
      count += 1;
    }
    this.at = at;
    return count;
  }

  /** Ends the unpacking, however far it came. */
  async close(): Promise<void> {
    await this.blocks.return(undefined);
  }

  /** Bytes of the next value with its length. */
  private nextSize(): number {
    if (this.width !== undefined) return this.width;
    if (this.filled - this.at < LENGTH_BYTES) return LENGTH_BYTES;
    return LENGTH_BYTES + this.view.getUint32(this.at, true);
  }

  /** Holds at least so many bytes, if the page has as many. */
  private async fill(bytes: number): Promise<void> {
    const held = this.filled - this.at;
    const wanted = Math.min(bytes, held + this.left);
    this.memory.copyWithin(0, this.at, this.filled);
    [this.at, this.filled] = [0, held];
    while (this.filled < wanted) {
      const { value: block, done } = await this.blocks.next();
      if (done) throw new RangeError(`a page ends ${this.left} bytes early`);
      this.add(block);
    }
  }

  private add(block: Uint8Array): void {
    if (block.length > this.left) throw new RangeError('a page holds more bytes than its header tells');
    this.left -= block.length;
    const needed = this.filled + block.length;
    if (needed > this.memory.length) {
      const grown = new Uint8Array(2 * needed);
      grown.set(this.memory.subarray(0, this.filled));
      this.memory = grown;
      this.view = new DataView(grown.buffer);
    }
    this.memory.set(block, this.filled);
    this.filled = needed;
  }
}
