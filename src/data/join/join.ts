import type { OutputFormat } from '../../batch/keys.ts';
import type { SourceRange, StartPosition } from '../../batch/manifest.ts';
import { type AnswerRow, type AppendedColumn, appendedColumns } from '../../batch/output-columns.ts';
import type { AnswerKind, EmbeddingPrecision } from '../../models/types.ts';
import type { ByteSource, Piece } from '../byte-source.ts';
import type { CsvOptions } from '../csv/dialect.ts';
import type { FileState } from '../parquet/parquet.ts';
import type { RowWindow } from '../table.ts';

export interface Join {
  readonly source: ByteSource;
  readonly range: SourceRange;
  readonly csv?: CsvOptions | undefined;
  readonly outputFormat: OutputFormat;
  /** The columns, where the source's first rows do not tell them all. */
  readonly inputColumns?: readonly string[] | undefined;
  /** Of the columns in Parquet output, where they are not all text. */
  readonly types?: readonly string[] | undefined;
  readonly answers: AnswerKind;
  readonly precision?: EmbeddingPrecision | undefined;
  /** The answers of the range's rows, in order; of those from `from` on, where it is given. */
  readonly rows: AsyncIterable<readonly AnswerRow[]>;
  /** Is told of each row that goes into the output, before it does. */
  readonly onRow?: ((row: AnswerRow) => void) | undefined;
  /** Where the output was put down. */
  readonly from?: JoinPlace | undefined;
}

/** A place in an output where it may be put down: it has all rows of the source before `row`, and goes on there. Plain JSON. */
export interface JoinPlace {
  readonly row: number;
  /** Parquet beside Parquet: bytes of the source that are in it, before anything else is. */
  readonly copied?: number | undefined;
  /** CSV and JSONL sources: where that row begins. */
  readonly start?: StartPosition | undefined;
  /** Parquet outputs: what is in the file. */
  readonly file?: FileState | undefined;
}

/** What an output is made of, and between two pieces places where it may be put down. */
export type JoinPiece = Piece | { readonly place: () => JoinPlace };

export type Joiner = (join: Join, answers: Answers) => AsyncGenerator<JoinPiece>;

/** The rows that are still to be joined. */
export function windowOf({ range, from }: Join): RowWindow {
  const firstRow = from?.row ?? range.first_row;
  const start = from === undefined ? range.start : from.start;
  return { firstRow, rowCount: range.first_row + range.row_count - firstRow, start };
}

export function appendedTo(
  inputColumns: readonly string[],
  { answers, precision }: Join,
): readonly AppendedColumn[] {
  return appendedColumns(inputColumns, answers, precision).columns;
}

/** Answers one at a time, without a promise for each. Their end before the source's is a lost row, so it is an error. */
export class Answers {
  readonly #batches: AsyncIterator<readonly AnswerRow[]>;
  readonly #onRow: (row: AnswerRow) => void;
  #batch: readonly AnswerRow[] = [];
  #next = 0;

  constructor({ rows, onRow = () => undefined }: Join) {
    this.#batches = rows[Symbol.asyncIterator]();
    this.#onRow = onRow;
  }

  /** Must be true, or be made so by `fill`, before `take`. */
  get isReady(): boolean {
    return this.#next < this.#batch.length;
  }

  async fill(): Promise<void> {
    while (!this.isReady) {
      const { value, done } = await this.#batches.next();
      if (done) throw new Error('The answers ended before the rows of the source did.');
      [this.#batch, this.#next] = [value, 0];
    }
  }

  /** Ends the reading of answers that nobody will take: their objects are open. */
  async close(): Promise<void> {
    await this.#batches.return?.();
  }

  take(): AnswerRow {
    const row = this.#batch[this.#next++];
    if (row === undefined) throw new Error('No answer is ready.');
    this.#onRow(row);
    return row;
  }

  async takeMany(count: number): Promise<readonly AnswerRow[]> {
    const rows: AnswerRow[] = [];
    while (rows.length < count) {
      if (!this.isReady) await this.fill();
      rows.push(this.take());
    }
    return rows;
  }
}
