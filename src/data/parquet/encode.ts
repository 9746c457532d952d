import type { Compression } from './codecs.ts';
import { assertColumns } from './column-lengths.ts';
import { type FileState, groupsOf, type PlacedGroup, stateOf } from './file-state.ts';
import { appendToFooter, emptyFooter, MAGIC, withTrailer } from './footer.ts';
import { GroupEncoder } from './group-encoder.ts';
import type { ColumnValues, OutputColumn } from './types.ts';

export interface FileOptions {
  readonly columns: readonly OutputColumn[];
  /** Rows of a row group at most; it ends earlier where its values grow large. */
  readonly rowGroupRows?: number;
  /** Of all columns; by default zstd (snappy on a Node without it), and none for vectors. */
  readonly compression?: Compression | undefined;
}

export interface EncodeOptions extends FileOptions {
  readonly batches: AsyncIterable<readonly ColumnValues[]>;
}

/** A row group ends when its values take this much, so that memory does not depend on what the rows hold. */
const MAX_GROUP_BYTES = 64 * 1024 * 1024;
/** Rows that are encoded between two looks at the size. */
const STEP_ROWS = 64;

/** A new Parquet file, piece by piece. Memory is bounded by the encoded pages of one row group. */
export async function* encodeParquet({ batches, ...options }: EncodeOptions): AsyncGenerator<Uint8Array> {
  const file = new ParquetFile(options);
  yield file.start();
  for await (const batch of batches) {
    const rows = batch[0]?.length ?? 0;
    for (let row = 0; row < rows; ) {
      const end = row + Math.min(STEP_ROWS, file.room);
      yield* file.add(batch.map((values) => values.slice(row, end)));
      row = end;
      if (file.isGroupFull) yield* file.endGroup();
    }
  }
  yield* file.endGroup();
  yield file.end();
}

/** A file in the making: the row group that is being written, and the places of those that are. */
export class ParquetFile {
  readonly columns: readonly OutputColumn[];
  readonly #rowGroupRows: number;
  readonly #compression: Compression | undefined;
  readonly #position: { offset: number };
  readonly #groups: PlacedGroup[];
  #group: GroupEncoder | undefined;
  #rows = 0;

  constructor({ columns, rowGroupRows = 50_000, compression }: FileOptions, from?: FileState) {
    this.columns = columns;
    this.#rowGroupRows = rowGroupRows;
    this.#compression = compression;
    this.#position = { offset: from?.offset ?? 0 };
    this.#groups = groupsOf(from, columns);
  }

  /** Rows that the row group may still have. */
  get room(): number {
    return this.#rowGroupRows - this.#rows;
  }

  /** Rows or bytes are as many as a row group should have. */
  get isGroupFull(): boolean {
    return this.#rows >= this.#rowGroupRows || (this.#group?.valueBytes ?? 0) >= MAX_GROUP_BYTES;
  }

  /** Between two row groups: what another `ParquetFile` needs to go on. */
  get state(): FileState {
    if (this.#group) throw new Error('A row group is open.');
    return stateOf(this.#position.offset, this.#groups);
  }

  start(): Uint8Array {
    this.#position.offset = MAGIC.length;
    return Buffer.from(MAGIC);
  }

  /** A few rows: the size of a row group is looked at between two calls. */
  *add(values: readonly ColumnValues[]): Generator<Uint8Array> {
    const rows = values[0]?.length ?? 0;
    assertColumns(this.columns, values, rows);
    this.#group ??= new GroupEncoder(this.columns, this.#position, this.#compression);
    yield* this.#group.add(values);
    this.#rows += rows;
  }

  *endGroup(): Generator<Uint8Array> {
    if (!this.#group) return;
    yield* this.#group.end();
    this.#groups.push({ rows: this.#rows, chunks: this.#group.placed() });
    this.#group = undefined;
    this.#rows = 0;
  }

  end(): Uint8Array {
    const rows = this.#groups.map((group) => group.rows);
    const chunks = this.#groups.map((group) => group.chunks);
    return withTrailer(appendToFooter(emptyFooter(rows), this.columns, chunks));
  }
}
