import type { OutputFormat } from '../batch/keys.ts';
import type { SourceRange } from '../batch/manifest.ts';
import { type AnswerRow, type AppendedColumn, appendedColumns } from '../batch/output-columns.ts';
import type { AnswerKind } from '../models/types.ts';
import { StoredAnswer } from './answers.ts';
import type { ByteSource, Piece } from './byte-source.ts';
import { formatFields } from './csv/fields.ts';
import { csvRecordBatches, firstPosition, readCsvHeader } from './csv/table.ts';
import { csvField, OutputBuffer } from './output-buffer.ts';
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
  return range.format === 'csv' ? csvToCsv(join) : parquetToCsv(join);
}

/** CSV keeps its records' own bytes: quotes, spaces, line ends, byte order mark. */
async function* csvToCsv({ source, range, answers, rows }: Join): AsyncGenerator<Uint8Array> {
  const header = await readCsvHeader(source);
  const { delimiter } = header.dialect;
  const next = puller(rows);
  const { columns } = appendedColumns(header.columns, answers);
  const newline = header.record.end.length > 0 ? header.record.end.toString() : '\n';
  const out = new OutputBuffer(delimiter);
  out.raw(new Uint8Array(await source.slice(0, header.record.offset)));
  out.raw(header.record.bytes);
  out.text(delimiter + formatFields(namesOf(columns), delimiter) + newline);
  const from = range.start ?? firstPosition(header);
  const wanted = { from, skip: range.first_row - from.row, rowCount: range.row_count };
  for await (const records of csvRecordBatches(source, header, wanted)) {
    for (const { bytes, end } of records) {
      out.raw(bytes);
      append(out, columns, await next(), delimiter);
      // A file's last record may end without a line end; the output's does as well.
      out.raw(end);
      if (out.isFull) yield out.take();
    }
  }
  yield out.take();
}

async function* parquetToCsv({ source, range, answers, rows }: Join): AsyncGenerator<Uint8Array> {
  const table = await openParquet(source, source.name);
  const next = puller(rows);
  const { columns } = appendedColumns(table.columns, answers);
  const out = new OutputBuffer(',');
  out.text(`${formatFields([...table.columns, ...namesOf(columns)], ',')}\n`);
  const wanted = { columns: table.columns, firstRow: range.first_row, rowCount: range.row_count };
  for await (const values of readParquetText(table, wanted)) {
    out.text(formatFields(values, ','));
    append(out, columns, await next(), ',');
    out.text('\n');
    if (out.isFull) yield out.take();
  }
  yield out.take();
}

/** The appended fields of a row, each behind a delimiter. The answer is copied as it lies where it can be. */
function append(
  out: OutputBuffer,
  [answer, ...others]: readonly AppendedColumn[],
  row: AnswerRow,
  delimiter: string,
): void {
  const text = row instanceof StoredAnswer ? row.answerText : null;
  const cell = text === null ? answer?.of(row) : null;
  out.delimiter();
  if (text !== null) out.field(text);
  else if (cell instanceof Float32Array) out.vector(cell);
  else if (typeof cell === 'string') out.text(csvField(cell, delimiter));
  let fields = '';
  for (const column of others) {
    const value = column.of(row);
    fields += delimiter + csvField(value === null ? null : String(value), delimiter);
  }
  out.text(fields);
}

async function* parquetToParquet(join: Join): AsyncGenerator<Uint8Array> {
  for await (const piece of splicedTable(join)) {
    if ('object' in piece) yield* join.source.stream(piece.start, piece.end);
    else yield piece;
  }
}

/** Parquet beside Parquet: the source's own bytes are named, not read, so that where the output is kept they can be copied. */
export async function* splicedTable({ source, range, answers, rows }: Join): AsyncGenerator<Piece> {
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
    else yield { object: range.object, start: segment.start, end: segment.end };
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

function valuesOf(columns: readonly AppendedColumn[], rows: readonly AnswerRow[]): ColumnValues[] {
  return columns.map(({ of }) => rows.map(of));
}
