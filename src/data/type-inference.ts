import { refusal } from '../errors.ts';
import { dayOf } from './parquet/calendar.ts';
import { doubleText } from './parquet/number-text.ts';
import type { OutputType, OutputValue } from './parquet/types.ts';

export type InferredType = Extract<
  OutputType,
  'string' | 'int64' | 'double' | 'boolean' | 'date' | 'timestamp' | 'timestamp_utc'
>;

/** Plain JSON: what the rows so far allow each column to be, as bits that only this version of the code explains. */
export interface InferenceState {
  readonly columns: readonly string[];
  readonly candidates: readonly number[];
  readonly proven: readonly boolean[];
}

// What a text may be read as, so that the value written again is that very text.
const INT64 = 1;
const DOUBLE = 2;
const BOOLEAN = 4;
const DATE = 8;
/** The first of twelve bits: one for each form of timestamps, of which a column has one. */
const FIRST_TIMESTAMP_BIT = 4;
/** Doubles whose integers have `.0` behind them, as Python writes them. */
const POINTED = 1 << 16;
const EVERYTHING = 0x1ffff;
/** Bits of a form: six by whether it is UTC, three by the separator, and one by the digits of the fraction. */
const FORMS = { utc: 6, space: 3, digits: { 0: 0, 3: 1, 6: 2 } } as const;
const UTC_TIMESTAMPS = 0b111111 << (FIRST_TIMESTAMP_BIT + FORMS.utc);

const INTEGER = /^(?:0|-?[1-9][0-9]{0,18})$/;
const SAFE_DIGITS = 15;
const TIMESTAMP = /^(\d{4}-\d\d-\d\d)([T ])([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{6}|\d{3}))?(Z)?$/;
const DATE_DIGITS = 10;
const MICROS_PER_SECOND = 1_000_000;
const SECONDS_PER_DAY = 86_400;
const [MINUS, DIGIT_0, DIGIT_9] = [0x2d, 0x30, 0x39];

/**
 * The types of columns of text. A column has one where every text of the whole dataset can be made again from its value:
 *
 * | type          | texts                                                                                              |
 * |---------------|----------------------------------------------------------------------------------------------------|
 * | int64         | `0`, `-17`, all of 64 bits; not `007`, `+1`, `-0`                                                  |
 * | double        | the shortest digits of a double, as `String(number)`: `1.5`, `-0.25`, `12`; not `1.50`, `1e5`, `.5`. |
 * |               | Or all integers among them with `.0`, as Python writes them: `1.5`, `12.0`                         |
 * |               | `NaN` and `Infinity` beside finite ones                                                            |
 * | boolean       | `true`, `false`                                                                                    |
 * | date          | `2024-01-31`                                                                                       |
 * | timestamp     | `2024-01-31T10:00:00`, with `T` or a space, and 0, 3 or 6 digits of a fraction: one form per column |
 * | timestamp_utc | the same with `Z`                                                                                  |
 * | string        | all else, and columns without a text                                                               |
 *
 * An empty text is no value: in a typed column it becomes null. A column that stays text keeps it.
 */
export class TypeInference {
  private readonly columns: readonly string[];
  private readonly candidates: number[];
  /** Whether a column had a text that is enough to believe in its type. */
  private readonly proven: boolean[];
  /** The columns that are not yet known to be strings. */
  private open: readonly number[];

  constructor(columns: readonly string[]) {
    this.columns = [...columns];
    this.candidates = columns.map(() => EVERYTHING);
    this.proven = columns.map(() => false);
    this.open = [...columns.keys()];
  }

  static from(state: InferenceState): TypeInference {
    const { columns, candidates, proven } = state;
    if (candidates.length !== columns.length || proven.length !== columns.length) {
      throw new RangeError(`a state of ${candidates.length} columns for ${columns.length}`);
    }
    const inference = new TypeInference(columns);
    inference.narrow(candidates, proven);
    return inference;
  }

  /** One row. Cells that it does not have are empty. */
  add(row: readonly (string | null)[]): void {
    let closed = false;
    for (const column of this.open) {
      const text = row[column];
      if (!text) continue;
      const possible = candidatesOf(text);
      const left = (this.candidates[column] ?? 0) & possible;
      this.candidates[column] = left;
      if (left === 0) closed = true;
      else if (!isNotFinite(text)) this.proven[column] = true;
    }
    if (closed) this.closeStrings();
  }

  /** Adds what other rows of the same columns showed. */
  merge(other: TypeInference): void {
    if (JSON.stringify(other.columns) !== JSON.stringify(this.columns)) {
      throw new RangeError(`columns ${other.columns.join(', ')} beside ${this.columns.join(', ')}`);
    }
    this.narrow(other.candidates, other.proven);
  }

  types(): readonly InferredType[] {
    return this.candidates.map((candidates, i) => (this.proven[i] ? typeOf(candidates) : 'string'));
  }

  toJSON(): InferenceState {
    return { columns: this.columns, candidates: [...this.candidates], proven: [...this.proven] };
  }

  private narrow(candidates: readonly number[], proven: readonly boolean[]): void {
    for (const column of this.columns.keys()) {
      this.candidates[column] = (this.candidates[column] ?? 0) & (candidates[column] ?? 0);
      this.proven[column] ||= proven[column] === true;
    }
    this.closeStrings();
  }

  private closeStrings(): void {
    this.open = [...this.columns.keys()].filter((column) => this.candidates[column] !== 0);
    for (const [column, left] of this.candidates.entries()) if (left === 0) this.proven[column] = false;
  }
}

/**
 * The value of a text in a column of an inferred type; null stays null, and an empty text of a typed column becomes it.
 *
 * @throws BatchError InvalidInput for a text that is not of the type: the column has changed since it was looked at.
 */
export function convert(type: InferredType, text: string | null): OutputValue {
  if (type === 'string' || text === null) return text;
  if (text === '') return null;
  if ((candidatesOf(text) & CANDIDATES[type]) === 0) {
    throw refusal('convert a value', 'it', `be a ${type}, as all others of its column are`, text);
  }
  return CONVERT[type](text);
}

const CANDIDATES = {
  int64: INT64,
  double: DOUBLE | POINTED,
  boolean: BOOLEAN,
  date: DATE,
  timestamp: EVERYTHING & ~UTC_TIMESTAMPS & ~(INT64 | DOUBLE | POINTED | BOOLEAN | DATE),
  timestamp_utc: UTC_TIMESTAMPS,
} as const satisfies Record<Exclude<InferredType, 'string'>, number>;

const CONVERT = {
  int64: integerOf,
  double: Number,
  boolean: (text) => text === 'true',
  date: (text) => dayOf(text) ?? null,
  timestamp: microsOf,
  timestamp_utc: microsOf,
} as const satisfies Record<Exclude<InferredType, 'string'>, (text: string) => OutputValue>;

/** Integers come first, for each is a double as well. */
function typeOf(candidates: number): InferredType {
  const types = Object.keys(CANDIDATES) as (keyof typeof CANDIDATES)[];
  return types.find((type) => (candidates & CANDIDATES[type]) !== 0) ?? 'string';
}

function candidatesOf(text: string): number {
  const first = text.charCodeAt(0);
  if (first === MINUS || (first >= DIGIT_0 && first <= DIGIT_9)) {
    // A number has at most one dash behind its sign.
    return text.charCodeAt(4) === MINUS && text.charCodeAt(7) === MINUS ? datesOf(text) : numbersOf(text);
  }
  if (text === 'true' || text === 'false') return BOOLEAN;
  return isNotFinite(text) ? DOUBLE | POINTED : 0;
}

function numbersOf(text: string): number {
  const isInteger = INTEGER.test(text);
  // Fewer digits are safe integers, whose text is that of the double.
  if (isInteger && text.length <= SAFE_DIGITS) return INT64 | DOUBLE;
  const double = doublesOf(text);
  return isInteger && isInt64(text) ? double | INT64 : double;
}

function doublesOf(text: string): number {
  const value = Number(text);
  const plain = doubleText(value);
  if (Number.isInteger(value))
    return text === plain ? DOUBLE : text === `${plain}.0` && /^-?\d+$/.test(plain) ? POINTED : 0;
  return text === plain ? DOUBLE | POINTED : 0;
}

function isInt64(text: string): boolean {
  const value = BigInt(text);
  return BigInt.asIntN(64, value) === value;
}

function isNotFinite(text: string): boolean {
  return text === 'NaN' || text === 'Infinity' || text === '-Infinity';
}

function datesOf(text: string): number {
  if (text.length === DATE_DIGITS) return dayOf(text) === undefined ? 0 : DATE;
  const [, date = '', separator, , , , fraction = '', utc] = TIMESTAMP.exec(text) ?? [];
  if (dayOf(date) === undefined) return 0;
  const digits = FORMS.digits[fraction.length as keyof typeof FORMS.digits];
  const form = (utc ? FORMS.utc : 0) + (separator === ' ' ? FORMS.space : 0) + digits;
  return 1 << (FIRST_TIMESTAMP_BIT + form);
}

function integerOf(text: string): number | bigint {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}

/** Microseconds of the years 0 to 9999 are beyond what a double holds exactly, seconds are not. */
function microsOf(text: string): bigint {
  const [, date = '', , hour, minute, second, fraction = ''] = TIMESTAMP.exec(text) ?? [];
  const inDay = Number(hour) * 3600 + Number(minute) * 60 + Number(second);
  const seconds = (dayOf(date) ?? 0) * SECONDS_PER_DAY + inDay;
  return BigInt(seconds) * BigInt(MICROS_PER_SECOND) + BigInt(fraction.padEnd(6, '0'));
}
