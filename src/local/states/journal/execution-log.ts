import { closeSync, openSync, readSync, writeSync } from 'node:fs';

export interface LinePlace {
  readonly offset: number;
  readonly length: number;
}

/**
 * The journal of an execution and its children: lines of JSON, each written to the file before what it tells has an
 * effect. The operating system keeps what was written when the process is killed, so nothing is synced to the disk.
 */
export class ExecutionLog {
  readonly #path: string;
  #size = 0;
  #file: number | undefined;
  #suspended = false;
  #broken: unknown;

  constructor(path: string) {
    this.#path = path;
  }

  /** Nowhere once the log is suspended: then what still happens did not. */
  append(line: object): LinePlace | undefined {
    if (this.#suspended) return undefined;
    // After a line that was cut short, another would make both unreadable.
    if (this.#broken) throw this.#broken;
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    try {
      this.#file ??= openSync(this.#path, 'a+');
      const written = writeSync(this.#file, bytes);
      if (written < bytes.byteLength) throw new Error(`Cannot write to ${this.#path}: the disk is full.`);
    } catch (error) {
      this.#broken = error;
      throw error;
    }
    const place = { offset: this.#size, length: bytes.byteLength };
    this.#size += bytes.byteLength;
    return place;
  }

  read({ offset, length }: LinePlace): unknown {
    const file = this.#file ?? openSync(this.#path, 'r');
    try {
      const bytes = Buffer.allocUnsafe(length);
      const read = readSync(file, bytes, 0, length, offset);
      return JSON.parse(bytes.toString('utf8', 0, read));
    } finally {
      if (this.#file === undefined) closeSync(file);
    }
  }

  /** Of a line that was there at the start. */
  found({ offset, length }: LinePlace): void {
    this.#size = offset + length;
  }

  suspend(): void {
    this.#suspended = true;
  }

  throwIfBroken(): void {
    if (this.#broken) throw this.#broken;
  }

  /** Frees the file; the next line opens it again. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}
