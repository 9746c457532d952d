import { RleReader } from './rle.ts';

/** Entries that are read at once at most: no page is ever decoded as a whole. */
export const STEP_ENTRIES = 1024;

/** Levels of one kind, of which some are read ahead. Where pages have none, all are 0. */
export class Levels {
  private readonly ahead = new Int32Array(STEP_ENTRIES);
  private reader: RleReader | undefined;
  private held = 0;
  private dropped = 0;

  open(bytes: Uint8Array | undefined, max: number): void {
    this.reader = bytes && new RleReader({ bytes, at: 0, end: bytes.length }, 32 - Math.clz32(max));
    this.held = 0;
    this.dropped = 0;
  }

  /** The next levels, valid until more are asked for. */
  peek(count: number): Int32Array {
    if (!this.reader) return this.ahead;
    if (this.dropped > 0) this.ahead.copyWithin(0, this.dropped, this.held);
    this.held -= this.dropped;
    this.dropped = 0;
    if (count > this.held) {
      this.reader.read(this.ahead, count - this.held, this.held);
      this.held = count;
    }
    return this.ahead;
  }

  drop(count: number): void {
    if (this.reader) this.dropped += count;
  }
}

export function countOf(levels: Int32Array, level: number, count: number): number {
  let found = 0;
  for (let i = 0; i < count; i += 1) if (levels[i] === level) found += 1;
  return found;
}
