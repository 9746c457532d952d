import {
  type Data,
  type DataType,
  Field,
  Float32,
  Float64,
  Int32,
  List,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Utf8,
} from 'apache-arrow';
import { type AnswerRow, type AppendedColumn, answerColumns } from '../batch/output-columns.ts';
import type { AnswerKind, EmbeddingPrecision } from '../models/types.ts';

/** A record batch ends with so many rows, or bytes of answers: 4 MB of 1,024-float vectors. */
const BATCH_ROWS = 1000;
const BATCH_BYTES = 4 * 1024 * 1024;

const floatList = new List(new Field('element', new Float32(), false));
const doubleList = new List(new Field('element', new Float64(), false));

/** Token counts are 64 bits wide in Parquet and fit into 32 here: no model reads or writes 2^31 tokens in one record. */
const arrowTypes = {
  string: new Utf8(),
  int64: new Int32(),
  'list<float>': floatList,
  'list<double>': doubleList,
} as const satisfies Record<AppendedColumn['type'], DataType>;

/** A run of bytes; a null is not there. */
export interface Slice {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** A row of a batch whose texts and vector are bytes. */
export interface ByteRow {
  readonly answer: Slice | null;
  readonly recordId: string;
  readonly status: AnswerRow['status'];
  readonly error: Slice | null;
  readonly stopReason: Slice | null;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
}

/** Gathers rows into Arrow record batches, without a value for each cell. */
export class AnswerBatch {
  readonly schema: Schema;
  readonly #columns: readonly AppendedColumn[];
  readonly #answer: BytesColumn;
  readonly #texts = {
    record_id: new BytesColumn(),
    status: new BytesColumn(),
    error: new BytesColumn(),
    stop_reason: new BytesColumn(),
  };
  readonly #counts = { input_tokens: new CountColumn(), output_tokens: new CountColumn() };
  #rows = 0;

  constructor(answers: AnswerKind, precision?: EmbeddingPrecision) {
    this.#columns = answerColumns(answers, precision);
    this.schema = new Schema(this.#columns.map(({ name, type }) => new Field(name, arrowTypes[type], true)));
    this.#answer = new BytesColumn();
  }

  get isFull(): boolean {
    return this.#rows === BATCH_ROWS || this.#answer.byteLength >= BATCH_BYTES;
  }

  add(row: ByteRow): void {
    const at = this.#rows++;
    const { record_id, status, error, stop_reason } = this.#texts;
    this.#answer.add(at, row.answer);
    record_id.addText(at, row.recordId);
    status.addText(at, row.status);
    error.add(at, row.error);
    stop_reason.add(at, row.stopReason);
    this.#counts.input_tokens.add(at, row.inputTokens);
    this.#counts.output_tokens.add(at, row.outputTokens);
  }

  take(): RecordBatch {
    const length = this.#rows;
    this.#rows = 0;
    const children = this.#columns.map(({ name, type }, i) => {
      const column = i === 0 ? this.#answer : { ...this.#texts, ...this.#counts }[name];
      if (column === undefined) throw new Error(`No answer has the column ${name}.`);
      return column.take(length, type);
    });
    const data = makeData({ type: new Struct(this.schema.fields), length, nullCount: 0, children });
    return new RecordBatch(this.schema, data);
  }
}

/** How many rows a column has, and which of them are null. */
interface Rows {
  readonly length: number;
  readonly nullBitmap: Uint8Array;
  readonly nullCount: number;
}

/** Arrow's validity bitmap: bit i is set where value i is not null. */
class Validity {
  #bitmap = new Uint8Array(BATCH_ROWS / 8);
  #valid = 0;

  set(at: number): void {
    this.#bitmap[at >> 3] = (this.#bitmap[at >> 3] as number) | (1 << (at & 7));
    this.#valid++;
  }

  take(length: number): Rows {
    const taken = {
      length,
      nullBitmap: this.#bitmap.subarray(0, Math.ceil(length / 8)),
      nullCount: length - this.#valid,
    };
    this.#bitmap = new Uint8Array(BATCH_ROWS / 8);
    this.#valid = 0;
    return taken;
  }
}

class BytesColumn {
  readonly #validity = new Validity();
  #offsets = new Int32Array(BATCH_ROWS + 1);
  #bytes = Buffer.allocUnsafeSlow(1024);
  #length = 0;

  get byteLength(): number {
    return this.#length;
  }

  add(at: number, slice: Slice | null): void {
    if (slice !== null) {
      const { bytes, start, end } = slice;
      this.#reserve(end - start);
      this.#bytes.set(bytes.subarray(start, end), this.#length);
      this.#length += end - start;
      this.#validity.set(at);
    }
    this.#offsets[at + 1] = this.#length;
  }

  /** Text in ASCII, as ids and statuses are. */
  addText(at: number, text: string): void {
    this.#reserve(text.length);
    this.#length += this.#bytes.write(text, this.#length, 'latin1');
    this.#validity.set(at);
    this.#offsets[at + 1] = this.#length;
  }

  #reserve(more: number): void {
    const wanted = this.#length + more;
    if (wanted <= this.#bytes.length) return;
    const bytes = Buffer.allocUnsafeSlow(Math.max(wanted, 2 * this.#bytes.length));
    this.#bytes.copy(bytes, 0, 0, this.#length);
    this.#bytes = bytes;
  }

  /** The buffers go with the data, so that the next batch has its own, of about the same size. */
  take(length: number, type: AppendedColumn['type']): Data<Utf8 | List<Float32> | List<Float64>> {
    const valueOffsets = this.#offsets.subarray(0, length + 1);
    const data = this.#bytes.subarray(0, this.#length);
    this.#offsets = new Int32Array(BATCH_ROWS + 1);
    this.#bytes = Buffer.allocUnsafeSlow(Math.ceil((this.#length * 1.1) / 8) * 8);
    this.#length = 0;
    const rows = this.#validity.take(length);
    if (type === 'list<float>' || type === 'list<double>') return vectorsOf(type, rows, valueOffsets, data);
    return makeData({ type: new Utf8(), ...rows, valueOffsets, data });
  }
}

function vectorsOf(
  type: 'list<float>' | 'list<double>',
  rows: Rows,
  byteOffsets: Int32Array,
  { buffer, byteOffset, byteLength }: Buffer,
): Data<List<Float32> | List<Float64>> {
  const isDouble = type === 'list<double>';
  const width = isDouble ? 8 : 4;
  const valueOffsets = byteOffsets.map((bytes) => bytes / width);
  const length = byteLength / width;
  if (isDouble) {
    const data = new Float64Array(buffer, byteOffset, length);
    const child = makeData({ type: new Float64(), length, nullCount: 0, data });
    return makeData({ type: doubleList, ...rows, valueOffsets, child });
  }
  const data = new Float32Array(buffer, byteOffset, length);
  const child = makeData({ type: new Float32(), length, nullCount: 0, data });
  return makeData({ type: floatList, ...rows, valueOffsets, child });
}

class CountColumn {
  readonly #validity = new Validity();
  #values = new Int32Array(BATCH_ROWS);

  add(at: number, value: number | null): void {
    if (value === null) return;
    this.#values[at] = value;
    this.#validity.set(at);
  }

  take(length: number): Data<Int32> {
    const data = this.#values.subarray(0, length);
    this.#values = new Int32Array(BATCH_ROWS);
    return makeData({ type: new Int32(), ...this.#validity.take(length), data });
  }
}
