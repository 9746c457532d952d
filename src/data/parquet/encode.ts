import type { Compression } from './codecs.ts';
import { assertColumns } from './column-lengths.ts';
import { appendToFooter, emptyFooter, MAGIC, type NewChunk, withTrailer } from './footer.ts';
import { GroupEncoder } from './group-encoder.ts';
import type { ColumnValues, OutputColumn } from './types.ts';

export interface EncodeOptions {
  readonly columns: readonly OutputColumn[];
  readonly batches: AsyncIterable<readonly ColumnValues[]>;
  /** Rows of a row group at most; it ends earlier where its values grow large. */
  readonly rowGroupRows?: number;
  /** Of all columns; by default zstd (snappy on a Node without it), and none for vectors. */
  readonly compression?: Compression | undefined;
}

/** A row group ends when its values take this much, so that memory does not depend on what the rows hold. */
const MAX_GROUP_BYTES = 64 * 1024 * 1024;
/** Rows that are encoded between two looks at the size. */
const STEP_ROWS = 64;

/** A new Parquet file, piece by piece. Memory is bounded by the encoded pages of one row group. */
export async function* encodeParquet(options: EncodeOptions): AsyncGenerator<Uint8Array> {
  const { columns, batches, rowGroupRows = 50_000 } = options;
  const file = new FileEncoder(options);
  yield file.start();
  for await (const batch of batches) {
    const rows = batch[0]?.length ?? 0;
    assertColumns(columns, batch, rows);
    for (let row = 0; row < rows; ) {
      const count = Math.min(STEP_ROWS, rows - row, rowGroupRows - file.rows);
      yield* file.add(
        batch.map((values) => values.slice(row, row + count)),
        count,
      );
      row += count;
      if (file.rows >= rowGroupRows || file.valueBytes >= MAX_GROUP_BYTES) yield* file.endGroup();
    }
  }
  yield* file.endGroup();
  yield file.end();
}

/** The row group that is being written, and the places of those that are. */
class FileEncoder {
  rows = 0;
  private readonly options: EncodeOptions;
  private readonly position = { offset: 0 };
  private readonly groups: (readonly NewChunk[])[] = [];
  private readonly groupRows: number[] = [];
  private group: GroupEncoder | undefined;

  constructor(options: EncodeOptions) {
    this.options = options;
  }

  get valueBytes(): number {
    return this.group?.valueBytes ?? 0;
  }

  start(): Uint8Array {
    this.position.offset = MAGIC.length;
    return Buffer.from(MAGIC);
  }

  *add(values: readonly ColumnValues[], rows: number): Generator<Uint8Array> {
    this.group ??= new GroupEncoder(this.options.columns, this.position, this.options.compression);
    yield* this.group.add(values);
    this.rows += rows;
  }

  *endGroup(): Generator<Uint8Array> {
    if (!this.group) return;
    yield* this.group.end();
    this.groups.push(this.group.placed());
    this.groupRows.push(this.rows);
    this.group = undefined;
    this.rows = 0;
  }

  end(): Uint8Array {
    return withTrailer(appendToFooter(emptyFooter(this.groupRows), this.options.columns, this.groups));
  }
}
