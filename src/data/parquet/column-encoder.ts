import { Arena } from './arena.ts';
import { type Compression, compressor, defaultCompression } from './codecs.ts';
import type { NewChunk } from './footer.ts';
import { LevelRuns } from './level-runs.ts';
import { addValue, MAX_DEFINITION } from './page-values.ts';
import { integer, THRIFT, type ThriftField, writeStruct } from './thrift.ts';
import type { ColumnValues, OutputColumn } from './types.ts';

/** A page ends after the row that makes its values as large as this. */
const PAGE_BYTES = 1024 * 1024;
// Members of parquet.thrift's enums PageType and Encoding.
const DATA_PAGE = 0;
const PLAIN = 0;
const RLE = 3;

/** Data pages of format 1 of one column of one row group, PLAIN, as its values come in. */
export class ColumnEncoder {
  private readonly column: OutputColumn;
  private readonly compression: Compression;
  private readonly compress: (input: Uint8Array) => Uint8Array;
  private readonly parts = {
    values: new Arena(),
    definitions: new LevelRuns(),
    repetitions: new LevelRuns(),
  };
  private ended: Uint8Array[] = [];
  private offset = 0n;
  private compressedBytes = 0;
  private uncompressedBytes = 0;
  private values = 0;
  private nulls = 0;

  /** Floats that come from a model do not shrink, so vectors stay as they are unless a compression is asked for. */
  constructor(column: OutputColumn, compression?: Compression) {
    this.column = column;
    const standard = column.type === 'list<float>' ? 'uncompressed' : defaultCompression();
    this.compression = compression ?? standard;
    this.compress = compressor(this.compression);
  }

  /** What was added, before compression. */
  get valueBytes(): number {
    return this.uncompressedBytes + this.parts.values.length;
  }

  add(values: ColumnValues): void {
    for (const value of values) {
      if (value === null || (value instanceof Float32Array && value.length === 0)) this.nulls += 1;
      addValue(this.parts, this.column, value);
      if (this.parts.values.length >= PAGE_BYTES) this.endPage();
    }
  }

  /** Ends the last page. */
  end(): void {
    if (this.parts.definitions.count > 0) this.endPage();
  }

  /** The pages that have ended since the last call. */
  drain(): readonly Uint8Array[] {
    const drained = this.ended;
    this.ended = [];
    return drained;
  }

  /** Starts the chunk at this place of the file. */
  startAt(offset: number): void {
    this.offset = BigInt(offset);
  }

  placed(): NewChunk {
    return {
      column: this.column,
      compression: this.compression,
      offset: this.offset,
      compressedBytes: BigInt(this.compressedBytes),
      uncompressedBytes: BigInt(this.uncompressedBytes),
      values: BigInt(this.values),
      nulls: BigInt(this.nulls),
    };
  }

  private endPage(): void {
    const { values, definitions, repetitions } = this.parts;
    const count = definitions.count;
    const nested = MAX_DEFINITION[this.column.type] > 1;
    const levels = [...(nested ? [repetitions.end()] : []), definitions.end()];
    const body = this.pageBody(levels);
    const size = values.length + levels.reduce((sum, { length }) => sum + length, 0);
    const compressedSize = body.reduce((sum, { length }) => sum + length, 0);
    const header = pageHeader(count, size, compressedSize);
    this.values += count;
    this.uncompressedBytes += header.length + size;
    this.compressedBytes += header.length + compressedSize;
    if (this.compression === 'uncompressed') values.detach();
    values.clear();
    this.ended.push(header, ...body);
  }

  /** What is not compressed is not copied either. */
  private pageBody(levels: readonly Uint8Array[]): readonly Uint8Array[] {
    const parts = [...levels, this.parts.values.added()];
    return this.compression === 'uncompressed' ? parts : [this.compress(Buffer.concat(parts))];
  }
}

function pageHeader(values: number, size: number, compressedSize: number): Uint8Array {
  const data = writeStruct([i32(1, values), i32(2, PLAIN), i32(3, RLE), i32(4, RLE)]);
  return writeStruct([
    i32(1, DATA_PAGE),
    i32(2, size),
    i32(3, compressedSize),
    { id: 5, type: THRIFT.struct, raw: data },
  ]);
}

function i32(id: number, value: number): ThriftField {
  return { id, type: THRIFT.i32, raw: integer(BigInt(value)) };
}
