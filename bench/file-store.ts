import { createReadStream, createWriteStream, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ByteSource } from '../src/data/byte-source.ts';
import { fileSource } from '../src/data/file-source.ts';
import type { ObjectStore } from '../src/steps/collaborators.ts';

/** The bucket as a folder: what the steps cost without S3. `linked` keys are files that lie elsewhere. */
export async function fileStore(
  folder: string,
  linked: Readonly<Record<string, string>>,
): Promise<ObjectStore> {
  const path = (key: string) => linked[key] ?? join(folder, key);
  const sources = new Map<string, ByteSource>();
  for (const [key, file] of Object.entries(linked)) sources.set(key, await fileSource(file));
  return {
    bucket: 'bench',
    async pin({ bucket, key }) {
      return { bucket, key, etag: '"bench"', bytes: statSync(path(key)).size };
    },
    source({ key }) {
      const source = sources.get(key);
      if (source === undefined) throw new Error(`${key} is no table of this bench.`);
      return { ...source, name: key };
    },
    exists: async (key) => existsSync(path(key)),
    read: (key) => createReadStream(path(key), { highWaterMark: 256 * 1024 }),
    async *list(prefix) {
      const keys = Object.keys(linked).filter((key) => key.startsWith(prefix));
      if (keys.length > 0) yield* keys;
      else for (const name of readdirSync(join(folder, prefix))) yield prefix + name;
    },
    writePieces(key, pieces) {
      async function* bytes(): AsyncGenerator<Uint8Array> {
        for await (const piece of pieces) {
          if ('object' in piece)
            yield* createReadStream(path(piece.object.key), { start: piece.start, end: piece.end - 1 });
          else yield piece;
        }
      }
      return written(path(key), bytes());
    },
    write: (key, body) => written(path(key), typeof body === 'string' ? [body] : body),
  };
}

async function written(file: string, body: Iterable<string> | AsyncIterable<Uint8Array>): Promise<void> {
  mkdirSync(dirname(file), { recursive: true });
  await pipeline(Readable.from(body), createWriteStream(file));
}
