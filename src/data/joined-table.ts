import type { OutputFormat } from '../batch/keys.ts';
import type { SourceRange } from '../batch/manifest.ts';
import { answerColumns, appendedColumns } from '../batch/output-columns.ts';
import type { AnswerRow } from './answers.ts';
import type { ByteSource } from './byte-source.ts';
import { formatFields } from './csv/fields.ts';
import { csvRowBatches, firstPosition, readCsvHeader } from './csv/table.ts';
import { gathered } from './lines.ts';
import {
  type ColumnValues,
  encodeParquet,
  type OutputColumn,
  openParquet,
  readParquetText,
  spliceParquet,
} from './parquet/parquet.ts';
import { openTable } from './table.ts';

export interface Join {
  readonly source: ByteSource;
  readonly range: SourceRange;
  readonly outputFormat: OutputFormat;
  readonly answers: 'response' | 'embedding';
  /** The answers of the range's rows, in order. */
  readonly rows: AsyncIterable<AnswerRow>;
}

/** Rows that are encoded together where a format needs columns. */
const BATCH_ROWS = 1000;

/** The bytes of the output: the source's columns, unchanged and first, then the appended ones. */
export function joinedTable(join: Join): AsyncIterable<Uint8Array> {
  const { range, outputFormat } = join;
  if (outputFormat === 'parquet')
    return range.format === 'parquet' ? parquetToParquet(join) : textToParquet(join);
  return gathered(range.format === 'csv' ? csvToCsv(join) : textToCsv(join));
}

/** CSV keeps its records' own bytes: quotes, spaces, line ends, byte order mark. */
async function* csvToCsv({ source, range, answers, rows }: Join): AsyncGenerator<string | Uint8Array> {
  const header = await readCsvHeader(source);
  const { delimiter } = header.dialect;
  const next = puller(rows);
  const newline = header.record.end.length > 0 ? header.record.end.toString() : '\n';
  yield new Uint8Array(await source.slice(0, header.record.offset));
  yield header.record.bytes;
  yield delimiter + formatFields(appendedColumns(header.columns, answers).names, delimiter) + newline;
  const from = range.start ?? firstPosition(header);
  const wanted = { from, skip: range.first_row - from.row, rowCount: range.row_count };
  for await (const { records } of csvRowBatches(source, header, wanted)) {
    for (const { bytes, end } of records) {
      yield bytes;
      yield delimiter + formatFields(cells(await next()), delimiter);
      // A file's last record may end without a line end; the output's does as well.
      yield end;
    }
  }
}

async function* textToCsv({ source, range, answers, rows }: Join): AsyncGenerator<string> {
  const table = await openParquet(source, source.name);
  const next = puller(rows);
  const columns = [...table.columns, ...appendedColumns(table.columns, answers).names];
  yield `${formatFields(columns, ',')}\n`;
  const wanted = { columns: table.columns, firstRow: range.first_row, rowCount: range.row_count };
  for await (const values of readParquetText(table, wanted)) {
    yield `${formatFields([...values, ...cells(await next())], ',')}\n`;
  }
}

async function* parquetToParquet({ source, answers, rows }: Join): AsyncGenerator<Uint8Array> {
  const table = await openParquet(source, source.name);
  const next = puller(rows);
  const segments = spliceParquet(table, {
    columns: outputColumns(table.columns, answers),
    next: async (count) => {
      const batch: AnswerRow[] = [];
      while (batch.length < count) batch.push(await next());
      return transposed(batch);
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
  const text = table.columns.map((name) => ({ name, type: 'string' as const }));
  const window = { firstRow: range.first_row, rowCount: range.row_count, start: range.start };
  async function* batches() {
    let inputs: (readonly (string | null)[])[] = [];
    let appended: AnswerRow[] = [];
    const batch = () => [
      ...table.columns.map((_, i) => inputs.map((row) => row[i] ?? null)),
      ...transposed(appended),
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
  yield* encodeParquet({ columns: [...text, ...outputColumns(table.columns, answers)], batches: batches() });
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

function cells({
  answer,
  recordId,
  status,
  error,
  stopReason,
  inputTokens,
  outputTokens,
}: AnswerRow): (string | null)[] {
  const text = answer instanceof Float32Array ? JSON.stringify(Array.from(answer)) : answer;
  const number = (value: number | null) => (value === null ? null : String(value));
  return [text, recordId, status, error, stopReason, number(inputTokens), number(outputTokens)];
}

const columnTypes = {
  record_id: 'string',
  status: 'string',
  error: 'string',
  stop_reason: 'string',
  input_tokens: 'int64',
  output_tokens: 'int64',
} as const satisfies Record<(typeof answerColumns)[number], OutputColumn['type']>;

function outputColumns(inputColumns: readonly string[], answers: 'response' | 'embedding'): OutputColumn[] {
  const types = [
    answers === 'response' ? 'string' : 'list<float>',
    ...answerColumns.map((name) => columnTypes[name]),
  ] as const;
  return appendedColumns(inputColumns, answers).names.map((name, i) => ({
    name,
    type: types[i] ?? 'string',
  }));
}

function transposed(rows: readonly AnswerRow[]): ColumnValues[] {
  return [
    rows.map((row) => row.answer),
    rows.map((row) => row.recordId),
    rows.map((row) => row.status),
    rows.map((row) => row.error),
    rows.map((row) => row.stopReason),
    rows.map((row) => row.inputTokens),
    rows.map((row) => row.outputTokens),
  ];
}
