import type { StartPosition } from '../../src/batch/manifest.ts';
import type { ByteSource } from '../../src/data/byte-source.ts';
import type { TextBatch } from '../../src/data/cells.ts';
import { RowIndex } from '../../src/data/row-index.ts';
import type { Table } from '../../src/data/table.ts';

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

/** The rows of batches, one by one. */
export async function rowsOf(batches: AsyncIterable<TextBatch>): Promise<(readonly (string | null)[])[]> {
  return (await collected(batches)).flatMap(({ rows }) => rows);
}

/** A scan to the end of the table: its rows, and an index of where they begin. */
export async function surveyed(table: Table) {
  const index = new RowIndex();
  for await (const rows of table.scan({ sized: [], read: [], texts: [], records: false })) {
    for (let i = 0; i < rows.count; i++) {
      if (index.wantsPosition) index.mark({ file: 0, row: index.rows, ...rows.position(i) });
      index.add(rows.size(i));
    }
  }
  const locate = (row: number): StartPosition | undefined => {
    const { row: at, offset, line } = index.find(row) ?? {};
    return at === undefined || offset === undefined || line === undefined
      ? undefined
      : { row: at, offset, line };
  };
  return { rowCount: index.rows, locate };
}

/** Items some at a time, as a reader hands them out. */
export async function* inBatches<T>(items: AsyncIterable<T>, size = 7): AsyncGenerator<readonly T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}
