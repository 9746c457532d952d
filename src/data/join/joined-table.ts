import type { OutputFormat } from '../batch/keys.ts';
import type { SourceRange } from '../batch/manifest.ts';
import { type AnswerRow, type AppendedColumn, appendedColumns, type Cell } from '../batch/output-columns.ts';
import type { AnswerKind } from '../models/types.ts';
import { StoredAnswer } from './answers.ts';
import type { ByteSource, Piece } from './byte-source.ts';
import { formatFields } from './csv/fields.ts';
import { csvRecordBatches, firstPosition, readCsvHeader } from './csv/table.ts';
import { float32Text } from './float32-text.ts';
import { firstJsonlPosition, jsonlRows, leadingKeys } from './jsonl/table.ts';
import { csvField, OutputBuffer } from './output-buffer.ts';
import { type ColumnValues, encodeParquet, openParquet, spliceParquet } from './parquet/parquet.ts';
import { openTable } from './table.ts';

export interface Join {
  readonly source: ByteSource;
  readonly range: SourceRange;
  readonly outputFormat: OutputFormat;
  /** The columns, where the source's first rows do not tell them all. */
  readonly inputColumns?: readonly string[] | undefined;
  readonly answers: AnswerKind;
  /** The answers of the range's rows, in order. */
  readonly rows: AsyncIterable<AnswerRow>;
}

/** Rows that are encoded together where a format needs columns. */
const BATCH_ROWS = 1000;

/** The bytes of the output: the source's columns, unchanged and first, then the appended ones. */
export function joinedTable(join: Join): AsyncIterable<Uint8Array> {
  return joiners[join.range.format][join.outputFormat](join);
}

type Joiner = (join: Join) => AsyncIterable<Uint8Array>;

/** By the source's format, then by the output's. Only a change of format makes text of the source's cells. */
const joiners = {
  csv: { csv: csvToCsv, parquet: textToParquet, jsonl: textToJsonl },
  parquet: { csv: textToCsv, parquet: parquetToParquet, jsonl: textToJsonl },
  jsonl: { csv: textToCsv, parquet: textToParquet, jsonl: jsonlToJsonl },
} as const satisfies Record<OutputFormat, Record<OutputFormat, Joiner>>;

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

async function* textToCsv({ source, range, answers, rows, inputColumns }: Join): AsyncGenerator<Uint8Array> {
  const table = await openTable(source, range.format);
  const names = inputColumns ?? table.columns;
  const next = puller(rows);
  const { columns } = appendedColumns(names, answers);
  const out = new OutputBuffer(',');
  out.text(`${formatFields([...names, ...namesOf(columns)], ',')}\n`);
  for await (const values of table.texts(windowOf(range), names)) {
    out.text(formatFields(values, ','));
    append(out, columns, await next(), ',');
    out.text('\n');
    if (out.isFull) yield out.take();
  }
  yield out.take();
}

function windowOf({ first_row, row_count, start }: SourceRange) {
  return { firstRow: first_row, rowCount: row_count, start };
}

/** JSON lines keep their own bytes; the appended members go before the closing brace. */
async function* jsonlToJsonl({
  source,
  range,
  answers,
  rows,
  inputColumns,
}: Join): AsyncGenerator<Uint8Array> {
  const next = puller(rows);
  const from = range.start ?? (await firstJsonlPosition(source));
  const { columns } = appendedColumns(inputColumns ?? (await leadingKeys(source, from)), answers);
  const out = new OutputBuffer(',');
  const wanted = { from, skip: range.first_row - from.row, rowCount: range.row_count };
  for await (const { bytes, end, members } of jsonlRows(source, wanted)) {
    out.raw(bytes.subarray(0, bytes.lastIndexOf('}')));
    out.text(`${members.size > 0 ? ',' : ''}${membersText(columns, await next())}}`);
    out.raw(end);
    if (out.isFull) yield out.take();
  }
  yield out.take();
}

/** A change of format: every cell of the source is a string, or null. */
async function* textToJsonl({ source, range, answers, rows }: Join): AsyncGenerator<Uint8Array> {
  const table = await openTable(source, range.format);
  const next = puller(rows);
  const { columns } = appendedColumns(table.columns, answers);
  const out = new OutputBuffer(',');
  for await (const values of table.texts(windowOf(range), table.columns)) {
    const inputs = table.columns.map((name, i) => `${JSON.stringify(name)}:${JSON.stringify(values[i])}`);
    out.text(`{${[...inputs, membersText(columns, await next())].join(',')}}\n`);
    if (out.isFull) yield out.take();
  }
  yield out.take();
}

function membersText(columns: readonly AppendedColumn[], row: AnswerRow): string {
  return columns.map(({ name, of }) => `${JSON.stringify(name)}:${jsonOf(of(row))}`).join(',');
}

function jsonOf(cell: Cell): string {
  return cell instanceof Float32Array ? `[${Array.from(cell, float32Text).join(',')}]` : JSON.stringify(cell);
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
async function* textToParquet({
  source,
  range,
  answers,
  rows,
  inputColumns: given,
}: Join): AsyncGenerator<Uint8Array> {
  const table = await openTable(source, range.format);
  const next = puller(rows);
  const names = given ?? table.columns;
  const { columns } = appendedColumns(names, answers);
  const inputColumns = names.map((name) => ({ name, type: 'string' as const }));
  async function* batches() {
    let inputs: (readonly (string | null)[])[] = [];
    let appended: AnswerRow[] = [];
    const batch = () => [
      ...inputColumns.map((_, i) => inputs.map((row) => row[i] ?? null)),
      ...valuesOf(columns, appended),
    ];
    for await (const row of table.texts(windowOf(range), names)) {
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
