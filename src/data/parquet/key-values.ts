import { addArrowFields } from './arrow-schema.ts';
import {
  binary,
  fieldOf,
  readBinary,
  readList,
  readStruct,
  THRIFT,
  type ThriftField,
  writeList,
  writeStruct,
} from './thrift.ts';
import { isListType, type OutputColumn, type OutputType } from './types.ts';

const KEY = 1;
const VALUE = 2;

/** Rewrites a value for the wider schema; null drops the entry. */
type Rewrite = (value: string, columns: readonly OutputColumn[]) => string | null;

/** Entries that describe the columns, by key. All others are kept byte for byte. */
const REWRITES: Readonly<Partial<Record<string, Rewrite>>> = {
  'ARROW:schema': addArrowFields,
  huggingface: addFeatures,
  // Spark would take its schema from here and not see the new columns; without it, it reads the file's own.
  'org.apache.spark.sql.parquet.row.metadata': () => null,
};

/** The footer's key-value list, with the entries that know the schema brought up to date. */
export function editKeyValues(raw: Uint8Array, columns: readonly OutputColumn[]): Uint8Array {
  if (columns.length === 0) return raw;
  const { type, items } = readList(raw);
  return writeList({ type, items: items.flatMap((item) => editEntry(item, columns)) });
}

function editEntry(raw: Uint8Array, columns: readonly OutputColumn[]): readonly Uint8Array[] {
  const fields = readStruct(raw);
  const rewrite = REWRITES[textOf(fields, KEY) ?? ''];
  const before = textOf(fields, VALUE);
  if (!rewrite || before === undefined) return [raw];
  const after = rewrite(before, columns);
  if (after === null) return [];
  return [
    writeStruct(fields.map((field) => (field.id === VALUE ? { ...field, raw: binary(after) } : field))),
  ];
}

function textOf(fields: readonly ThriftField[], id: number): string | undefined {
  const field = fieldOf(fields, id);
  return field?.type === THRIFT.binary ? readBinary(field.raw) : undefined;
}

/** Adds the columns to `info.features`. What does not have that shape is no description of columns, and is kept. */
function addFeatures(value: string, columns: readonly OutputColumn[]): string {
  const document = parseJson(value);
  const info = record(record(document)?.['info']);
  const features = record(info?.['features']);
  if (!features) return value;
  // The library renamed Sequence to List; the file shows which of them its readers know.
  const list = value.includes('"_type": "List"') || value.includes('"_type":"List"') ? 'List' : 'Sequence';
  const added = Object.fromEntries(columns.map((column) => [column.name, featureOf(column, list)]));
  return JSON.stringify({ ...record(document), info: { ...info, features: { ...features, ...added } } });
}

/** What the library calls the types; a list's is that of its elements. */
const FEATURE_TYPES = {
  string: 'string',
  int64: 'int64',
  double: 'float64',
  boolean: 'bool',
  date: 'date32',
  timestamp: 'timestamp[us]',
  timestamp_utc: 'timestamp[us, tz=UTC]',
  'list<float>': 'float32',
  'list<double>': 'float64',
} as const satisfies Record<OutputType, string>;

function featureOf({ type }: OutputColumn, list: 'List' | 'Sequence'): unknown {
  const value = { dtype: FEATURE_TYPES[type], _type: 'Value' };
  return isListType(type) ? { feature: value, _type: list } : value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}
