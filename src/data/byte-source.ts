import type { PinnedObject } from '../batch/manifest.ts';

/** A pinned object as bytes: the part of hyparquet's AsyncBuffer that readers need, its name for refusals, and a stream. */
export interface ByteSource {
  /** E.g. its `s3://` URI. */
  readonly name: string;
  readonly byteLength: number;
  slice(start: number, end?: number): Promise<ArrayBuffer>;
  stream(start: number, end?: number): AsyncIterable<Uint8Array>;
}

/** Bytes [start, end) of a pinned object, to be copied where they are. */
export interface CopyRange {
  readonly object: PinnedObject;
  readonly start: number;
  readonly end: number;
}

/** What an object is made of. */
export type Piece = Uint8Array | CopyRange;
