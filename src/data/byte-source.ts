/** A pinned object as bytes: the part of hyparquet's AsyncBuffer that readers need, its name for refusals, and a stream. */
export interface ByteSource {
  /** E.g. its `s3://` URI. */
  readonly name: string;
  readonly byteLength: number;
  slice(start: number, end?: number): Promise<ArrayBuffer>;
  stream(start: number, end?: number): AsyncIterable<Uint8Array>;
}
