import { writeFileSync } from 'node:fs';
import { Field, Int64, MessageReader, RecordBatchStreamWriter, Schema, tableFromIPC } from 'apache-arrow';
import { parquetMetadata } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { readParquet } from 'parquet-wasm/node';
import {
  type ColumnValues,
  encodeParquet,
  type OutputType,
  type OutputValue,
  openParquet,
  readParquetText,
  spliceParquet,
} from '../../../src/data/parquet/parquet.ts';
import { assemble, bufferOf, collect, type Duck, openDuck } from './duck.ts';

interface Rule {
  readonly type: OutputType;
  readonly duck: string;
  /** Of the Arrow schema. */
  readonly arrow: string;
  /** Of the `huggingface` entry. */
  readonly feature: unknown;
  readonly values: readonly OutputValue[];
  /** The same by DuckDB, and by our own reader. */
  readonly shown: readonly unknown[];
  readonly texts: readonly (string | null)[];
}

const value = (dtype: string) => ({ dtype, _type: 'Value' });

const RULES: readonly Rule[] = [
  {
    type: 'int64',
    duck: 'BIGINT',
    arrow: 'Int64',
    feature: value('int64'),
    values: [-1, 2n ** 63n - 1n, null, -(2n ** 63n), Number.MIN_SAFE_INTEGER],
    shown: ['-1', '9223372036854775807', null, '-9223372036854775808', '-9007199254740991'],
    texts: ['-1', '9223372036854775807', null, '-9223372036854775808', '-9007199254740991'],
  },
  {
    type: 'double',
    duck: 'DOUBLE',
    arrow: 'Float64',
    feature: value('float64'),
    values: [0.1, -1e300, null, Number.POSITIVE_INFINITY, 5e-324],
    shown: [0.1, -1e300, null, 'Infinity', 5e-324],
    texts: ['0.1', '-1e+300', null, 'Infinity', '5e-324'],
  },
  {
    type: 'boolean',
    duck: 'BOOLEAN',
    arrow: 'Bool',
    feature: value('bool'),
    values: [true, false, null, true, false],
    shown: [true, false, null, true, false],
    texts: ['true', 'false', null, 'true', 'false'],
  },
  {
    type: 'date',
    duck: 'DATE',
    arrow: 'Date32<DAY>',
    feature: value('date32'),
    values: [0, -1, null, 19_723, -719_528],
    shown: ['1970-01-01', '1969-12-31', null, '2024-01-01', '0000-01-01'],
    texts: ['1970-01-01', '1969-12-31', null, '2024-01-01', '0000-01-01'],
  },
  {
    type: 'timestamp',
    duck: 'TIMESTAMP',
    arrow: 'Timestamp<MICROSECOND>',
    feature: value('timestamp[us]'),
    values: [0, -1n, null, 1_704_067_200_123_456, 253_402_300_799_999_999n],
    shown: [
      '1970-01-01 00:00:00',
      '1969-12-31 23:59:59.999999',
      null,
      '2024-01-01 00:00:00.123456',
      '9999-12-31 23:59:59.999999',
    ],
    texts: [
      '1970-01-01T00:00:00.000000',
      '1969-12-31T23:59:59.999999',
      null,
      '2024-01-01T00:00:00.123456',
      '9999-12-31T23:59:59.999999',
    ],
  },
  {
    type: 'timestamp_utc',
    duck: 'TIMESTAMP WITH TIME ZONE',
    arrow: 'Timestamp<MICROSECOND, UTC>',
    feature: value('timestamp[us, tz=UTC]'),
    values: [0, null, 1n, 1_704_067_200_000_000, -1],
    shown: [
      '1970-01-01 00:00:00+00',
      null,
      '1970-01-01 00:00:00.000001+00',
      '2024-01-01 00:00:00+00',
      '1969-12-31 23:59:59.999999+00',
    ],
    texts: [
      '1970-01-01T00:00:00.000000Z',
      null,
      '1970-01-01T00:00:00.000001Z',
      '2024-01-01T00:00:00.000000Z',
      '1969-12-31T23:59:59.999999Z',
    ],
  },
  {
    type: 'list<float>',
    duck: 'FLOAT[]',
    arrow: 'List<Float32>',
    feature: { feature: value('float32'), _type: 'Sequence' },
    values: [Float32Array.of(0.5, -2), null, new Float32Array(), Float32Array.of(1), null],
    shown: [[0.5, -2], null, [], [1], null],
    texts: ['[0.5,-2]', null, '[]', '[1]', null],
  },
  {
    type: 'list<double>',
    duck: 'DOUBLE[]',
    arrow: 'List<Float64>',
    feature: { feature: value('float64'), _type: 'Sequence' },
    values: [Float64Array.of(0.1, 1e300), null, new Float64Array(), Float64Array.of(-0.3), null],
    shown: [[0.1, 1e300], null, [], [-0.3], null],
    texts: ['[0.1,1e+300]', null, '[]', '[-0.3]', null],
  },
  {
    type: 'string',
    duck: 'VARCHAR',
    arrow: 'Utf8',
    feature: value('string'),
    values: ['a', '', null, Buffer.from('\u00e9'), '\u{1F680}'],
    shown: ['a', '', null, '\u00e9', '\u{1F680}'],
    texts: ['a', '', null, '\u00e9', '\u{1F680}'],
  },
];

const COLUMNS = RULES.map(({ type }) => ({ name: `c_${type}`, type }));
const ROWS = [0, 1, 2, 3, 4];

let duck: Duck;
beforeAll(async () => {
  duck = await openDuck();
  await duck.run("SET TimeZone = 'UTC'");
});
afterAll(() => duck.close());

async function* once(values: readonly ColumnValues[]): AsyncGenerator<readonly ColumnValues[]> {
  yield values;
}

async function encoded(type: OutputType, values: ColumnValues): Promise<Buffer> {
  const options = { columns: [{ name: 'c', type }], batches: once([values]), rowGroupRows: 1_000_000 };
  return Buffer.concat(await collect(encodeParquet(options)));
}

test.each(RULES)('$type in a new file, by three readers', async ({ type, values, duck: name, ...rule }) => {
  const bytes = await encoded(type, values);
  const path = duck.path(`${type.replace(/\W/g, '_')}.parquet`);
  writeFileSync(path, bytes);
  expect(await duck.rows(`SELECT c, typeof(c) FROM read_parquet('${path}')`)).toEqual(
    rule.shown.map((shown) => [shown, name]),
  );
  const table = await openParquet(bufferOf(bytes), 'new');
  const range = { columns: ['c'], firstRow: 0, rowCount: 5 };
  expect(await collect(readParquetText(table, range))).toEqual(rule.texts.map((text) => [text]));
  const arrow = tableFromIPC(readParquet(bytes).intoIPCStream());
  expect(String(arrow.schema.fields[0]?.type)).toBe(rule.arrow);
  expect(arrow.getChild('c')?.nullCount).toBe(values.filter((value) => value === null).length);
});

test('many booleans and nulls, over several pages', async () => {
  const values = Array.from({ length: 2_200_000 }, (_, i) => (i % 7 === 0 ? null : i % 3 === 0));
  const path = duck.path('booleans.parquet');
  writeFileSync(path, await encoded('boolean', values));
  const counts = `SELECT count(*), count(c), count(*) FILTER (c), count(*) FILTER (c = (file_row_number % 3 = 0))
    FROM read_parquet('${path}', file_row_number = true)`;
  const present = values.filter((value) => value !== null);
  const sizes = [values.length, present.length, present.filter(Boolean).length, present.length];
  expect(await duck.rows(counts)).toEqual([sizes.map(String)]);
});

test('all types appended to a file that describes its columns in three ways', async () => {
  const writer = new RecordBatchStreamWriter();
  writer.reset(undefined, new Schema([new Field('id', new Int64(), true)]));
  writer.finish();
  const arrowSchema = Buffer.from(writer.toUint8Array(true)).toString('base64');
  const huggingface = JSON.stringify({ info: { features: { id: value('int64') } } });
  const file = parquetWriteBuffer({
    columnData: [{ name: 'id', data: ROWS.map(BigInt), type: 'INT64' }],
    kvMetadata: [
      { key: 'ARROW:schema', value: arrowSchema },
      { key: 'huggingface', value: huggingface },
    ],
  });
  const table = await openParquet(bufferOf(new Uint8Array(file)), 'file');
  const next = async () => RULES.map(({ values }) => values);
  const bytes = await assemble(table, spliceParquet(table, { columns: COLUMNS, next }));

  const { key_value_metadata: pairs } = parquetMetadata(new Uint8Array(bytes));
  const [arrow, features] = ['ARROW:schema', 'huggingface'].map(
    (key) => pairs?.find((pair) => pair.key === key)?.value ?? '',
  );
  const fields = new MessageReader(Buffer.from(arrow ?? '', 'base64')).readSchema()?.fields.map(String);
  expect(fields).toEqual(['id: Int64', ...RULES.map((rule) => `c_${rule.type}: ${rule.arrow}`)]);
  expect(JSON.parse(features ?? '').info.features).toEqual({
    id: value('int64'),
    ...Object.fromEntries(RULES.map((rule) => [`c_${rule.type}`, rule.feature])),
  });
  // arrow-rs refuses a file whose Arrow schema does not fit its columns.
  const read = tableFromIPC(readParquet(bytes).intoIPCStream());
  expect(read.schema.fields.map(String)).toEqual(fields);
  const path = duck.path('appended.parquet');
  writeFileSync(path, bytes);
  expect(await duck.rows(`FROM read_parquet('${path}')`)).toEqual(
    ROWS.map((row) => [String(row), ...RULES.map(({ shown }) => shown[row])]),
  );
});

test.each([
  { type: 'int64', value: 2n ** 63n, message: 'takes int64 values, not the bigint 9223372036854775808' },
  { type: 'int64', value: 0.5, message: 'takes int64 values, not the number 0.5' },
  {
    type: 'timestamp',
    value: 2 ** 60,
    message: 'takes timestamp values, not the number 1152921504606847000',
  },
  { type: 'date', value: 2 ** 31, message: 'takes date values, not the number 2147483648' },
  { type: 'date', value: 1.5, message: 'takes date values, not the number 1.5' },
  { type: 'double', value: '1.5', message: 'takes double values, not the string 1.5' },
  { type: 'double', value: 1n, message: 'takes double values, not the bigint 1' },
  { type: 'boolean', value: 1, message: 'takes boolean values, not the number 1' },
  { type: 'string', value: true, message: 'takes string values, not the boolean true' },
  { type: 'list<double>', value: Float32Array.of(1), message: 'takes list<double> values, not Float32Array' },
  { type: 'list<float>', value: Float64Array.of(1), message: 'takes list<float> values, not Float64Array' },
] as const)('$type refuses $value', async ({ type, value, message }) => {
  await expect(encoded(type, [value])).rejects.toThrow(`column c ${message}`);
});
