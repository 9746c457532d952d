import { writeFileSync } from 'node:fs';
import * as zlib from 'node:zlib';
import fc from 'fast-check';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import {
  type ColumnValues,
  encodeParquet,
  type OutputColumn,
  openParquet,
  spliceParquet,
} from '../../../src/data/parquet/parquet.ts';
import { assemble, bufferOf, bufferOfFile, collect, type Duck, openDuck } from './duck.ts';

const COLUMNS = [
  { name: 'embedding', type: 'list<float>' },
  { name: 'response', type: 'string' },
  { name: 'tokens', type: 'int64' },
] as const satisfies readonly OutputColumn[];

type Compression = Parameters<typeof spliceParquet>[1]['compression'];

const HAS_ZSTD = 'zstdCompressSync' in zlib;
const COMPRESSIONS = [undefined, 'snappy', 'uncompressed', ...(HAS_ZSTD ? (['zstd'] as const) : [])] as const;

let duck: Duck;
beforeAll(async () => {
  duck = await openDuck();
});
afterAll(() => duck.close());

/** DuckDB remembers what it read of a path, so that none is written twice. */
let files = 0;
function newPath(): string {
  files += 1;
  return duck.path(`${files}.parquet`);
}

/** A file of ids from 0 on, with what `valuesOf` says of each row spliced to it. */
async function spliced(
  rows: number,
  rowGroup: number,
  columns: readonly OutputColumn[],
  cellsOf: (row: number) => readonly ColumnValues[number][],
  compression?: Compression,
) {
  const path = newPath();
  const ids = `SELECT i AS id FROM range(${rows}) t(i)`;
  await duck.run(`COPY (${ids}) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE ${rowGroup})`);
  const table = await openParquet(bufferOfFile(path), 'ids');
  let row = 0;
  const next = async (count: number) => {
    const values = Array.from({ length: count }, (_, i) => cellsOf(row + i));
    row += count;
    return columns.map((_, column) => values.map((cells) => cells[column] ?? null));
  };
  const bytes = await assemble(table, spliceParquet(table, { columns, next, compression }));
  writeFileSync(`${path}.out`, bytes);
  return { bytes, path: `${path}.out`, groups: table.rowGroups };
}

const text = (row: number) => (row % 7 === 3 ? null : row % 7 === 4 ? '' : `answer ${row} \u00e9\u{1F680}`);
const vector = (row: number) => {
  if (row % 9 === 1) return null;
  return Float32Array.from({ length: row % 9 === 2 ? 0 : 1024 }, (_, i) => (row + i) / 3);
};
const tokens = (row: number) => (row % 5 === 0 ? null : (row % 2 ? -1 : 1) * (Number.MAX_SAFE_INTEGER - row));

describe.each(COMPRESSIONS)('pages of a splice with compression %s', (compression) => {
  test('vectors of 1,024 floats in several row groups and pages, by two readers', async () => {
    const cellsOf = (row: number) => [vector(row), text(row), tokens(row)];
    const { path, bytes, groups } = await spliced(5000, 2048, COLUMNS, cellsOf, compression);
    expect(groups).toHaveLength(3);
    const wrong = await duck.rows(`SELECT id FROM read_parquet('${path}') WHERE NOT (
      embedding IS NOT DISTINCT FROM CASE WHEN id % 9 = 1 THEN NULL WHEN id % 9 = 2 THEN []::FLOAT[]
        ELSE list_transform(range(1024), i -> ((id + i) / 3)::FLOAT) END
      AND response IS NOT DISTINCT FROM CASE WHEN id % 7 = 3 THEN NULL WHEN id % 7 = 4 THEN ''
        ELSE 'answer ' || id || ' \u00e9\u{1F680}' END
      AND tokens IS NOT DISTINCT FROM CASE WHEN id % 5 = 0 THEN NULL
        ELSE (CASE WHEN id % 2 = 1 THEN -1 ELSE 1 END) * (9007199254740991 - id) END)`);
    expect(wrong).toEqual([]);
    const read = await parquetReadObjects({
      file: bufferOf(bytes),
      compressors,
      rowStart: 2040,
      rowEnd: 2060,
    });
    expect(read).toEqual(
      Array.from({ length: 20 }, (_, i) => {
        const [list, count] = [vector(2040 + i), tokens(2040 + i)];
        return {
          id: BigInt(2040 + i),
          embedding: list ? Array.from(list) : undefined,
          response: text(2040 + i),
          tokens: count === null ? null : BigInt(count),
        };
      }),
    );
  });

  test('the footer tells codecs, nulls and values', async () => {
    const cellsOf = (row: number) => [vector(row), text(row), tokens(row)];
    const { bytes, path } = await spliced(90, 90, COLUMNS, cellsOf, compression);
    const table = await openParquet(bufferOf(bytes), 'out');
    const chunks = table.metadata.row_groups[0]?.columns.slice(1).map((column) => column.meta_data) ?? [];
    const standard = HAS_ZSTD ? 'ZSTD' : 'SNAPPY';
    const flat = compression?.toUpperCase() ?? standard;
    expect(chunks.map((chunk) => chunk?.codec)).toEqual([
      compression?.toUpperCase() ?? 'UNCOMPRESSED',
      flat,
      flat,
    ]);
    expect(chunks.map((chunk) => Number(chunk?.statistics?.null_count))).toEqual([20, 13, 18]);
    expect(chunks.map((chunk) => Number(chunk?.num_values))).toEqual([70 * 1024 + 20, 90, 90]);
    const filters = ['embedding IS NULL', 'len(embedding) = 0', 'response IS NULL', 'tokens IS NOT NULL'];
    const counts = filters.map((filter) => `(SELECT count(*) FROM read_parquet('${path}') WHERE ${filter})`);
    expect(await duck.rows(`SELECT ${counts.join(', ')}`)).toEqual([['10', '10', '13', '72']]);
  });
});

test('a row group of a million rows', async () => {
  const columns = [COLUMNS[1], COLUMNS[2]];
  const { path, groups } = await spliced(1_000_000, 1_000_000, columns, (row) => [
    row % 10 === 0 ? null : `r${row}`,
    row % 3 === 0 ? null : row,
  ]);
  expect(groups).toEqual([1_000_000]);
  const wrong = `SELECT count(*) FROM read_parquet('${path}')
    WHERE NOT (response IS NOT DISTINCT FROM CASE WHEN id % 10 = 0 THEN NULL ELSE 'r' || id END
      AND tokens IS NOT DISTINCT FROM CASE WHEN id % 3 = 0 THEN NULL ELSE id END)`;
  expect(await duck.rows(wrong)).toEqual([['0']]);
  expect(await duck.rows(`SELECT count(*), count(response) FROM read_parquet('${path}')`)).toEqual([
    ['1000000', '900000'],
  ]);
});

test('text that is UTF-8 already, and text larger than a page', async () => {
  const large = '\u6771'.repeat(800_000);
  const values = [Buffer.from('caf\u00e9'), large, new Uint8Array(), null, Buffer.from(large), 'end'];
  const columns = [COLUMNS[1]];
  const { path } = await spliced(values.length, 10, columns, (row) => [values[row] ?? null]);
  expect(await duck.rows(`SELECT response FROM read_parquet('${path}') ORDER BY id`)).toEqual(
    ['caf\u00e9', large, '', null, large, 'end'].map((value) => [value]),
  );
});

const anyRow = fc.tuple(
  fc.option(fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { maxLength: 5 }), { freq: 3 }),
  fc.option(fc.string({ unit: 'grapheme', maxLength: 8 }), { freq: 3 }),
  fc.option(fc.maxSafeInteger(), { freq: 3 }),
);

test('any rows of lists, texts and integers in a new file', async () => {
  const cases = fc.record({
    rows: fc.array(anyRow, { maxLength: 40 }),
    rowGroupRows: fc.integer({ min: 1, max: 50 }),
    compression: fc.constantFrom(...COMPRESSIONS),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ rows, rowGroupRows, compression }) => {
      async function* batches(): AsyncGenerator<readonly ColumnValues[]> {
        yield [
          rows.map(([list]) => list && Float32Array.from(list)),
          rows.map(([, text]) => text),
          rows.map(([, , count]) => count),
        ];
      }
      const options = { columns: COLUMNS, batches: batches(), rowGroupRows, compression };
      const path = newPath();
      writeFileSync(path, Buffer.concat(await collect(encodeParquet(options))));
      const read = await duck.rows(`FROM read_parquet('${path}')`);
      const same = (list: unknown) =>
        (list as number[] | null)?.map((value) => (Object.is(value, -0) ? 0 : value)) ?? null;
      expect(read.map(([list, ...rest]) => [same(list), ...rest])).toEqual(
        rows.map(([list, text, count]) => [same(list), text, count === null ? null : String(count)]),
      );
    }),
    { numRuns: 60 },
  );
});

test('zstd on a Node without it is refused', async () => {
  const splicing = spliced(1, 1, [COLUMNS[1]], () => ['a'], 'zstd');
  if (HAS_ZSTD) await expect(splicing).resolves.toHaveProperty('path');
  else
    await expect(splicing).rejects.toThrow(
      'Cannot write Parquet: zstd compression must run on Node 22.15 or later',
    );
});
