import type { Compression } from './codecs.ts';
import type { NewChunk } from './footer.ts';
import type { OutputColumn } from './types.ts';

/** A file in the making between two row groups, as plain JSON: how long it is, and what was placed in it. */
export interface FileState {
  readonly offset: number;
  readonly groups: readonly GroupState[];
}

export interface GroupState {
  readonly rows: number;
  /** For each new column: compression, offset, bytes compressed and not, values, nulls. */
  readonly chunks: readonly ChunkState[];
}

type ChunkState = readonly [Compression, number, number, number, number, number];

export interface PlacedGroup {
  readonly rows: number;
  readonly chunks: readonly NewChunk[];
}

export function stateOf(offset: number, groups: readonly PlacedGroup[]): FileState {
  return { offset, groups: groups.map(({ rows, chunks }) => ({ rows, chunks: chunks.map(chunkState) })) };
}

export function groupsOf(state: FileState | undefined, columns: readonly OutputColumn[]): PlacedGroup[] {
  return (state?.groups ?? []).map(({ rows, chunks }) => ({
    rows,
    chunks: columns.map((column, i) => placedChunk(column, chunks[i])),
  }));
}

function chunkState(chunk: NewChunk): ChunkState {
  const { compression, offset, compressedBytes, uncompressedBytes, values, nulls } = chunk;
  return [
    compression,
    Number(offset),
    Number(compressedBytes),
    Number(uncompressedBytes),
    Number(values),
    Number(nulls),
  ];
}

function placedChunk(column: OutputColumn, state: ChunkState | undefined): NewChunk {
  if (state === undefined) throw new TypeError('a row group that has another number of columns');
  const [compression, ...numbers] = state;
  const [offset = 0n, compressedBytes = 0n, uncompressedBytes = 0n, values = 0n, nulls = 0n] =
    numbers.map(BigInt);
  return { column, compression, offset, compressedBytes, uncompressedBytes, values, nulls };
}
