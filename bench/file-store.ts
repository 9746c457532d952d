import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Piece } from '../src/data/byte-source.ts';
import type { ObjectStore, ObjectUpload } from '../src/steps/collaborators.ts';

const READ_BYTES = 1024 * 1024;

/** The bucket as a folder: what the steps cost without S3. `linked` keys are files that lie elsewhere. */
export function fileStore(folder: string, linked: Readonly<Record<string, string>>): ObjectStore {
  const path = (key: string) => linked[key] ?? join(folder, key);
  return {
    bucket: 'bench',
    async pin({ bucket, key }) {
      return { bucket, key, etag: '"bench"', bytes: statSync(path(key)).size };
    },
    source({ key, bytes }) {
      const read = (start: number, end = bytes) => [path(key), start, Math.min(end, bytes)] as const;
      return {
        name: key,
        byteLength: bytes,
        stream: (start, end) => fileBytes(...read(start, end), inTurn()),
        slice: (start, end) => slice(fileBytes(...read(start, end))),
      };
    },
    exists: async (key) => existsSync(path(key)),
    read: (key, { from = 0 } = {}) => fileBytes(path(key), from, statSync(path(key)).size),
    async *list(prefix) {
      const keys = Object.keys(linked).filter((key) => key.startsWith(prefix));
      if (keys.length > 0) yield* keys;
      else for (const name of readdirSync(join(folder, prefix))) yield prefix + name;
    },
    async write(key, body) {
      const upload = new FileUpload(path(key), path);
      if (typeof body === 'string') await upload.add(Buffer.from(body));
      else for await (const part of body) await upload.add(part);
      await upload.complete();
    },
    upload(key, state) {
      if (state !== undefined) throw new Error('An upload to a file is not put down, so none is taken up.');
      return new FileUpload(path(key), path);
    },
  };
}

async function slice(parts: AsyncIterable<Buffer>): Promise<ArrayBuffer> {
  const all: Buffer[] = [];
  for await (const part of parts) all.push(part);
  return Uint8Array.from(Buffer.concat(all)).buffer;
}

/** Reads a block ahead of the one that is worked on. Node's own streams do as well, with more than twice the overhead. */
export async function* fileBytes(
  path: string,
  start: number,
  end: number,
  buffer = (length: number) => Buffer.allocUnsafeSlow(length),
): AsyncGenerator<Buffer> {
  const file = await open(path);
  const readAt = (at: number) => {
    const length = Math.max(0, Math.min(READ_BYTES, end - at));
    return file.read(buffer(length), 0, length, at);
  };
  let next = readAt(start);
  try {
    for (let at = start; at < end; ) {
      const { bytesRead, buffer } = await next;
      if (bytesRead === 0) throw new Error(`${path} ends before byte ${end}.`);
      at += bytesRead;
      next = readAt(at);
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    // The last block may be read by now, or never be wanted.
    await next.catch(() => undefined);
    await file.close();
  }
}

/** Two blocks in turn: each is written over when the next but one is read, as a table's reader has copied it by then. */
function inTurn() {
  const blocks = [Buffer.allocUnsafeSlow(READ_BYTES), Buffer.allocUnsafeSlow(READ_BYTES)] as const;
  let turn = 0;
  return (length: number) => blocks[turn++ % 2 === 0 ? 0 : 1].subarray(0, length);
}

/** Writes a part while the next one is made. */
class FileUpload implements ObjectUpload {
  readonly #path: string;
  readonly #file: Promise<FileHandle>;
  readonly #pathOf: (key: string) => string;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(path: string, pathOf: (key: string) => string) {
    mkdirSync(dirname(path), { recursive: true });
    this.#path = path;
    this.#file = open(path, 'w');
    this.#pathOf = pathOf;
  }

  async add(piece: Piece): Promise<void> {
    if (!('object' in piece)) return this.#write(piece);
    for await (const bytes of fileBytes(this.#pathOf(piece.object.key), piece.start, piece.end)) {
      await this.#write(bytes);
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    const file = await this.#file;
    await this.#writing;
    this.#writing = file.appendFile(bytes);
  }

  /** A file is written to the end. */
  async pause(): Promise<undefined> {
    return undefined;
  }

  async complete(): Promise<void> {
    await this.#writing;
    await (await this.#file).close();
  }

  async abort(): Promise<void> {
    await this.complete();
    rmSync(this.#path, { force: true });
  }
}
