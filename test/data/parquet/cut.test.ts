import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { openParquet, type ParquetTable } from '../../../src/data/parquet/parquet.ts';
import { arrowRows, cutOf, expectFirstRows, newPath } from './cut-fixture.ts';
import { bufferOfFile, type Duck, everyType, openDuck } from './duck.ts';

let duck: Duck;
beforeAll(async () => {
  duck = await openDuck();
  await duck.run("SET TimeZone = 'UTC'");
});
afterAll(() => duck.close());

const LAYOUTS = [
  'COMPRESSION snappy, PARQUET_VERSION V1',
  'COMPRESSION zstd, PARQUET_VERSION V2',
  'COMPRESSION uncompressed, DICTIONARY_SIZE_LIMIT 1',
  'COMPRESSION gzip, PARQUET_VERSION V2, DICTIONARY_SIZE_LIMIT 1',
];

describe.each(LAYOUTS)('the first rows of every type, %s', (layout) => {
  let path: string;
  let table: ParquetTable;
  beforeAll(async () => {
    path = newPath(duck);
    await duck.run(`COPY (${everyType(5000)}) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 2048, ${layout})`);
    table = await openParquet(bufferOfFile(path), 'every type');
  });

  test.each([
    { rows: 1, groups: [1] },
    { rows: 2047, groups: [2047] },
    { rows: 2048, groups: [2048] },
    { rows: 2049, groups: [2048, 1] },
    { rows: 4999, groups: [2048, 2048, 903] },
    { rows: 5000, groups: [2048, 2048, 904] },
  ])('$rows', async ({ rows, groups }) => {
    const cut = await expectFirstRows(duck, table, path, rows);
    expect(cut.rowGroups).toEqual(groups);
    expect(cut.metadata.schema.slice(1, -2)).toEqual(table.metadata.schema.slice(1));
  });
});

// Of u32 in version 2 DuckDB writes what arrow-rs refuses.
test.each([
  { version: 'V1', left: 'iv' },
  { version: 'V2', left: 'iv, u32' },
])('a second reader reads the same rows, version $version', async ({ version, left }) => {
  const path = newPath(duck);
  const layout = `FORMAT parquet, ROW_GROUP_SIZE 2048, PARQUET_VERSION ${version}`;
  await duck.run(`COPY (SELECT * EXCLUDE (${left}) FROM (${everyType(2500)})) TO '${path}' (${layout})`);
  const table = await openParquet(bufferOfFile(path), 'every type');
  const { bytes } = await cutOf(table, 2100);
  const before = arrowRows(readFileSync(path), table.columns);
  expect(arrowRows(bytes, table.columns)).toEqual(before.slice(0, 2100));
});

test('a row group of several pages, whose rows are long lists and texts', async () => {
  const path = newPath(duck);
  const query = `SELECT i AS id, 'text ' || (i % 10) || repeat('x', 90) AS s, range(i % 300) AS l, i % 3 = 0 AS b,
    CASE WHEN i % 4 = 0 THEN NULL ELSE [{'a': ['' || i, NULL]}, NULL] END AS n FROM range(20000) t(i)`;
  await duck.run(`COPY (${query}) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 20000)`);
  const table = await openParquet(bufferOfFile(path), 'pages');
  const cut = await expectFirstRows(duck, table, path, 17_777);
  expect(cut.rowGroups).toEqual([17_777]);
  const sizes = cut.metadata.row_groups[0]?.columns.map(
    ({ meta_data }) => meta_data?.total_uncompressed_size,
  );
  expect(sizes?.[2]).toBeGreaterThan(10_000_000n);
});

const anyScalars = {
  n: fc.option(fc.integer()),
  d: fc.option(fc.double({ noDefaultInfinity: true, noNaN: true })),
  b: fc.option(fc.boolean()),
  s: fc.option(fc.string({ unit: 'grapheme', maxLength: 12 })),
};
const anyRow = fc.record({
  ...anyScalars,
  l: fc.option(fc.array(fc.option(fc.integer()), { maxLength: 4 })),
  t: fc.option(
    fc.record({ x: fc.option(fc.string({ maxLength: 3 })), y: fc.array(fc.integer(), { maxLength: 3 }) }),
  ),
});

const NESTED_SCHEMA = [
  { name: 'root', num_children: 7 },
  { name: 'id', type: 'INT64', repetition_type: 'REQUIRED' },
  { name: 'n', type: 'INT32', repetition_type: 'OPTIONAL' },
  { name: 'd', type: 'DOUBLE', repetition_type: 'OPTIONAL' },
  { name: 'b', type: 'BOOLEAN', repetition_type: 'OPTIONAL' },
  { name: 's', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
  { name: 'l', converted_type: 'LIST', repetition_type: 'OPTIONAL', num_children: 1 },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  { name: 'element', type: 'INT32', repetition_type: 'OPTIONAL' },
  { name: 't', repetition_type: 'OPTIONAL', num_children: 2 },
  { name: 'x', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
  { name: 'y', converted_type: 'LIST', repetition_type: 'OPTIONAL', num_children: 1 },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  { name: 'element', type: 'INT32', repetition_type: 'OPTIONAL' },
] as const;

test('any rows, nested too, in small pages and row groups, cut anywhere', async () => {
  const cases = fc.record({
    rows: fc.array(anyRow, { minLength: 1, maxLength: 30 }),
    cut: fc.nat(),
    rowGroupSize: fc.integer({ min: 1, max: 12 }),
    pageSize: fc.integer({ min: 1, max: 60 }),
    codec: fc.constantFrom('SNAPPY', 'UNCOMPRESSED'),
    offsetIndex: fc.boolean(),
    of: fc.record({
      n: fc.constantFrom('PLAIN', 'RLE_DICTIONARY', 'DELTA_BINARY_PACKED'),
      d: fc.constantFrom('PLAIN', 'RLE_DICTIONARY', 'BYTE_STREAM_SPLIT'),
      b: fc.constantFrom('PLAIN', 'RLE'),
      s: fc.constantFrom('PLAIN', 'RLE_DICTIONARY', 'DELTA_LENGTH_BYTE_ARRAY', 'DELTA_BYTE_ARRAY'),
    }),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ rows, cut, of, offsetIndex, ...options }) => {
      const names = ['n', 'd', 'b', 's', 'l', 't'] as const;
      const data = names.map((name) => ({
        name,
        data: rows.map((row) => row[name]),
        offsetIndex,
        ...(name in of && { encoding: of[name as keyof typeof of] }),
      }));
      const file = parquetWriteBuffer({
        columnData: [{ name: 'id', data: rows.map((_, i) => BigInt(i)) }, ...data],
        schema: NESTED_SCHEMA.map((element) => ({ ...element })),
        ...options,
      } as Parameters<typeof parquetWriteBuffer>[0]);
      const path = newPath(duck);
      writeFileSync(path, new Uint8Array(file));
      const table = await openParquet(bufferOfFile(path), 'any');
      const kept = 1 + (cut % rows.length);
      await expectFirstRows(duck, table, path, kept);
    }),
    { numRuns: 40 },
  );
});
