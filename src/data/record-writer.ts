import { recordIdOf } from '../batch/record-id.ts';
import { BatchError } from '../errors.ts';
import type { ModelFamily } from '../models/types.ts';
import type { Prompt } from '../prompts/prompt.ts';
import type { CellBatch, CellColumn } from './cells.ts';
import { JsonOutput } from './json-output.ts';

/** Writes the lines of a job's input file. */
export interface RecordWriter {
  /** Bytes of a line whose cells are all empty. */
  readonly lineBytes: number;
  readonly records: number;
  /** Bytes of all lines so far. */
  readonly bytes: number;
  /** Placeholders that were null in the data; each is written as nothing. */
  readonly nulls: number;
  /**
   * Writes a line for each row of a batch, whose columns are those of the prompt; its first row is the run's row `firstRow`.
   * Lines are gathered into parts of about 1 MB, which end anywhere.
   */
  write(batch: CellBatch, firstRow: number): Generator<Uint8Array>;
  /** The last part. */
  finish(): Iterable<Uint8Array>;
}

const TEXT = '<the text of a record>';
/** Of what a family might do to a text other than putting it in: trim it, cut it, encode it twice, choose by it. */
const PROBES = ['', ' \t"quoted" \\ $& \r\n\u0000\u007f\u2028 é東🚀 ', 'x'.repeat(10_000), '{"a":1}'];
const [DIGIT_0, DIGIT_9] = [0x30, 0x39];

/**
 * A record's JSON is made once, by `encode`; for a row its id and the cells' escaped bytes are put in.
 * @throws BatchError Internal for a family that does not hold the text just once, in one JSON string, as it is.
 */
export function recordWriter(encode: ModelFamily['encode'], prompt: Prompt): RecordWriter {
  const line = (text: string) => `${JSON.stringify({ recordId: recordIdOf(0), modelInput: encode(text) })}\n`;
  const [before = '', behind = '', ...more] = line(TEXT).split(TEXT);
  const held = (text: string) => before + insideString(text) + behind === line(text);
  if (more.length > 0 || ![TEXT, ...PROBES].every(held)) {
    const rule = 'what a model family encodes must hold the text once, in one JSON string, as it is';
    throw new BatchError('Internal', `Cannot write records: ${rule}.`);
  }
  const last = prompt.texts.length - 1;
  const pieces = prompt.texts.map(
    (text, i) => (i === 0 ? before : '') + insideString(text) + (i === last ? behind : ''),
  );
  return new LineWriter(pieces);
}

function insideString(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** A column's cells, and what stands behind each. */
interface Insert extends CellColumn {
  readonly bytes: Buffer;
  readonly behind: Buffer;
}

class LineWriter implements RecordWriter {
  /** The line up to its first cell; holds the id of the next record. */
  readonly #first: Buffer;
  readonly #idStart: number;
  /** What stands behind each cell. */
  readonly #behind: readonly Buffer[];
  readonly #output = new JsonOutput();
  #records = 0;
  #nulls = 0;

  constructor([first = '', ...behind]: readonly string[]) {
    this.#first = Buffer.from(first, 'utf8');
    this.#idStart = first.indexOf(recordIdOf(0));
    this.#behind = behind.map((piece) => Buffer.from(piece, 'utf8'));
  }

  get lineBytes(): number {
    return this.#behind.reduce((sum, { length }) => sum + length, this.#first.length);
  }

  get records(): number {
    return this.#records;
  }

  get bytes(): number {
    return this.#output.bytes;
  }

  get nulls(): number {
    return this.#nulls;
  }

  *write({ rowCount, columns }: CellBatch, firstRow: number): Generator<Uint8Array> {
    const lastId = this.#startAt(firstRow, firstRow + rowCount - 1);
    const inserts = this.#behind.map((behind, i) => insertOf(columns[i], behind));
    for (let row = 0; row < rowCount; row++) {
      this.#output.copy(this.#first);
      for (const insert of inserts) this.#insert(insert, row);
      countUp(this.#first, lastId);
      this.#records++;
      const full = this.#output.take();
      if (full.length > 0) yield* full;
    }
  }

  finish(): Iterable<Uint8Array> {
    return this.#output.finish();
  }

  /** Writes the first row's id into the line. Returns the place of its last digit. */
  #startAt(firstRow: number, lastRow: number): number {
    // The others are counted up from the first, so this alone would see a number too large.
    recordIdOf(lastRow);
    const id = recordIdOf(firstRow);
    return this.#idStart + this.#first.write(id, this.#idStart, 'latin1') - 1;
  }

  #insert({ bytes, starts, ends, behind }: Insert, row: number): void {
    const end = ends[row] as number;
    if (end < 0) this.#nulls++;
    else this.#output.escape(bytes, starts[row] as number, end);
    this.#output.copy(behind);
  }
}

function insertOf(column: CellColumn | undefined, behind: Buffer): Insert {
  if (column === undefined) throw new Error('A batch must have the columns of the prompt.');
  const { bytes, starts, ends } = column;
  return { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), starts, ends, behind };
}

/** Adds one to the decimal number whose last digit stands there. */
function countUp(bytes: Buffer, last: number): void {
  let at = last;
  while (bytes[at] === DIGIT_9) bytes[at--] = DIGIT_0;
  bytes[at] = (bytes[at] as number) + 1;
}
