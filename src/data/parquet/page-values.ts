import type { Arena } from './arena.ts';
import type { PageParts } from './page-writer.ts';
import { isListType, type OutputColumn, type OutputType, type OutputValue } from './types.ts';

/** Definition levels of a list: an optional list of optional elements. */
const [EMPTY_LIST, ELEMENT] = [1, 3];
const TWO_TO_32 = 2 ** 32;

/** Adds one present value in the encoding PLAIN; false for one that is not of the type. */
type AddPlain = (values: Arena, value: Exclude<OutputValue, null>) => boolean;

const ADD = {
  string: addString,
  int64: addInt64,
  double: addDouble,
  boolean: addBoolean,
  date: addInt32,
  timestamp: addInt64,
  timestamp_utc: addInt64,
  'list<float>': addFloats,
  'list<double>': addDoubles,
} as const satisfies Record<OutputType, AddPlain>;

/** Adds a row's value, and returns how many entries it takes. */
export function addValue(parts: PageParts, { name, type }: OutputColumn, value: OutputValue): number {
  if (value !== null && !ADD[type](parts.values, value)) {
    throw new TypeError(`column ${name} takes ${type} values, not ${describe(value)}`);
  }
  return isListType(type) ? addListLevels(parts, value) : addLevel(parts, value);
}

/** A null, and a list without elements: what the statistics count as null. */
export function holdsNothing(value: OutputValue): boolean {
  return value === null || (isVector(value) && value.length === 0);
}

function addLevel({ definitions }: PageParts, value: OutputValue): number {
  definitions.add(value === null ? 0 : 1);
  return 1;
}

function addListLevels({ definitions, repetitions }: PageParts, value: OutputValue): number {
  const length = isVector(value) ? value.length : 0;
  repetitions.add(0);
  repetitions.add(1, Math.max(length - 1, 0));
  if (value === null) definitions.add(0);
  else if (length === 0) definitions.add(EMPTY_LIST);
  else definitions.add(ELEMENT, length);
  return Math.max(length, 1);
}

function addString(values: Arena, value: OutputValue): boolean {
  if (typeof value === 'string') addText(values, value);
  else if (value instanceof Uint8Array) addUtf8(values, value);
  else return false;
  return true;
}

function addText(values: Arena, text: string): void {
  const at = values.reserve(4);
  values.length += 4;
  values.addText(text);
  values.bytes.writeUInt32LE(values.length - at - 4, at);
}

function addUtf8(values: Arena, bytes: Uint8Array): void {
  const at = values.reserve(4 + bytes.length);
  values.bytes.writeUInt32LE(bytes.length, at);
  values.length += 4;
  values.add(bytes);
}

function addInt64(values: Arena, value: OutputValue): boolean {
  const at = values.reserve(8);
  if (typeof value === 'number' && Number.isSafeInteger(value)) {
    values.bytes.writeUInt32LE(value >>> 0, at);
    values.bytes.writeInt32LE(Math.floor(value / TWO_TO_32), at + 4);
  } else if (typeof value === 'bigint' && BigInt.asIntN(64, value) === value) {
    values.bytes.writeBigInt64LE(value, at);
  } else {
    return false;
  }
  values.length += 8;
  return true;
}

function addInt32(values: Arena, value: OutputValue): boolean {
  if (typeof value !== 'number' || (value | 0) !== value) return false;
  const at = values.reserve(4);
  values.length = values.bytes.writeInt32LE(value, at);
  return true;
}

function addDouble(values: Arena, value: OutputValue): boolean {
  if (typeof value !== 'number') return false;
  const at = values.reserve(8);
  values.length = values.bytes.writeDoubleLE(value, at);
  return true;
}

function addBoolean(values: Arena, value: OutputValue): boolean {
  if (typeof value !== 'boolean') return false;
  values.addBit(value);
  return true;
}

function addFloats(values: Arena, value: OutputValue): boolean {
  return value instanceof Float32Array && addBytesOf(values, value);
}

function addDoubles(values: Arena, value: OutputValue): boolean {
  return value instanceof Float64Array && addBytesOf(values, value);
}

/** Both Parquet and the processors that Node runs on are little-endian. */
function addBytesOf(values: Arena, vector: Float32Array | Float64Array): boolean {
  values.add(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength));
  return true;
}

function isVector(value: OutputValue): value is Float32Array | Float64Array {
  return value instanceof Float32Array || value instanceof Float64Array;
}

function describe(value: Exclude<OutputValue, null>): string {
  return typeof value === 'object' ? value.constructor.name : `the ${typeof value} ${value}`;
}
