import { Arena } from './arena.ts';
import { type Compression, compressor } from './codecs.ts';
import { LevelRuns } from './level-runs.ts';
import { writeStruct } from './thrift.ts';
import { i32, struct } from './thrift-fields.ts';

/** What the values of one page are written to. */
export interface PageParts {
  readonly values: Arena;
  readonly definitions: LevelRuns;
  readonly repetitions: LevelRuns;
}

/** Which levels pages have: a column that is not repeated, or never null, has none of that kind. */
export interface PageLevels {
  readonly repetitions: boolean;
  readonly definitions: boolean;
}

/** Where the pages of a column chunk lie, and what they hold. */
export interface WrittenPages {
  readonly compression: Compression;
  readonly offset: bigint;
  readonly compressedBytes: bigint;
  readonly uncompressedBytes: bigint;
  /** Values in Parquet's sense: entries with levels, so an empty or absent list counts as one. */
  readonly values: bigint;
  /** Those of them that hold nothing. */
  readonly nulls: bigint;
}

/** A page ends after the row that makes its values as large as this. */
const PAGE_BYTES = 1024 * 1024;
/** Levels of nulls take no bytes of values, so their number bounds a page as well. */
const PAGE_ENTRIES = 1024 * 1024;
// Members of parquet.thrift's enums PageType and Encoding.
const DATA_PAGE = 0;
const PLAIN = 0;
const RLE = 3;

/** Data pages of format 1 of one column chunk, PLAIN. Their values are added to `parts`. */
export class PageWriter {
  readonly parts: PageParts = {
    values: new Arena(),
    definitions: new LevelRuns(),
    repetitions: new LevelRuns(),
  };
  nulls = 0;
  /** Entries of the page that is being written. */
  entries = 0;
  private readonly levels: PageLevels;
  private readonly compression: Compression;
  private readonly compress: (input: Uint8Array) => Uint8Array;
  private ended: Uint8Array[] = [];
  private offset = 0n;
  private compressedBytes = 0;
  private uncompressedBytes = 0;
  private values = 0;

  constructor(levels: PageLevels, compression: Compression) {
    this.levels = levels;
    this.compression = compression;
    this.compress = compressor(compression);
  }

  /** What was added, before compression. */
  get valueBytes(): number {
    return this.uncompressedBytes + this.parts.values.length;
  }

  get isFull(): boolean {
    return this.parts.values.length >= PAGE_BYTES || this.entries >= PAGE_ENTRIES;
  }

  endPage(): void {
    const { entries, parts } = this;
    if (entries === 0) return;
    const levels = [
      ...(this.levels.repetitions ? [parts.repetitions.end()] : []),
      ...(this.levels.definitions ? [parts.definitions.end()] : []),
    ];
    const body = this.pageBody(levels);
    const size = parts.values.length + sumOfLengths(levels);
    const header = pageHeader(entries, size, sumOfLengths(body));
    this.values += entries;
    this.uncompressedBytes += header.length + size;
    this.compressedBytes += header.length + sumOfLengths(body);
    if (this.compression === 'uncompressed') parts.values.detach();
    parts.values.clear();
    this.entries = 0;
    this.ended.push(header, ...body);
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

  written(): WrittenPages {
    return {
      compression: this.compression,
      offset: this.offset,
      compressedBytes: BigInt(this.compressedBytes),
      uncompressedBytes: BigInt(this.uncompressedBytes),
      values: BigInt(this.values),
      nulls: BigInt(this.nulls),
    };
  }

  /** What is not compressed is not copied either. */
  private pageBody(levels: readonly Uint8Array[]): readonly Uint8Array[] {
    const parts = [...levels, this.parts.values.added()];
    return this.compression === 'uncompressed' ? parts : [this.compress(Buffer.concat(parts))];
  }
}

function pageHeader(values: number, size: number, compressedSize: number): Uint8Array {
  return writeStruct([
    i32(1, DATA_PAGE),
    i32(2, size),
    i32(3, compressedSize),
    struct(5, [i32(1, values), i32(2, PLAIN), i32(3, RLE), i32(4, RLE)]),
  ]);
}

function sumOfLengths(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}
