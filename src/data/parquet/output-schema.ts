import type { SchemaElement } from 'hyparquet';
import { isListType, type OutputColumn, type OutputType } from './types.ts';

type Leaf = Omit<SchemaElement, 'name'>;

const INSTANT = { type: 'TIMESTAMP', unit: 'MICROS', isAdjustedToUTC: true } as const;

/** The annotated leaf of each type: a list's is that of its elements. */
const LEAVES = {
  string: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  int64: { type: 'INT64' },
  double: { type: 'DOUBLE' },
  boolean: { type: 'BOOLEAN' },
  date: { type: 'INT32', converted_type: 'DATE', logical_type: { type: 'DATE' } },
  // The older annotation means instants, so a timestamp that is none goes without.
  timestamp: { type: 'INT64', logical_type: { ...INSTANT, isAdjustedToUTC: false } },
  timestamp_utc: { type: 'INT64', converted_type: 'TIMESTAMP_MICROS', logical_type: INSTANT },
  'list<float>': { type: 'FLOAT' },
  'list<double>': { type: 'DOUBLE' },
} as const satisfies Record<OutputType, Leaf>;

/** The schema elements of an output column in schema order: its own, and those of the groups within it. */
export function outputElements({ name, type }: OutputColumn): readonly SchemaElement[] {
  if (!isListType(type)) return [leaf(name, LEAVES[type])];
  return [
    { ...group(name, 'OPTIONAL'), converted_type: 'LIST', logical_type: { type: 'LIST' } },
    group('list', 'REPEATED'),
    leaf('element', LEAVES[type]),
  ];
}

/** The path of the one leaf of an output column. */
export function outputPath(column: OutputColumn): readonly string[] {
  return outputElements(column).map((element) => element.name);
}

function leaf(name: string, rest: Leaf): SchemaElement {
  return { name, repetition_type: 'OPTIONAL', ...rest };
}

function group(name: string, repetition: 'OPTIONAL' | 'REPEATED'): SchemaElement {
  return { name, repetition_type: repetition, num_children: 1 };
}
