import type { ByteSource } from '../../src/data/byte-source.ts';

/** Pieces of `size` bytes, however the bytes would be parted by a network. */
export async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** The bytes in two pieces, cut before the byte at `cut`. */
export async function* cutAt(bytes: Uint8Array, cut: number): AsyncGenerator<Uint8Array> {
  yield bytes.subarray(0, cut);
  yield bytes.subarray(cut);
}

export interface MemorySource extends ByteSource {
  /** Bytes handed out so far. */
  readonly read: () => number;
}

/** A file in memory, streamed in small pieces, so that readers meet every kind of cut. */
export function memorySource(content: string | Uint8Array, name = 't.csv', pieceBytes = 7): MemorySource {
  const bytes = Buffer.from(content as Uint8Array);
  let read = 0;
  return {
    name,
    byteLength: bytes.length,
    read: () => read,
    async slice(start, end = bytes.length) {
      read += end - start;
      return Uint8Array.from(bytes.subarray(start, end)).buffer;
    },
    async *stream(start, end = bytes.length) {
      for await (const piece of pieces(bytes.subarray(start, end), pieceBytes)) {
        read += piece.length;
        yield piece;
      }
    },
  };
}

export async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export async function textOf(parts: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await collected(parts)).toString('utf8');
}
