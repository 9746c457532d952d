import type { OutputFormat } from '../batch/keys.ts';
import type { SourceRange } from '../batch/manifest.ts';
import { type AnswerRow, type AppendedColumn, appendedColumns, type Cell } from '../batch/output-columns.ts';
import type { AnswerKind } from '../models/types.ts';
import type { ByteSource } from './byte-source.ts';
import { formatFields } from './csv/fields.ts';
import { csvRecordBatches, firstPosition, readCsvHeader } from './csv/table.ts';
import { gathered } from './lines.ts';
import {
  type ColumnValues,
  encodeParquet,
  openParquet,
  readParquetText,
  spliceParquet,
} from './parquet/parquet.ts';
import { openTable } from './table.ts';

export interface Join {
  readonly source: ByteSource;
  readonly range: SourceRange;
  readonly outputFormat: OutputFormat;
  readonly answers: AnswerKind;
  /** The answers of the range's rows, in order. */
  readonly rows: AsyncIterable<AnswerRow>;
}

/** Rows that are encoded together where a format needs columns. */
const BATCH_ROWS = 1000;

/** The bytes of the output: the source's columns, unchanged and first, then the appended ones. */
export function joinedTable(join: Join): AsyncIterable<Uint8Array> {
  const { range, outputFormat } = join;
  if (outputFormat === 'parquet') {
    return range.format === 'parquet' ? parquetToParquet(join) : textToParquet(join);
  }
  return gathered(range.format === 'csv' ? csvToCsv(join) : textToCsv(join));
}

/** CSV keeps its records' own bytes: quotes, spaces, line ends, byte order mark. */
async function* csvToCsv({ source, range, answers, rows }: Join): AsyncGenerator<string | Uint8Array> {
  const header = await readCsvHeader(source);
  const { delimiter } = header.dialect;
  const next = puller(rows);
  const { columns } = appendedColumns(header.columns, answers);
  const newline = header.record.end.length > 0 ? header.record.end.toString() : '\n';
  yield new Uint8Array(await source.slice(0, header.record.offset));
  yield header.record.bytes;
  yield delimiter + formatFields(namesOf(columns), delimiter) + newline;
  const from = range.start ?? firstPosition(header);
  const wanted = { from, skip: range.first_row - from.row, rowCount: range.row_count };
  for await (const records of csvRecordBatches(source, header, wanted)) {
    for (const { bytes, end } of records) {
      yield bytes;
      yield delimiter + formatFields(texts(columns, await next()), delimiter);
      // A file's last record may end without a line end; the output's does as well.
      yield end;
    }
  }
}

async function* textToCsv({ source, range, answers, rows }: Join): AsyncGenerator<string> {
  const table = await openParquet(source, source.name);
  const next = puller(rows);
  const { columns } = appendedColumns(table.columns, answers);
  yield `${formatFields([...table.columns, ...namesOf(columns)], ',')}\n`;
  const wanted = { columns: table.columns, firstRow: range.first_row, rowCount: range.row_count };
  for await (const values of readParquetText(table, wanted)) {
    yield `${formatFields([...values, ...texts(columns, await next())], ',')}\n`;
  }
}

async function* parquetToParquet({ source, answers, rows }: Join): AsyncGenerator<Uint8Array> {
  const table = await openParquet(source, source.name);
  const next = puller(rows);
  const { columns } = appendedColumns(table.columns, answers);
  const segments = spliceParquet(table, {
    columns,
    next: async (count) => {
      const batch: AnswerRow[] = [];
      while (batch.length < count) batch.push(await next());
      return valuesOf(columns, batch);
    },
  });
  for await (const segment of segments) {
    if (segment.kind === 'bytes') yield segment.bytes;
    else yield* source.stream(segment.start, segment.end);
  }
}

/** A change of format from text: every input column stays text. */
async function* textToParquet({ source, range, answers, rows }: Join): AsyncGenerator<Uint8Array> {
  const table = await openTable(source, range.format);
  const next = puller(rows);
  const { columns } = appendedColumns(table.columns, answers);
  const inputColumns = table.columns.map((name) => ({ name, type: 'string' as const }));
  const window = { firstRow: range.first_row, rowCount: range.row_count, start: range.start };
  async function* batches() {
    let inputs: (readonly (string | null)[])[] = [];
    let appended: AnswerRow[] = [];
    const batch = () => [
      ...inputColumns.map((_, i) => inputs.map((row) => row[i] ?? null)),
      ...valuesOf(columns, appended),
    ];
    for await (const row of table.texts(window, table.columns)) {
      inputs.push(row);
      appended.push(await next());
      if (inputs.length < BATCH_ROWS) continue;
      yield batch();
      [inputs, appended] = [[], []];
    }
    if (inputs.length > 0) yield batch();
  }
  yield* encodeParquet({ columns: [...inputColumns, ...columns], batches: batches() });
}

/** Answers one at a time. Their end before the source's is a lost row, so it is an error. */
function puller(rows: AsyncIterable<AnswerRow>): () => Promise<AnswerRow> {
  const iterator = rows[Symbol.asyncIterator]();
  return async () => {
    const { value, done } = await iterator.next();
    if (done) throw new Error('The answers ended before the rows of the source did.');
    return value;
  };
}

function namesOf(columns: readonly AppendedColumn[]): readonly string[] {
  return columns.map(({ name }) => name);
}

function texts(columns: readonly AppendedColumn[], row: AnswerRow): readonly (string | null)[] {
  return columns.map((column) => textOf(column.of(row)));
}

/** A vector is a JSON array of its floats, each written so that it reads back the same. */
function textOf(cell: Cell): string | null {
  if (cell instanceof Float32Array) return JSON.stringify(Array.from(cell));
  return cell === null ? null : String(cell);
}

function valuesOf(columns: readonly AppendedColumn[], rows: readonly AnswerRow[]): ColumnValues[] {
  return columns.map(({ of }) => rows.map(of));
}
