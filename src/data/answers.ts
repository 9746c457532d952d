import {
  type Data,
  type DataType,
  Field,
  Float32,
  Int32,
  List,
  makeData,
  RecordBatch,
  RecordBatchReader,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  Utf8,
} from 'apache-arrow';
import type { Outcome } from '../batch/outcomes.ts';
import { type AnswerRow, type AppendedColumn, answerColumns, type Cell } from '../batch/output-columns.ts';
import { recordIdOf } from '../batch/record-id.ts';
import type { AnswerKind } from '../models/types.ts';

/** Rows of one Arrow record batch: 4 MB of 1,024-float vectors. */
const BATCH_ROWS = 1000;

export function answerRow(row: number, outcome: Outcome): AnswerRow {
  const recordId = recordIdOf(row);
  if (outcome.status !== 'succeeded') {
    const error = `${outcome.error.code}: ${outcome.error.message}`;
    const nothing = { answer: null, stopReason: null, inputTokens: null, outputTokens: null };
    return { ...nothing, recordId, status: outcome.status, error };
  }
  const { response, embedding, stopReason, inputTokens, outputTokens } = outcome.answer;
  const answer = response ?? embedding;
  return { answer, recordId, status: 'succeeded', error: null, stopReason, inputTokens, outputTokens };
}

/** A chunk's answers in row order as an Arrow IPC stream; memory is bounded by one batch. */
export async function* encodeAnswers(
  rows: Iterable<AnswerRow>,
  answers: AnswerKind,
): AsyncGenerator<Uint8Array> {
  const columns = answerColumns(answers);
  const schema = new Schema(columns.map(({ name, type }) => new Field(name, arrowTypes[type], true)));
  const writer = new PulledStreamWriter();
  for (const batch of recordBatches(rows, columns, schema)) {
    writer.write(batch);
    yield* writer.take();
  }
  writer.finish();
  yield* writer.take();
}

/** A writer that is emptied after each batch. Arrow's own streams either know no back-pressure or vanish in a bundle. */
class PulledStreamWriter extends RecordBatchStreamWriter {
  #written: Uint8Array[] = [];

  take(): readonly Uint8Array[] {
    const written = this.#written;
    this.#written = [];
    return written;
  }

  protected override _write(chunk: ArrayBufferView): this {
    this.#written.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    this._position += chunk.byteLength;
    return this;
  }
}

const vectorType = new List(new Field('element', new Float32(), false));

/** Token counts are 64 bits wide in Parquet and fit into 32 here: no model reads or writes 2^31 tokens in one record. */
const arrowTypes = {
  string: new Utf8(),
  int64: new Int32(),
  'list<float>': vectorType,
} as const satisfies Record<AppendedColumn['type'], DataType>;

const arrowColumns = { string: textColumn, int64: integerColumn, 'list<float>': vectorColumn } as const;

function* recordBatches(
  rows: Iterable<AnswerRow>,
  columns: readonly AppendedColumn[],
  schema: Schema,
): Generator<RecordBatch> {
  let batch: AnswerRow[] = [];
  for (const row of rows) {
    batch.push(row);
    if (batch.length < BATCH_ROWS) continue;
    yield recordBatch(batch, columns, schema);
    batch = [];
  }
  // A stream without a batch has no schema either, so an empty chunk writes an empty one.
  yield recordBatch(batch, columns, schema);
}

function recordBatch(
  rows: readonly AnswerRow[],
  columns: readonly AppendedColumn[],
  schema: Schema,
): RecordBatch {
  const children = columns.map(({ type, of }) => arrowColumns[type](rows.map(of) as never) as Data<DataType>);
  const data = makeData({ type: new Struct(schema.fields), length: rows.length, nullCount: 0, children });
  return new RecordBatch(schema, data);
}

/** Arrow's validity bitmap: bit i is set where value i is not null. */
function validity(values: readonly Cell[]): { readonly nullBitmap: Uint8Array; readonly nullCount: number } {
  const nullBitmap = new Uint8Array(Math.ceil(values.length / 8));
  let nullCount = 0;
  for (let i = 0; i < values.length; i++) {
    if (values[i] === null) nullCount++;
    else nullBitmap[i >> 3] = (nullBitmap[i >> 3] as number) | (1 << (i & 7));
  }
  return { nullBitmap, nullCount };
}

function textColumn(values: readonly (string | null)[]): Data<Utf8> {
  const bytes = values.map((value) => Buffer.from(value ?? '', 'utf8'));
  const valueOffsets = offsets(bytes.map((value) => value.length));
  const data = Buffer.concat(bytes);
  return makeData({ type: new Utf8(), length: values.length, ...validity(values), valueOffsets, data });
}

function integerColumn(values: readonly (number | null)[]): Data<Int32> {
  const data = Int32Array.from(values, (value) => value ?? 0);
  return makeData({ type: new Int32(), length: values.length, ...validity(values), data });
}

function vectorColumn(values: readonly (Float32Array | null)[]): Data<List<Float32>> {
  const valueOffsets = offsets(values.map((value) => value?.length ?? 0));
  const floats = new Float32Array(valueOffsets[values.length] as number);
  values.forEach((value, i) => {
    if (value !== null) floats.set(value, valueOffsets[i]);
  });
  const child = makeData({ type: new Float32(), length: floats.length, nullCount: 0, data: floats });
  return makeData({ type: vectorType, length: values.length, ...validity(values), valueOffsets, child });
}

function offsets(lengths: readonly number[]): Int32Array {
  const result = new Int32Array(lengths.length + 1);
  lengths.forEach((length, i) => {
    result[i + 1] = (result[i] as number) + length;
  });
  return result;
}

/** Reads what `encodeAnswers` wrote, row by row. */
export async function* decodeAnswers(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<AnswerRow> {
  const reader = await RecordBatchReader.from(chunks);
  for await (const batch of reader) {
    for (let i = 0; i < batch.numRows; i++) {
      const cell = (name: string) => batch.getChild(name)?.get(i) ?? null;
      yield {
        answer: cell('response') ?? cell('embedding')?.toArray() ?? null,
        recordId: cell('record_id'),
        status: cell('status'),
        error: cell('error'),
        stopReason: cell('stop_reason'),
        inputTokens: cell('input_tokens'),
        outputTokens: cell('output_tokens'),
      };
    }
  }
}
