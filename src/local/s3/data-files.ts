import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ByteRange } from './ranges.ts';

/** An immutable file of bytes. An object is a row of them: one for a simple put, one for each part of a multipart upload. */
export interface Segment {
  readonly file: string;
  readonly size: number;
}

const BUFFER = 1024 * 1024;

/**
 * The bytes of a bucket's objects. A file is written under a name of its own and counts only once metadata names it,
 * so what a kill leaves behind is swept at the next start. A file that is being read outlives its removal.
 */
export class DataFiles {
  readonly #folder: string;
  readonly #readers = new Map<string, number>();
  readonly #doomed = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async write(source: AsyncIterable<Buffer>): Promise<Segment> {
    const file = randomUUID();
    const sink = createWriteStream(this.#path(file), { flags: 'wx', highWaterMark: BUFFER });
    try {
      await pipeline(source, sink);
    } catch (error) {
      // The open may still be under way; removing before it has settled would leave an empty file.
      if (!sink.closed) await new Promise<void>((resolve) => sink.once('close', resolve));
      await rm(this.#path(file), { force: true });
      throw error;
    }
    return { file, size: sink.bytesWritten };
  }

  /** The files are held from this call on, not from the first read, until the stream closes. */
  read(segments: readonly Segment[], range: ByteRange): Readable {
    for (const { file } of segments) this.#readers.set(file, (this.#readers.get(file) ?? 0) + 1);
    const stream = Readable.from(this.#bytes(segments, range), { objectMode: false });
    return stream.once('close', () => this.#release(segments));
  }

  async remove(segments: readonly Segment[]): Promise<void> {
    for (const { file } of segments) {
      if (this.#readers.has(file)) this.#doomed.add(file);
      else await rm(this.#path(file), { force: true });
    }
  }

  async sweep(named: ReadonlySet<string>): Promise<void> {
    const strays = (await readdir(this.#folder)).filter((file) => !named.has(file));
    for (const file of strays) await rm(this.#path(file), { force: true });
  }

  #path(file: string): string {
    return join(this.#folder, file);
  }

  async *#bytes(segments: readonly Segment[], range: ByteRange): AsyncGenerator<Buffer, void, undefined> {
    let skip = range.start;
    let left = range.length;
    for (const { file, size } of segments) {
      const length = Math.min(size - skip, left);
      if (length > 0) {
        yield* createReadStream(this.#path(file), {
          start: skip,
          end: skip + length - 1,
          highWaterMark: BUFFER,
        });
        left -= length;
      }
      skip = Math.max(0, skip - size);
    }
  }

  #release(segments: readonly Segment[]): void {
    for (const { file } of segments) {
      const readers = (this.#readers.get(file) ?? 1) - 1;
      if (readers > 0) this.#readers.set(file, readers);
      else this.#readers.delete(file);
      // What fails to go now is unnamed, and goes at the next start.
      if (readers === 0 && this.#doomed.delete(file))
        rm(this.#path(file), { force: true }).catch(() => undefined);
    }
  }
}
