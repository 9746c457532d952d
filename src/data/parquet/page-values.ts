import type { Arena } from './arena.ts';
import type { LevelRuns } from './level-runs.ts';
import type { OutputColumn, OutputValue } from './types.ts';

/** What the values of one page are written to. */
export interface PageParts {
  readonly values: Arena;
  readonly definitions: LevelRuns;
  readonly repetitions: LevelRuns;
}

/** The greatest definition level of each type: an optional value, or an optional list of optional elements. */
export const MAX_DEFINITION = { string: 1, int64: 1, 'list<float>': 3 } as const;
const EMPTY_LIST = 1;
const TWO_TO_32 = 2 ** 32;

/** Adds a row's value in the encoding PLAIN. */
export function addValue(parts: PageParts, column: OutputColumn, value: OutputValue): void {
  if (value === null) addNull(parts, column.type);
  else if (column.type === 'list<float>' && value instanceof Float32Array) addFloats(parts, value);
  else if (column.type === 'string' && typeof value === 'string') addText(parts, value);
  else if (column.type === 'string' && value instanceof Uint8Array) addUtf8(parts, value);
  else if (column.type === 'int64' && Number.isSafeInteger(value)) addInteger(parts, Number(value));
  else throw new TypeError(`column ${column.name} takes ${column.type} values, not ${describe(value)}`);
}

function addNull({ definitions, repetitions }: PageParts, type: OutputColumn['type']): void {
  definitions.add(0);
  if (type === 'list<float>') repetitions.add(0);
}

function addText({ values, definitions }: PageParts, text: string): void {
  const at = values.reserve(4);
  values.length += 4;
  values.addText(text);
  values.bytes.writeUInt32LE(values.length - at - 4, at);
  definitions.add(1);
}

function addUtf8({ values, definitions }: PageParts, bytes: Uint8Array): void {
  const at = values.reserve(4 + bytes.length);
  values.bytes.writeUInt32LE(bytes.length, at);
  values.length += 4;
  values.add(bytes);
  definitions.add(1);
}

function addInteger({ values, definitions }: PageParts, value: number): void {
  const at = values.reserve(8);
  values.bytes.writeUInt32LE(value >>> 0, at);
  values.bytes.writeInt32LE(Math.floor(value / TWO_TO_32), at + 4);
  values.length += 8;
  definitions.add(1);
}

/** Both Parquet and the processors that Node runs on are little-endian. */
function addFloats({ values, definitions, repetitions }: PageParts, floats: Float32Array): void {
  values.add(new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength));
  repetitions.add(0);
  repetitions.add(1, Math.max(floats.length - 1, 0));
  if (floats.length === 0) definitions.add(EMPTY_LIST);
  else definitions.add(MAX_DEFINITION['list<float>'], floats.length);
}

function describe(value: Exclude<OutputValue, null>): string {
  return typeof value === 'number' ? `the number ${value}` : value.constructor.name;
}
