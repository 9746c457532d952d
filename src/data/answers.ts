import { type Data, type RecordBatch, RecordBatchReader, RecordBatchStreamWriter } from 'apache-arrow';
import type { Outcome } from '../batch/outcomes.ts';
import type { AnswerRow } from '../batch/output-columns.ts';
import { isRecordIdOf, recordIdOf } from '../batch/record-id.ts';
import type { AnswerKind, Embedding, EmbeddingPrecision } from '../models/types.ts';
import { AnswerBatch, type ByteRow, type Slice } from './answer-batch.ts';
import { type AnswerSpill, type KeptPart, kept } from './answer-spill.ts';

/** An error as it stands in the table. */
export function errorText({ code, message }: { readonly code: string; readonly message: string }): string {
  return `${code}: ${message}`;
}

export function answerRow(row: number, outcome: Outcome): AnswerRow {
  const recordId = recordIdOf(row);
  if (outcome.status !== 'succeeded') {
    const error = errorText(outcome.error);
    const nothing = { answer: null, stopReason: null, inputTokens: null, outputTokens: null };
    return { ...nothing, recordId, status: outcome.status, error };
  }
  const { response, embedding, stopReason, inputTokens, outputTokens } = outcome.answer;
  const answer = response ?? embedding;
  return { answer, recordId, status: 'succeeded', error: null, stopReason, inputTokens, outputTokens };
}

/** Answers in row order as an Arrow IPC stream; memory is bounded by one batch. */
export async function* encodeAnswers(
  rows: Iterable<AnswerRow>,
  answers: AnswerKind,
  precision?: EmbeddingPrecision,
): AsyncGenerator<Uint8Array> {
  const encoder = new AnswerEncoder(answers, precision);
  for (const row of rows) {
    yield* encoder.add({
      ...row,
      answer: typeof row.answer === 'string' ? textSlice(row.answer) : vectorSlice(row.answer),
      error: textSlice(row.error),
      stopReason: textSlice(row.stopReason),
    });
  }
  yield* encoder.finish();
}

export interface KeptChunk {
  readonly spill: AnswerSpill;
  readonly firstRow: number;
  readonly answers: AnswerKind;
  /** That of the vectors in the spill. */
  readonly precision?: EmbeddingPrecision | undefined;
  /** Why rows of which nothing was kept have no answer. */
  readonly missing: string;
}

/** A chunk's answers from where they were kept, like `encodeAnswers`. */
export async function* encodeKept({
  spill,
  firstRow,
  answers,
  precision,
  missing,
}: KeptChunk): AsyncGenerator<Uint8Array> {
  const encoder = new AnswerEncoder(answers, precision);
  const why = textSlice(missing);
  for await (const part of spill.parts()) {
    for (let row = part.first; row < part.end; row++) {
      yield* encoder.add(keptRow(spill, part, row, recordIdOf(firstRow + row), why));
    }
  }
  yield* encoder.finish();
}

function keptRow(
  spill: AnswerSpill,
  { bytes }: KeptPart,
  row: number,
  recordId: string,
  missing: Slice | null,
): ByteRow {
  const { kept: what, start, end, stopEnd, inputTokens, outputTokens } = spill.keptRow(row);
  if (what !== kept.answer) {
    const nothing = { answer: null, stopReason: null, inputTokens: null, outputTokens: null };
    return what === kept.nothing
      ? { ...nothing, recordId, status: 'missing', error: missing }
      : { ...nothing, recordId, status: 'failed', error: { bytes, start, end } };
  }
  const stopReason = stopEnd < 0 ? null : { bytes, start: end, end: stopEnd };
  const answer = { bytes, start, end };
  return { answer, recordId, status: 'succeeded', error: null, stopReason, inputTokens, outputTokens };
}

function textSlice(text: string | null): Slice | null {
  if (text === null) return null;
  const bytes = Buffer.from(text);
  return { bytes, start: 0, end: bytes.length };
}

function vectorSlice(vector: Embedding | null): Slice | null {
  if (vector === null) return null;
  const bytes = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
  return { bytes, start: 0, end: bytes.length };
}

class AnswerEncoder {
  readonly #batch: AnswerBatch;
  readonly #writer = new PulledStreamWriter();

  constructor(answers: AnswerKind, precision: EmbeddingPrecision | undefined) {
    this.#batch = new AnswerBatch(answers, precision);
  }

  add(row: ByteRow): readonly Uint8Array[] {
    this.#batch.add(row);
    if (!this.#batch.isFull) return NO_BYTES;
    this.#writer.write(this.#batch.take());
    return this.#writer.take();
  }

  /** A stream without a batch has no schema either, so an empty chunk writes an empty one. */
  finish(): readonly Uint8Array[] {
    this.#writer.write(this.#batch.take());
    this.#writer.finish();
    return this.#writer.take();
  }
}

const NO_BYTES: readonly Uint8Array[] = [];

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

/** Reads what was encoded, a record batch at a time. */
export async function* decodeAnswers(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly StoredAnswer[]> {
  const reader = await RecordBatchReader.from(chunks);
  for await (const batch of reader) {
    const columns = new StoredColumns(batch);
    yield Array.from({ length: batch.numRows }, (_, row) => new StoredAnswer(columns, row));
  }
}

/** One record batch's columns by name, as their buffers. */
class StoredColumns {
  readonly answer: Data;
  readonly recordId: Data;
  readonly status: Data;
  readonly error: Data;
  readonly stopReason: Data;
  readonly inputTokens: Data;
  readonly outputTokens: Data;

  constructor(batch: RecordBatch) {
    const column = (name: string): Data => {
      const i = batch.schema.fields.findIndex((field) => field.name === name);
      const data = batch.data.children[i];
      if (data === undefined) throw new Error(`The answers of a chunk have no column ${name}.`);
      return data;
    };
    this.answer = column(
      batch.schema.fields.some(({ name }) => name === 'embedding') ? 'embedding' : 'response',
    );
    this.recordId = column('record_id');
    this.status = column('status');
    this.error = column('error');
    this.stopReason = column('stop_reason');
    this.inputTokens = column('input_tokens');
    this.outputTokens = column('output_tokens');
  }
}

/** By their first letters. */
const STATUSES: Readonly<Record<number, AnswerRow['status']>> = {
  [0x73]: 'succeeded',
  [0x66]: 'failed',
  [0x6d]: 'missing',
};

/** An answer in a record batch: its cells become values when they are asked for, and text may be had as it lies. */
export class StoredAnswer implements AnswerRow {
  readonly #columns: StoredColumns;
  readonly #row: number;

  constructor(columns: StoredColumns, row: number) {
    this.#columns = columns;
    this.#row = row;
  }

  /** A cell of text as UTF-8, as it lies; null where there is none, undefined in a column that is not text. */
  textOf(field: keyof AnswerRow): Slice | null | undefined {
    const column = this.#columns[field];
    // Only text has offsets, but for lists, which have children too.
    const isText = column.valueOffsets !== undefined && column.children.length === 0;
    return isText ? sliceOf(column, this.#row) : undefined;
  }

  /** Whether this is the answer of that row. */
  isOf(row: number): boolean {
    const slice = sliceOf(this.#columns.recordId, this.#row);
    return slice !== null && isRecordIdOf(row, slice.bytes, slice.start, slice.end);
  }

  get answer(): string | Embedding | null {
    const { answer } = this.#columns;
    const numbers: unknown = answer.children[0]?.values;
    const isVector = numbers instanceof Float32Array || numbers instanceof Float64Array;
    if (!isVector) return textOf(answer, this.#row);
    if (!answer.getValid(this.#row)) return null;
    return numbers.subarray(answer.valueOffsets[this.#row], answer.valueOffsets[this.#row + 1]);
  }

  get recordId(): string {
    return textOf(this.#columns.recordId, this.#row) ?? '';
  }

  get status(): AnswerRow['status'] {
    // Three words, of which no row needs a string of its own.
    const slice = sliceOf(this.#columns.status, this.#row);
    const status = slice === null ? undefined : STATUSES[slice.bytes[slice.start] as number];
    if (status === undefined) throw new Error('The answers of a chunk have a row without a status.');
    return status;
  }

  get error(): string | null {
    return textOf(this.#columns.error, this.#row);
  }

  get stopReason(): string | null {
    return textOf(this.#columns.stopReason, this.#row);
  }

  get inputTokens(): number | null {
    return countOf(this.#columns.inputTokens, this.#row);
  }

  get outputTokens(): number | null {
    return countOf(this.#columns.outputTokens, this.#row);
  }
}

function sliceOf(column: Data, row: number): Slice | null {
  if (!column.getValid(row)) return null;
  const { values, valueOffsets } = column;
  return {
    bytes: values as Uint8Array,
    start: valueOffsets[row] as number,
    end: valueOffsets[row + 1] as number,
  };
}

function textOf(column: Data, row: number): string | null {
  const slice = sliceOf(column, row);
  if (slice === null) return null;
  const { buffer, byteOffset } = slice.bytes;
  return Buffer.from(buffer, byteOffset + slice.start, slice.end - slice.start).toString('utf8');
}

function countOf(column: Data, row: number): number | null {
  return column.getValid(row) ? (column.values[row] as number) : null;
}
