import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AnswerFacts } from '../models/types.ts';

export interface SpillOptions {
  readonly rowCount: number;
  /** Bytes of answers that stay in memory; with more of them, all go to a file. */
  readonly memoryBytes?: number;
  readonly directory?: string;
}

export const kept = { nothing: 0, error: 1, answer: 2 } as const;
type Kept = (typeof kept)[keyof typeof kept];

/** A row's answer or error: text or floats are the part's bytes [start, end), its stop reason those up to `stopEnd`. */
export interface KeptRow {
  readonly kept: Kept;
  readonly start: number;
  readonly end: number;
  /** -1 if no stop reason is known. */
  readonly stopEnd: number;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
}

/** Rows that follow one another, and the bytes of them all, which are valid until the next part is asked for. */
export interface KeptPart {
  readonly first: number;
  readonly end: number;
  readonly bytes: Buffer;
}

const MEMORY_BYTES = 64 * 1024 * 1024;
const SEGMENT_BYTES = 256 * 1024;
/** A part is what is read back at once: 26 MB of a file of 820 MB. */
const MOST_PARTS = 32;
const PART_ROWS = 1000;

interface Segment {
  /** Undefined once it lies in the file. */
  bytes: Buffer | undefined;
  offset: number;
}

/** The bytes of one part's rows, in the order in which they came. */
interface Part {
  readonly segments: Segment[];
  length: number;
}

/**
 * Answers that come in any order and are read back in row order. What is fixed in size lies in arrays, 29 bytes a row; texts and
 * vectors lie together by parts of consecutive rows, so that a part is read back in a few large reads. The file is at most
 * the chunk's answers: 100,000 vectors of 1,024 numbers are 410 MB, or 820 MB where they are doubles.
 */
export class AnswerSpill {
  readonly #rowCount: number;
  readonly #memoryBytes: number;
  readonly #directory: string;
  readonly #kept: Uint8Array;
  readonly #starts: Float64Array;
  readonly #lengths: Uint32Array;
  readonly #stopLengths: Int32Array;
  readonly #tokens: Float64Array;
  readonly #partRows: number;
  readonly #parts: Part[];
  /** Full segments that are in memory, and buffers for new ones. */
  #full: Segment[] = [];
  readonly #free: Buffer[] = [];
  #file: FileHandle | undefined;
  #fileBytes = 0;

  constructor({ rowCount, memoryBytes = MEMORY_BYTES, directory = tmpdir() }: SpillOptions) {
    this.#rowCount = rowCount;
    this.#memoryBytes = memoryBytes;
    this.#directory = directory;
    this.#kept = new Uint8Array(rowCount);
    this.#starts = new Float64Array(rowCount);
    this.#lengths = new Uint32Array(rowCount);
    this.#stopLengths = new Int32Array(rowCount).fill(-1);
    this.#tokens = new Float64Array(2 * rowCount).fill(Number.NaN);
    this.#partRows = Math.ceil(rowCount / MOST_PARTS / PART_ROWS) * PART_ROWS;
    const parts = rowCount === 0 ? 0 : Math.ceil(rowCount / this.#partRows);
    this.#parts = Array.from({ length: parts }, () => ({ segments: [], length: 0 }));
  }

  keptOf(row: number): Kept {
    return this.#kept[row] as Kept;
  }

  /** Takes the first bytes of a buffer as a row's answer. The row's former one is forgotten. */
  putAnswer(row: number, bytes: Uint8Array, length: number, facts: AnswerFacts): void {
    this.#put(row, kept.answer, bytes.subarray(0, length));
    this.#tokens[2 * row] = facts.inputTokens ?? Number.NaN;
    this.#tokens[2 * row + 1] = facts.outputTokens ?? Number.NaN;
    if (facts.stopReason === null) return;
    const reason = Buffer.from(facts.stopReason);
    this.#append(this.#partOf(row), reason);
    this.#stopLengths[row] = reason.length;
  }

  putError(row: number, error: string): void {
    this.#put(row, kept.error, Buffer.from(error));
  }

  #put(row: number, what: Kept, bytes: Uint8Array): void {
    const part = this.#partOf(row);
    this.#kept[row] = what;
    this.#starts[row] = part.length;
    this.#lengths[row] = bytes.length;
    this.#stopLengths[row] = -1;
    this.#append(part, bytes);
  }

  #partOf(row: number): Part {
    return this.#parts[Math.floor(row / this.#partRows)] as Part;
  }

  #append(part: Part, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const at = part.length % SEGMENT_BYTES;
      if (at === 0) this.#openSegment(part);
      const count = Math.min(bytes.length - done, SEGMENT_BYTES - at);
      part.segments.at(-1)?.bytes?.set(bytes.subarray(done, done + count), at);
      done += count;
      part.length += count;
    }
  }

  #openSegment(part: Part): void {
    const last = part.segments.at(-1);
    if (last !== undefined) this.#full.push(last);
    part.segments.push({ bytes: this.#free.pop() ?? Buffer.allocUnsafeSlow(SEGMENT_BYTES), offset: -1 });
  }

  /** To be awaited now and then, at least once for each MB that is put: writes what is too much for memory. */
  async flush(): Promise<void> {
    if (this.#file === undefined) {
      if (this.#full.length * SEGMENT_BYTES <= this.#memoryBytes) return;
      this.#file = await openNameless(this.#directory);
    }
    for (const segment of this.#full.splice(0)) {
      const bytes = segment.bytes as Buffer;
      await writeAll(this.#file, bytes, this.#fileBytes);
      segment.offset = this.#fileBytes;
      segment.bytes = undefined;
      this.#fileBytes += SEGMENT_BYTES;
      if (this.#free.length < MOST_PARTS) this.#free.push(bytes);
    }
  }

  keptRow(row: number): KeptRow {
    const start = this.#starts[row] as number;
    const end = start + (this.#lengths[row] as number);
    const stopLength = this.#stopLengths[row] as number;
    return {
      kept: this.keptOf(row),
      start,
      end,
      stopEnd: stopLength < 0 ? -1 : end + stopLength,
      inputTokens: tokenCount(this.#tokens[2 * row] as number),
      outputTokens: tokenCount(this.#tokens[2 * row + 1] as number),
    };
  }

  /** All rows in order, a part at a time. */
  async *parts(): AsyncGenerator<KeptPart> {
    const longest = this.#parts.reduce((most, { length }) => Math.max(most, length), 0);
    const buffer = Buffer.allocUnsafeSlow(longest);
    for (const [i, part] of this.#parts.entries()) {
      await this.#read(part, buffer);
      const first = i * this.#partRows;
      const end = Math.min(first + this.#partRows, this.#rowCount);
      yield { first, end, bytes: buffer.subarray(0, part.length) };
    }
  }

  async #read({ segments, length }: Part, into: Buffer): Promise<void> {
    for (const [i, { bytes, offset }] of segments.entries()) {
      const at = i * SEGMENT_BYTES;
      const count = Math.min(SEGMENT_BYTES, length - at);
      if (bytes !== undefined) bytes.copy(into, at, 0, count);
      else if (this.#file !== undefined) await readAll(this.#file, into.subarray(at, at + count), offset);
    }
  }

  /** Gives the file's space back. */
  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }
}

function tokenCount(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

/** A file without a name is gone with its handle, however the process ends. */
async function openNameless(directory: string): Promise<FileHandle> {
  const path = join(directory, `answers-${randomUUID()}`);
  const file = await open(path, 'wx+');
  await unlink(path);
  return file;
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}

async function readAll(file: FileHandle, into: Buffer, position: number): Promise<void> {
  for (let done = 0; done < into.length; ) {
    const { bytesRead } = await file.read(into, done, into.length - done, position + done);
    if (bytesRead === 0) throw new Error('The file of answers is shorter than what was written to it.');
    done += bytesRead;
  }
}
