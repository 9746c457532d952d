import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { ByteSource } from './byte-source.ts';

/** A file of this machine, read where it is asked for. */
export async function fileSource(path: string): Promise<ByteSource> {
  const { size } = await stat(path);
  return {
    name: path,
    byteLength: size,
    stream: (start, end = size) =>
      start >= end ? none() : createReadStream(path, { start, end: end - 1, highWaterMark: 256 * 1024 }),
    async slice(start, end = size) {
      const file = await open(path);
      try {
        const bytes = new Uint8Array(Math.max(0, Math.min(end, size) - start));
        const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
        return bytes.buffer.slice(0, bytesRead);
      } finally {
        await file.close();
      }
    },
  };
}

async function* none(): AsyncGenerator<Uint8Array> {
  // The stream of an empty range.
}
