import {
  appendFileSync,
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** Below this a log is not worth being written anew. */
const MIN_COMPACTION = 16 * 1024 ** 2;
const READ_BYTES = 1024 ** 2;

/** The lines of a log, parsed. A last one without its end was cut short by a kill, and nobody has seen what it says. */
export function* readLog(path: string): Generator<unknown> {
  const file = openIfThere(path);
  if (file === undefined) return;
  try {
    yield* entriesOf(file, path);
  } finally {
    closeSync(file);
  }
}

function* entriesOf(file: number, path: string): Generator<unknown> {
  const chunk = Buffer.alloc(READ_BYTES);
  let parts: Buffer[] = [];
  for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk)) {
    let from = 0;
    for (let end = chunk.indexOf(10); end !== -1 && end < read; end = chunk.indexOf(10, from)) {
      yield parse(Buffer.concat([...parts, chunk.subarray(from, end)]).toString(), path);
      parts = [];
      from = end + 1;
    }
    parts.push(Buffer.from(chunk.subarray(from, read)));
  }
}

function parse(line: string, path: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new Error(`Cannot read ${path}: each line must be JSON, got ${line.slice(0, 80)}.`, { cause });
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * A file of JSON lines in which what was appended survives a kill of the process (not of the machine: nothing is
 * flushed). With a snapshot it is written anew from that when it is opened, and when it has doubled since.
 */
export class AppendLog<Entry> {
  readonly #path: string;
  readonly #snapshot: (() => Iterable<Entry>) | undefined;
  #file: number;
  #bytes = 0;
  #compactAt = 0;

  constructor(path: string, snapshot?: () => Iterable<Entry>) {
    this.#path = path;
    this.#snapshot = snapshot;
    mkdirSync(dirname(path), { recursive: true });
    this.#file = snapshot === undefined ? this.#continued() : this.#rewritten(snapshot);
  }

  /** Returns when the entry would survive. */
  append(entry: Entry): void {
    if (this.#snapshot !== undefined && this.#bytes >= this.#compactAt) this.#compact(this.#snapshot);
    this.#bytes += appendLine(this.#file, entry, this.#bytes);
  }

  close(): void {
    closeSync(this.#file);
  }

  #continued(): number {
    const file = openSync(this.#path, 'a+');
    this.#bytes = endOfLastLine(file);
    ftruncateSync(file, this.#bytes);
    return file;
  }

  #compact(snapshot: () => Iterable<Entry>): void {
    const old = this.#file;
    this.#file = this.#rewritten(snapshot);
    closeSync(old);
  }

  /** A new file, then a rename: a kill leaves the old log or the new one. */
  #rewritten(snapshot: () => Iterable<Entry>): number {
    const temporary = `${this.#path}.tmp`;
    rmSync(temporary, { force: true });
    const file = openSync(temporary, 'a');
    try {
      let bytes = 0;
      for (const entry of snapshot()) bytes += appendLine(file, entry, bytes);
      renameSync(temporary, this.#path);
      this.#bytes = bytes;
      this.#compactAt = Math.max(MIN_COMPACTION, 2 * bytes);
      return file;
    } catch (error) {
      closeSync(file);
      rmSync(temporary, { force: true });
      throw error;
    }
  }
}

function appendLine(file: number, entry: unknown, bytes: number): number {
  const line = Buffer.from(`${JSON.stringify(entry)}\n`);
  try {
    appendFileSync(file, line);
  } catch (error) {
    // A full disk may have taken a part of it, to which the next line would be glued.
    ftruncateSync(file, bytes);
    throw error;
  }
  return line.length;
}

/** What a kill left of a line after that is no line. */
function endOfLastLine(file: number): number {
  const chunk = Buffer.alloc(READ_BYTES);
  for (let end = fstatSync(file).size; end > 0; ) {
    const start = Math.max(0, end - READ_BYTES);
    const read = readSync(file, chunk, 0, end - start, start);
    const newline = chunk.subarray(0, read).lastIndexOf(10);
    if (newline !== -1) return start + newline + 1;
    end = start;
  }
  return 0;
}
