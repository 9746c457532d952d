import { writeFileSync } from 'node:fs';
import * as zlib from 'node:zlib';
import { type ColumnValues, encodeParquet, openParquet } from '../../../src/data/parquet/parquet.ts';
import { bufferOf, collect, type Duck, openDuck } from './duck.ts';

const COLUMNS = [
  { name: 'a "quoted" name', type: 'string' },
  { name: 'vector', type: 'list<float>' },
  { name: 'count', type: 'int64' },
] as const;

/** What the running Node has. */
const TEXT_CODEC = 'zstdCompressSync' in zlib ? 'ZSTD' : 'SNAPPY';

let duck: Duck;
beforeAll(async () => {
  duck = await openDuck();
});
afterAll(() => duck.close());

const rowOf = (row: number) =>
  row % 4 === 3 ? [null, null, null] : [`r\u00e9 ${row}\n`, Float32Array.of(row, 0.1), -row * 2 ** 40];

async function* batchesOf(rows: number, size: number): AsyncGenerator<readonly ColumnValues[]> {
  for (let first = 0; first < rows; first += size) {
    const count = Math.min(size, rows - first);
    const batch = Array.from({ length: count }, (_, i) => rowOf(first + i));
    yield COLUMNS.map((_, column) => batch.map((row) => row[column] ?? null));
  }
}

async function encoded(batches: AsyncIterable<readonly ColumnValues[]>, rowGroupRows?: number) {
  const options = { columns: COLUMNS, batches, ...(rowGroupRows && { rowGroupRows }) };
  const bytes = Buffer.concat(await collect(encodeParquet(options)));
  writeFileSync(duck.path('new.parquet'), bytes);
  return { table: await openParquet(bufferOf(bytes), 'new') };
}

test.each([
  { rows: 0, size: 10, rowGroupRows: 100, groups: [] },
  { rows: 1, size: 10, rowGroupRows: 100, groups: [1] },
  { rows: 1000, size: 7, rowGroupRows: 300, groups: [300, 300, 300, 100] },
  { rows: 600, size: 600, rowGroupRows: 300, groups: [300, 300] },
])(
  '$rows rows in batches of $size, groups of $rowGroupRows',
  async ({ rows, size, rowGroupRows, groups }) => {
    const { table } = await encoded(batchesOf(rows, size), rowGroupRows);
    expect(table.rowGroups).toEqual(groups);
    const read = await duck.rows(`FROM read_parquet('${duck.path('new.parquet')}')`);
    const expected = Array.from({ length: rows }, (_, row) => {
      const [text, vector, count] = rowOf(row);
      return [text, vector && [row, Math.fround(0.1)], count === null ? null : String(count)];
    });
    expect(read).toEqual(expected);
  },
);

test('its types and codec', async () => {
  const { table } = await encoded(batchesOf(5, 5));
  const types = await duck.rows(`DESCRIBE FROM read_parquet('${duck.path('new.parquet')}')`);
  expect(types.map(([name, type]) => [name, type])).toEqual([
    ['a "quoted" name', 'VARCHAR'],
    ['vector', 'FLOAT[]'],
    ['count', 'BIGINT'],
  ]);
  expect(table.metadata.row_groups[0]?.columns.map((column) => column.meta_data?.codec)).toEqual([
    TEXT_CODEC,
    'UNCOMPRESSED',
    TEXT_CODEC,
  ]);
});

test('large values end a row group early', async () => {
  const megabyte = 'x'.repeat(1024 * 1024);
  async function* large(): AsyncGenerator<readonly ColumnValues[]> {
    for (let row = 0; row < 70; row += 1) yield [[megabyte], [null], [row]];
  }
  const { table } = await encoded(large());
  expect(table.rowGroups).toEqual([64, 6]);
});

test('refuses columns of different lengths', async () => {
  async function* uneven(): AsyncGenerator<readonly ColumnValues[]> {
    yield [['a'], [null], []];
  }
  await expect(encoded(uneven())).rejects.toThrow('3 columns of 1 values were expected, not [1, 1, 0]');
});

test('refuses a number that int64 cannot hold exactly', async () => {
  async function* unsafe(): AsyncGenerator<readonly ColumnValues[]> {
    yield [['a'], [null], [2 ** 60]];
  }
  await expect(encoded(unsafe())).rejects.toThrow('column count takes int64 values');
});
