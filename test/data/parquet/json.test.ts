import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { openParquet, type ParquetTable, parquetJson } from '../../../src/data/parquet/parquet.ts';
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

/** How a value of DuckDB, written to Parquet, is written as JSON. */
const RULES = [
  { sql: 'NULL::VARCHAR', json: 'null' },
  { sql: 'NULL::INTEGER', json: 'null' },
  { sql: 'NULL::INTEGER[]', json: 'null' },
  { sql: "''", json: '""' },
  { sql: "'null'", json: '"null"' },
  { sql: `'a"b\\' || chr(10)`, json: '"a\\"b\\\\\\n"' },
  { sql: '9007199254740991', json: '9007199254740991' },
  { sql: '9007199254740992', json: '"9007199254740992"' },
  { sql: '(-9007199254740993)', json: '"-9007199254740993"' },
  { sql: '18446744073709551615::UBIGINT', json: '"18446744073709551615"' },
  { sql: '4294967295::UINTEGER', json: '4294967295' },
  { sql: '(-128)::TINYINT', json: '-128' },
  { sql: '12.50::DECIMAL(9, 2)', json: '"12.50"' },
  { sql: 'true', json: 'true' },
  { sql: '0.1::FLOAT', json: '0.1' },
  { sql: '3.4028235e38::FLOAT', json: '3.4028235e+38' },
  { sql: "'-0.0'::DOUBLE", json: '-0' },
  { sql: '0.1::DOUBLE', json: '0.1' },
  { sql: "'nan'::DOUBLE", json: '"NaN"' },
  { sql: "'-inf'::FLOAT", json: '"-Infinity"' },
  { sql: "DATE '2024-02-29'", json: '"2024-02-29"' },
  { sql: "TIME '23:59:59.000009'", json: '"23:59:59.000009"' },
  { sql: "TIMESTAMP '2024-01-01 00:00:00'", json: '"2024-01-01T00:00:00.000000"' },
  { sql: "TIMESTAMPTZ '2024-01-01 00:00:00+02'", json: '"2023-12-31T22:00:00.000000Z"' },
  { sql: 'INTERVAL 14 MONTH', json: '"P14M0DT0.000S"' },
  { sql: "UUID '01234567-89ab-cdef-0123-456789abcdef'", json: '"01234567-89ab-cdef-0123-456789abcdef"' },
  { sql: "'\\x00\\xFF'::BLOB", json: '"AP8="' },
  { sql: "'b'::ENUM ('a', 'b')", json: '"b"' },
  { sql: `'{"a": 1.0, "a": [12345678901234567890]}'::JSON`, json: '{"a": 1.0, "a": [12345678901234567890]}' },
  { sql: `('{' || chr(10) || '"a":' || chr(13) || chr(10) || '1}')::JSON`, json: '{ "a":  1}' },
  { sql: `'"text"'::JSON`, json: '"text"' },
  { sql: 'NULL::JSON', json: 'null' },
  { sql: `['{"a": 1}'::JSON, NULL]`, json: '[{"a": 1},null]' },
  { sql: '[9007199254740991, 9007199254740993, NULL]', json: '[9007199254740991,"9007199254740993",null]' },
  { sql: '[]::INTEGER[]', json: '[]' },
  {
    sql: `{'b': 'q"', '10': 1.5::DECIMAL(2, 1), '2': NULL::INTEGER}`,
    json: '{"b":"q\\"","10":"1.5","2":null}',
  },
  { sql: "MAP {7: [DATE '2024-01-01']}", json: '{"7":["2024-01-01"]}' },
];

test('every type has its JSON', async () => {
  const columns = RULES.map(({ sql }, i) => `${sql} AS c${i}`).join(', ');
  const table = await tableOf('rules.parquet', `SELECT ${columns}`);
  const [row] = await collect(parquetJson(table, { columns: table.columns, firstRow: 0, rowCount: 1 }));
  expect(RULES.map(({ sql }, i) => ({ sql, json: row?.[i] }))).toEqual(RULES);
});

test('what claims to be JSON and is none is a string', async () => {
  const texts = ['{"a":', '', '\uFEFF{}', 'NaN', "{'a': 1}", '{"a":1}'];
  const json = { type: 'BYTE_ARRAY', logical_type: { type: 'JSON' }, repetition_type: 'OPTIONAL' } as const;
  const file = parquetWriteBuffer({
    columnData: [{ name: 'c', data: texts.map((text) => Buffer.from(text)) }],
    schema: [
      { name: 'root', num_children: 1 },
      { name: 'c', ...json },
    ],
  });
  const table = await openParquet(bufferOf(new Uint8Array(file)), 'file');
  const rows = await collect(parquetJson(table, { columns: ['c'], firstRow: 0, rowCount: texts.length }));
  expect(rows.flat()).toEqual([...texts.slice(0, -1).map((text) => JSON.stringify(text)), '{"a":1}']);
});

/** The same JSON by DuckDB, for the types whose rules are the same. */
const JUDGED = [
  'i32',
  'u32',
  'i16',
  'u16',
  'i8',
  'u8',
  'b',
  'dt',
  'tm',
  's',
  's_dict',
  'uid',
  'l_i64',
  'l_s',
];
const JUDGED_NESTED = ['st', 'mp', 'm_i', 'l_st', 'll', 'js', 'en'];

test.each(['V1', 'V2'])('rows of several row groups, version %s', async (version) => {
  const options = `, ROW_GROUP_SIZE 2048, PARQUET_VERSION ${version}`;
  const table = await tableOf(`${version}.parquet`, everyType(4200), options);
  const columns = [...JUDGED, ...JUDGED_NESTED];
  const rows = await collect(parquetJson(table, { columns, firstRow: 2000, rowCount: 100 }));
  const judged = await duck.rows(
    `SELECT ${columns.map((name) => `coalesce(to_json(${name})::VARCHAR, 'null')`).join(', ')}
     FROM read_parquet('${duck.path(`${version}.parquet`)}') WHERE id >= 2000 AND id < 2100 ORDER BY id`,
  );
  expect(rows).toEqual(judged);
});

test('every cell of every type is one line of valid JSON', async () => {
  const table = await tableOf('valid.parquet', everyType(500));
  const { columns } = table;
  const rows = await collect(parquetJson(table, { columns, firstRow: 0, rowCount: 500 }));
  expect(rows).toHaveLength(500);
  for (const cell of rows.flat()) {
    expect(() => JSON.parse(cell)).not.toThrow();
    expect(cell).not.toMatch(/[\r\n]/);
  }
});

test('any texts come back', async () => {
  const texts = fc.array(fc.option(fc.string({ unit: 'binary' })), { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(texts, async (data) => {
      const file = parquetWriteBuffer({ columnData: [{ name: 's', data, type: 'STRING' }] });
      const table = await openParquet(bufferOf(new Uint8Array(file)), 'file');
      const rows = await collect(parquetJson(table, { columns: ['s'], firstRow: 0, rowCount: data.length }));
      expect(rows.map(([json]) => JSON.parse(json ?? ''))).toEqual(data);
    }),
    { numRuns: 50 },
  );
});

describe('refuses', () => {
  const one = () =>
    openParquet(
      bufferOf(new Uint8Array(parquetWriteBuffer({ columnData: [{ name: 'id', data: [1] }] }))),
      'f',
    );

  test('a column that is not there, and rows that are not', async () => {
    const absent = collect(parquetJson(await one(), { columns: ['x'], firstRow: 0, rowCount: 1 }));
    await expect(absent).rejects.toThrow('Cannot read f: column x must be one of its columns, got id.');
    const beyond = collect(parquetJson(await one(), { columns: ['id'], firstRow: 0, rowCount: 2 }));
    await expect(beyond).rejects.toThrow('the row range must lie within its 1 rows');
  });

  test('to go on after an abort', async () => {
    const signal = AbortSignal.abort(new Error('stopped'));
    const rows = collect(parquetJson(await one(), { columns: ['id'], firstRow: 0, rowCount: 1, signal }));
    await expect(rows).rejects.toThrow('stopped');
  });
});
