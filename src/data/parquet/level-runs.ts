import { Arena } from './arena.ts';

/** Bytes of a run: its length as a varint of 5 bytes at most, and the level. */
const RUN_BYTES = 6;

/** Levels (0 to 255) in Parquet's run-length encoding. A run takes the same time however long it is. */
export class LevelRuns {
  /** Values that were added. */
  count = 0;
  private readonly runs = new Arena(64);
  private level = 0;
  private length = 0;

  add(level: number, count = 1): void {
    if (count === 0) return;
    if (level !== this.level) this.endRun();
    this.level = level;
    this.length += count;
    this.count += count;
  }

  /** The encoded levels after their length in 4 bytes, as pages of format 1 have them; new levels may then be added. */
  end(): Uint8Array {
    this.endRun();
    const encoded = Buffer.alloc(4 + this.runs.length);
    encoded.writeUInt32LE(this.runs.length);
    encoded.set(this.runs.added(), 4);
    this.runs.clear();
    this.count = 0;
    return encoded;
  }

  private endRun(): void {
    if (this.length === 0) return;
    let at = this.runs.reserve(RUN_BYTES);
    const { bytes } = this.runs;
    // The lowest bit of the header tells runs (0) from bit-packed groups.
    let rest = this.length * 2;
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) {
      bytes[at] = (rest % 128) | 0x80;
      at += 1;
    }
    bytes[at] = rest;
    bytes[at + 1] = this.level;
    this.runs.length = at + 2;
    this.length = 0;
  }
}
