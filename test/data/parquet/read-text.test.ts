import { parquetWriteBuffer } from 'hyparquet-writer';
import { openParquet, type ParquetTable, readParquetText } from '../../../src/data/parquet/parquet.ts';
import { bufferOf, bufferOfFile, collect, type Duck, everyType, openDuck } from './duck.ts';

let duck: Duck;
beforeAll(async () => {
  duck = await openDuck();
  await duck.run("SET TimeZone = 'UTC'");
});
afterAll(() => duck.close());

async function tableOf(file: string, query: string, options = ''): Promise<ParquetTable> {
  const path = duck.path(file);
  await duck.run(`COPY (${query}) TO '${path}' (FORMAT parquet${options})`);
  return openParquet(bufferOfFile(path), file);
}

/** How a value of DuckDB, written to Parquet, reads. */
const RULES = [
  { sql: "''", text: '' },
  { sql: "'\uFEFF mark'", text: '\uFEFF mark' },
  { sql: 'NULL::VARCHAR', text: null },
  { sql: '9223372036854775807', text: '9223372036854775807' },
  { sql: '18446744073709551615::UBIGINT', text: '18446744073709551615' },
  { sql: '4294967295::UINTEGER', text: '4294967295' },
  { sql: '65535::USMALLINT', text: '65535' },
  { sql: '255::UTINYINT', text: '255' },
  { sql: '(-128)::TINYINT', text: '-128' },
  { sql: '(-0.05)::DECIMAL(4, 2)', text: '-0.05' },
  { sql: '12.50::DECIMAL(9, 2)', text: '12.50' },
  { sql: '7::DECIMAL(9, 0)', text: '7' },
  { sql: '(-99999999999999.9999)::DECIMAL(18, 4)', text: '-99999999999999.9999' },
  {
    sql: "'99999999999999999999999999999999999999'::DECIMAL(38, 0)",
    text: '99999999999999999999999999999999999999',
  },
  {
    sql: "'-0.0000000000000000000000000000000000001'::DECIMAL(38, 37)",
    text: '-0.0000000000000000000000000000000000001',
  },
  { sql: 'true', text: 'true' },
  { sql: '0.1::FLOAT', text: '0.1' },
  { sql: '3.4028235e38::FLOAT', text: '3.4028235e+38' },
  { sql: '1e20::FLOAT', text: '100000000000000000000' },
  { sql: '1e-45::FLOAT', text: '1e-45' },
  { sql: '16777216::FLOAT', text: '16777216' },
  { sql: '0.1::DOUBLE', text: '0.1' },
  { sql: "'-0.0'::DOUBLE", text: '-0' },
  { sql: "'nan'::DOUBLE", text: 'NaN' },
  { sql: "'-inf'::FLOAT", text: '-Infinity' },
  { sql: "DATE '2024-02-29'", text: '2024-02-29' },
  { sql: "DATE '1900-03-01'", text: '1900-03-01' },
  { sql: "DATE '0001-01-01'", text: '0001-01-01' },
  { sql: "DATE '0044-03-15 (BC)'", text: '-000043-03-15' },
  { sql: "DATE '10000-12-31'", text: '+010000-12-31' },
  { sql: "TIME '23:59:59.000009'", text: '23:59:59.000009' },
  { sql: "TIMESTAMP '1969-12-31 23:59:59.999999'", text: '1969-12-31T23:59:59.999999' },
  { sql: "TIMESTAMP_MS '2024-01-01 00:00:00'", text: '2024-01-01T00:00:00.000' },
  { sql: "TIMESTAMP_NS '2024-01-01 00:00:00.123456789'", text: '2024-01-01T00:00:00.123456789' },
  { sql: "TIMESTAMPTZ '2024-01-01 00:00:00+02'", text: '2023-12-31T22:00:00.000000Z' },
  { sql: "UUID '01234567-89ab-cdef-0123-456789abcdef'", text: '01234567-89ab-cdef-0123-456789abcdef' },
  { sql: "'\\x00\\xFF'::BLOB", text: 'AP8=' },
  { sql: "'b'::ENUM ('a', 'b')", text: 'b' },
  { sql: `'{"a": 1.0}'::JSON`, text: '{"a": 1.0}' },
  { sql: 'INTERVAL 14 MONTH + INTERVAL 3 DAY + INTERVAL 1500 MILLISECOND', text: 'P14M3DT1.500S' },
  { sql: '[9007199254740991, 9007199254740993, NULL]', text: '[9007199254740991,"9007199254740993",null]' },
  { sql: "['0.1', 'inf', 'nan']::FLOAT[]", text: '[0.1,"Infinity","NaN"]' },
  { sql: '[1.50::DECIMAL(4, 2)]', text: '["1.50"]' },
  { sql: "[DATE '2024-01-01']", text: '["2024-01-01"]' },
  { sql: '[true, NULL]', text: '[true,null]' },
  { sql: '[]::INTEGER[]', text: '[]' },
  { sql: 'NULL::INTEGER[]', text: null },
  { sql: '[[], NULL, [NULL, 1]]', text: '[[],null,[null,1]]' },
  { sql: `{'b': 'q"', '10': 1, '2': NULL::INTEGER}`, text: '{"b":"q\\"","10":1,"2":null}' },
  { sql: `{'a.b': {'c': 1}, 'a': {'b.c': 2}}`, text: '{"a.b":{"c":1},"a":{"b.c":2}}' },
  { sql: "MAP {'b': 1, '1': NULL}", text: '{"b":1,"1":null}' },
  { sql: 'MAP {7: [1]}', text: '{"7":[1]}' },
  { sql: 'MAP {}::MAP(VARCHAR, INTEGER)', text: '{}' },
];

test('every type has its text', async () => {
  const columns = RULES.map(({ sql }, i) => `${sql} AS c${i}`).join(', ');
  const table = await tableOf('rules.parquet', `SELECT ${columns}`);
  const [row] = await collect(readParquetText(table, { columns: table.columns, firstRow: 0, rowCount: 1 }));
  expect(RULES.map(({ sql }, i) => ({ sql, text: row?.[i] }))).toEqual(RULES);
});

/** What annotations that DuckDB does not write make of stored values. */
const ANNOTATED = [
  { element: { type: 'INT32', converted_type: 'TIME_MILLIS' }, value: 3_723_004, text: '01:02:03.004' },
  {
    element: {
      type: 'INT64',
      logical_type: { type: 'TIME', isAdjustedToUTC: true, unit: 'NANOS' },
    },
    value: 86_399_999_999_999n,
    text: '23:59:59.999999999',
  },
  {
    element: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
    value: -1n,
    text: '1969-12-31T23:59:59.999Z',
  },
  {
    element: { type: 'INT64', converted_type: 'TIMESTAMP_MICROS' },
    value: 0n,
    text: '1970-01-01T00:00:00.000000Z',
  },
  { element: { type: 'BYTE_ARRAY' }, value: Uint8Array.of(0xff), text: '/w==' },
  { element: { type: 'BYTE_ARRAY', converted_type: 'UTF8' }, value: 'caf\u00e9', text: 'caf\u00e9' },
  { element: { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 2 }, value: Uint8Array.of(1, 2), text: 'AQI=' },
  {
    element: { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 2, logical_type: { type: 'FLOAT16' } },
    value: -1.5,
    text: '-1.5',
  },
  {
    element: { type: 'INT32', converted_type: 'DECIMAL', scale: 3, precision: 9 },
    value: -1n,
    text: '-0.001',
  },
] as const;

test.each(ANNOTATED)('$element reads $text', async ({ element, value, text }) => {
  const file = parquetWriteBuffer({
    columnData: [{ name: 'c', data: [value] }],
    schema: [
      { name: 'root', num_children: 1 },
      { name: 'c', repetition_type: 'OPTIONAL', ...element },
    ],
  });
  const table = await openParquet(bufferOf(new Uint8Array(file)), 'file');
  const rows = await collect(readParquetText(table, { columns: ['c'], firstRow: 0, rowCount: 1 }));
  expect(rows).toEqual([[text]]);
});

/** The same text by DuckDB. */
const JUDGED = {
  i64: 'i64::VARCHAR',
  u64: 'u64::VARCHAR',
  i32: 'i32::VARCHAR',
  u32: 'u32::VARCHAR',
  i16: 'i16::VARCHAR',
  u16: 'u16::VARCHAR',
  i8: 'i8::VARCHAR',
  u8: 'u8::VARCHAR',
  b: 'b::VARCHAR',
  dec4: 'dec4::VARCHAR',
  dec9: 'dec9::VARCHAR',
  dec18: 'dec18::VARCHAR',
  dec38: 'dec38::VARCHAR',
  dt: 'dt::VARCHAR',
  tm: 'tm::VARCHAR',
  ts_us: "replace(ts_us::VARCHAR, ' ', 'T')",
  s: 's',
  s_dict: 's_dict',
  bin: 'base64(bin)',
  uid: 'uid::VARCHAR',
  l_i64: 'to_json(l_i64)::VARCHAR',
  l_s: 'to_json(l_s)::VARCHAR',
  st: 'to_json(st)::VARCHAR',
  l_st: 'to_json(l_st)::VARCHAR',
  ll: 'to_json(ll)::VARCHAR',
  mp: 'to_json(mp)::VARCHAR',
  m_i: 'to_json(m_i)::VARCHAR',
  js: 'js::VARCHAR',
  en: 'en::VARCHAR',
} as const;

const VERSIONS = [
  { name: 'version 1', options: ', COMPRESSION snappy' },
  { name: 'version 2', options: ', COMPRESSION zstd, PARQUET_VERSION V2' },
];

describe.each(VERSIONS)('ranges of rows of a file of several row groups, $name', ({ name, options }) => {
  let table: ParquetTable;
  beforeAll(async () => {
    table = await tableOf(`${name}.parquet`, everyType(4200), `, ROW_GROUP_SIZE 2048${options}`);
  });

  test.each([
    { firstRow: 0, rowCount: 4200 },
    { firstRow: 2040, rowCount: 20 },
    { firstRow: 2048, rowCount: 1 },
    { firstRow: 4199, rowCount: 1 },
    { firstRow: 2000, rowCount: 100 },
    { firstRow: 4200, rowCount: 0 },
  ])('$rowCount from $firstRow', async ({ firstRow, rowCount }) => {
    const columns = Object.keys(JUDGED);
    const texts = await collect(readParquetText(table, { columns, firstRow, rowCount }));
    const judged = await duck.rows(
      `SELECT ${Object.values(JUDGED).join(', ')} FROM read_parquet('${duck.path(`${name}.parquet`)}')
       WHERE id >= ${firstRow} AND id < ${firstRow + rowCount} ORDER BY id`,
    );
    expect(texts).toEqual(judged);
  });

  test('columns come in the order asked for, one even twice', async () => {
    const options = { columns: ['s_dict', 'id', 's_dict'], firstRow: 2047, rowCount: 2 };
    expect(await collect(readParquetText(table, options))).toEqual([
      ['cat3', '2047', 'cat3'],
      ['cat4', '2048', 'cat4'],
    ]);
  });
});

test('pages that an offset index finds are the only ones read', async () => {
  const data = Array.from({ length: 20_000 }, (_, i) => `row ${i} ${'x'.repeat(90)}`);
  const lists = data.map((_, i) => (i % 3 === 0 ? null : [i, null]));
  const file = new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: 's', data, encoding: 'PLAIN' },
        { name: 'l', data: lists, encoding: 'PLAIN' },
      ],
      schema: [
        { name: 'root', num_children: 2 },
        { name: 's', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
        { name: 'l', converted_type: 'LIST', repetition_type: 'OPTIONAL', num_children: 1 },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        { name: 'element', type: 'INT32', repetition_type: 'OPTIONAL' },
      ],
      codec: 'UNCOMPRESSED',
      pageSize: 10_000,
      rowGroupSize: 20_000,
    }),
  );
  const { buffer, read } = counted(file);
  const table = await openParquet(buffer, 'file');
  const opened = read();
  const options = { columns: ['s', 'l'], firstRow: 9999, rowCount: 3 };
  expect(await collect(readParquetText(table, options))).toEqual([
    [data[9999], null],
    [data[10_000], '[10000,null]'],
    [data[10_001], '[10001,null]'],
  ]);
  expect(read() - opened).toBeLessThan(file.length / 10);
});

test('a compressed page of nulls only, for which its writer stored no bytes', async () => {
  const file = parquetWriteBuffer({
    columnData: [{ name: 'c', data: [null, null] }],
    schema: [
      { name: 'root', num_children: 1 },
      { name: 'c', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
    ],
    codec: 'SNAPPY',
    compressors: { SNAPPY: () => new Uint8Array() },
  });
  const table = await openParquet(bufferOf(new Uint8Array(file)), 'file');
  const rows = await collect(readParquetText(table, { columns: ['c'], firstRow: 0, rowCount: 2 }));
  expect(rows).toEqual([[null], [null]]);
});

function counted(file: Uint8Array) {
  let bytes = 0;
  const buffer = bufferOf(file);
  const slice = (start: number, end = buffer.byteLength) => {
    bytes += end - start;
    return buffer.slice(start, end);
  };
  return { buffer: { byteLength: buffer.byteLength, slice }, read: () => bytes };
}

describe('refuses', () => {
  const NAME = 's3://b/f.parquet';
  const threeRows = () =>
    openParquet(
      bufferOf(new Uint8Array(parquetWriteBuffer({ columnData: [{ name: 'id', data: [1, 2, 3] }] }))),
      NAME,
    );

  test.each([
    {
      options: { columns: ['topic'], firstRow: 0, rowCount: 1 },
      message: `Cannot read ${NAME}: column topic must be one of its columns, got id.`,
    },
    {
      options: { columns: ['id'], firstRow: 2, rowCount: 2 },
      message: `Cannot read ${NAME}: the row range must lie within its 3 rows, got 2 rows from row 2.`,
    },
  ])('$message', async ({ options, message }) => {
    await expect(collect(readParquetText(await threeRows(), options))).rejects.toThrow(message);
  });

  test('a VARIANT, which has no text', async () => {
    const columnData = [{ name: 'v', data: [{ a: 1 }], type: 'VARIANT' as const }];
    const table = await openParquet(bufferOf(new Uint8Array(parquetWriteBuffer({ columnData }))), NAME);
    const reading = collect(readParquetText(table, { columns: ['v'], firstRow: 0, rowCount: 1 }));
    await expect(reading).rejects.toThrow('column v must have a type with a text, got VARIANT');
  });

  test('to go on after an abort', async () => {
    const signal = AbortSignal.abort(new Error('stopped'));
    const options = { columns: ['id'], firstRow: 0, rowCount: 3, signal };
    await expect(collect(readParquetText(await threeRows(), options))).rejects.toThrow('stopped');
  });
});
