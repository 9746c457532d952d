import { isUtf8 } from 'node:buffer';
import { type OutputLine, outcomeOf, type RowOf, readOutputLine } from '../batch/outcomes.ts';
import { rowOfJson, rowOf as rowOfRecordId } from '../batch/record-id.ts';
import { AnswerScratch } from '../models/answer-scratch.ts';
import {
  CLOSE_BRACE,
  firstMember,
  holds,
  type Json,
  jsonIn,
  memberValue,
  nextMember,
  QUOTE,
  quoted,
  skipBlanks,
  skipValue,
} from '../models/json-bytes.ts';
import type { EmbeddingPrecision, ExtractedAnswer, ModelFamily } from '../models/types.ts';
import { NEWLINE } from './lines.ts';

/** A line of a job's output, like `OutputLine`; an answer's own bytes may lie in the scratch instead of in a value. */
export type OutputRecord =
  | OutputLine
  | { readonly kind: 'extracted'; readonly row: number; readonly answer: ExtractedAnswer };

const RECORD_ID = quoted('recordId');
const MODEL_OUTPUT = quoted('modelOutput');
const ERROR = quoted('error');

/** Where the values lie that matter in a line; a start of -1 is a key that is not there. */
class Found {
  id = -1;
  idEnd = -1;
  error = -1;
  errorEnd = -1;
  output = -1;
  outputEnd = -1;
  answer: ExtractedAnswer | undefined = undefined;
}

/**
 * Reads a job's output. Only the values that matter are built, and of the usual answers not even those; the rest of a line is
 * looked through, for a line is judged as `JSON.parse` judges it.
 */
export class OutputReader {
  /** The bytes of an extracted answer, until the next record is read. */
  readonly scratch = new AnswerScratch();
  readonly #rowOf: RowOf;
  readonly #decode: ModelFamily['decode'];
  readonly #extract: ModelFamily['extract'];

  /** Rows of records that are not ours are told by `rowOf`. */
  constructor(family: ModelFamily, precision: EmbeddingPrecision = 'float32', rowOf: RowOf = rowOfRecordId) {
    this.#rowOf = rowOf;
    this.#decode = (output) => family.decode(output, precision);
    // The way around `JSON.parse` pays where rounding to 32 bits swallows its errors; doubles take the exact parser.
    const isExact = family.answers === 'embedding' && precision === 'float64';
    this.#extract = isExact ? undefined : family.extract;
  }

  /** The records of whole lines, each of which ends in `\n`. */
  *records(lines: Buffer): Generator<OutputRecord> {
    const json = jsonIn(lines);
    const isText = isUtf8(lines);
    for (let start = 0; start < lines.length; ) {
      const end = lines.indexOf(NEWLINE, start);
      // An empty line is none.
      if (end > start) yield this.#record(json, start, end, isText);
      start = end + 1;
    }
  }

  #record(json: Json, start: number, end: number, isText: boolean): OutputRecord {
    if (isText || isUtf8(json.bytes.subarray(start, end))) {
      const found = this.#scan(json, start, end);
      if (found !== undefined) return this.#judge(json, found);
    }
    return readOutputLine(json.bytes.toString('utf8', start, end), this.#decode, this.#rowOf);
  }

  #scan(json: Json, start: number, end: number): Found | undefined {
    const found = new Found();
    let key = firstMember(json.bytes, skipBlanks(json.bytes, start));
    while (json.bytes[key] === QUOTE) {
      const value = memberValue(json.bytes, key);
      key = nextMember(json.bytes, this.#member(json, key, value, found));
    }
    return json.bytes[key] === CLOSE_BRACE && skipBlanks(json.bytes, key + 1) === end ? found : undefined;
  }

  /** Looks at one member and returns the place behind it. The last one of a name counts, as it does for `JSON.parse`. */
  #member(json: Json, key: number, value: number, found: Found): number {
    if (holds(json.bytes, key, MODEL_OUTPUT)) {
      found.output = value;
      found.answer = this.#extract?.(json, value, this.scratch);
      found.outputEnd = found.answer?.end ?? skipValue(json.bytes, value, json.view);
      return found.outputEnd;
    }
    const end = skipValue(json.bytes, value, json.view);
    if (holds(json.bytes, key, RECORD_ID)) {
      found.id = value;
      found.idEnd = end;
    } else if (holds(json.bytes, key, ERROR)) {
      found.error = value;
      found.errorEnd = end;
    }
    return end;
  }

  /** An id of ours is read as it lies; any other value becomes one first. */
  #rowAt(json: Json, start: number, end: number): number | undefined {
    const own = this.#rowOf === rowOfRecordId ? rowOfJson(json.bytes, start, end) : undefined;
    return own ?? this.#rowOf(parsed(json, start, end));
  }

  #judge(json: Json, found: Found): OutputRecord {
    const row = this.#rowAt(json, found.id, found.idEnd);
    const error = parsed(json, found.error, found.errorEnd);
    if (row !== undefined && found.answer !== undefined && (error === undefined || error === null)) {
      return { kind: 'extracted', row, answer: found.answer };
    }
    return outcomeOf(row, error, () => parsed(json, found.output, found.outputEnd), this.#decode);
  }
}

function parsed(json: Json, start: number, end: number): unknown {
  return start < 0 ? undefined : JSON.parse(json.bytes.toString('utf8', start, end));
}
