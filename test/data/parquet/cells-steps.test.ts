import * as zlib from 'node:zlib';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { openParquet, type ParquetTable, parquetCells } from '../../../src/data/parquet/parquet.ts';
import { expectTexts, type Texts, textsOf } from './cells-fixture.ts';
import { bufferOf, bufferOfFile, type Duck, everyType, openDuck } from './duck.ts';
import { plainTexts } from './plain-reader.ts';

const MOST_ROWS = 1024;

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

function allOf(table: ParquetTable) {
  return { columns: table.columns, firstRow: 0, rowCount: table.rowCount };
}

/** Ranges that begin and end anywhere, and often at the borders of steps, with some of the columns. */
function ranges({ rowCount, columns }: ParquetTable) {
  const borders = Array.from({ length: Math.ceil(rowCount / MOST_ROWS) }, (_, i) => i * MOST_ROWS);
  const nearBorder = fc
    .tuple(fc.constantFrom(...borders), fc.integer({ min: -2, max: 2 }))
    .map(([border, by]) => Math.min(Math.max(border + by, 0), rowCount));
  const row = fc.oneof(nearBorder, fc.integer({ min: 0, max: rowCount }));
  return fc.record({
    rows: fc.tuple(row, row).map(([a, b]) => ({ firstRow: Math.min(a, b), rowCount: Math.abs(b - a) })),
    columns: fc.subarray([...columns], { minLength: 1, maxLength: 4 }),
  });
}

async function expectAnyRange(table: ParquetTable, all: Texts, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(ranges(table), async ({ rows, columns }) => {
      const places = columns.map((name) => table.columns.indexOf(name));
      const expected = all
        .slice(rows.firstRow, rows.firstRow + rows.rowCount)
        .map((row) => places.map((place) => row[place] ?? null));
      expectTexts(await textsOf(table, { columns, ...rows }), expected);
    }),
    { numRuns },
  );
}

test.each(['V1', 'V2'])('ranges of any type begin and end anywhere, version %s', async (version) => {
  const table = await tableOf(`any-${version}.parquet`, everyType(3100), `, PARQUET_VERSION ${version}`);
  const all = await textsOf(table, allOf(table));
  // hyparquet reads wrong numbers of u32 in version 2; DuckDB judges that column in read-text.test.ts.
  const columns = table.columns.filter((column) => column !== 'u32');
  const judged = { ...allOf(table), columns };
  expectTexts(await textsOf(table, judged), await plainTexts(table, judged));
  await expectAnyRange(table, all, 25);
});

test('columns whose pages end at different rows', async () => {
  const texts = Array.from({ length: 4000 }, (_, i) =>
    i % 11 === 5 ? null : `text ${i} ${'y'.repeat(i % 60)}`,
  );
  const file = parquetWriteBuffer({
    columnData: [
      { name: 'short', data: texts.map((_, i) => BigInt(i)), encoding: 'PLAIN' },
      { name: 'text', data: texts, encoding: 'PLAIN' },
      { name: 'list', data: texts.map((text, i) => Array.from({ length: i % 5 }, () => text)) },
      { name: 'delta', data: texts.map((_, i) => BigInt(i * i)), encoding: 'DELTA_BINARY_PACKED' },
    ],
    schema: [
      { name: 'root', num_children: 4 },
      { name: 'short', type: 'INT64', repetition_type: 'REQUIRED' },
      { name: 'text', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
      { name: 'list', converted_type: 'LIST', repetition_type: 'OPTIONAL', num_children: 1 },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
      { name: 'delta', type: 'INT64', repetition_type: 'REQUIRED' },
    ],
    pageSize: 7000,
    rowGroupSize: 2500,
  });
  const table = await openParquet(bufferOf(new Uint8Array(file)), 'file');
  const all = await plainTexts(table, allOf(table));
  await expectAnyRange(table, all, 80);
});

/** 12,000 rows in one page of each column, of more than 8 MB each: those are unpacked as they are read. */
const LARGE = `SELECT
  CASE WHEN i % 13 = 4 THEN NULL WHEN i = 7000 THEN repeat('long é', 500000) ELSE repeat(md5(i::VARCHAR) || ' é東京 ', 22) END AS text,
  CASE WHEN i % 5 = 3 THEN [] ELSE [repeat(md5(i::VARCHAR), 17), NULL, repeat(md5((i + 1)::VARCHAR), 12)] END AS texts,
  [i / 7, i / 11, NULL] || list_transform(range(110), x -> x + i / 3) AS numbers
  FROM range(12000) t(i)`;

describe.each(['snappy', 'gzip', 'brotli', 'zstd', 'uncompressed', 'lz4_raw'])(
  'pages of many megabytes in %s',
  (codec) => {
    const isStreamed = codec !== 'lz4_raw' && (codec !== 'zstd' || 'createZstdDecompress' in zlib);
    let table: ParquetTable;
    beforeAll(async () => {
      const options = `, ROW_GROUP_SIZE 12288, COMPRESSION ${codec}, DICTIONARY_SIZE_LIMIT 1`;
      const columns = codec === 'snappy' ? '*' : 'text, texts';
      table = await tableOf(`large-${codec}.parquet`, `SELECT ${columns} FROM (${LARGE})`, options);
    });

    test('hold what the plain reader finds', async () => {
      for (const { meta_data: meta } of table.metadata.row_groups[0]?.columns ?? [])
        expect(Number(meta?.total_uncompressed_size)).toBeGreaterThan(8 * 1024 * 1024);
      const last = { columns: table.columns, firstRow: 11_300, rowCount: 700 };
      expectTexts(await textsOf(table, last), await plainTexts(table, last));
      const few = { columns: ['texts', 'text'], firstRow: 6990, rowCount: 20 };
      expectTexts(await textsOf(table, few), await plainTexts(table, few));
    });

    test('are read in steps of so many rows, and so many bytes', async () => {
      const columns = ['text', 'texts'];
      const hash = { cells: 0, rows: 0 };
      for await (const batch of parquetCells(table, { columns, firstRow: 0, rowCount: 12_000 })) {
        expect(batch.rowCount).toBeLessThanOrEqual(MOST_ROWS);
        for (const { bytes, starts, ends } of batch.columns) {
          expect(starts.length).toBeLessThanOrEqual(MOST_ROWS);
          // One long value may be more than a step has.
          if (isStreamed) expect(bytes.length).toBeLessThan(12 * 1024 * 1024);
          for (let i = 0; i < batch.rowCount; i += 1)
            hash.cells += Math.max((ends[i] ?? 0) - (starts[i] ?? 0), 0);
        }
        hash.rows += batch.rowCount;
      }
      const lengths = columns.map((name) => (name === 'text' ? 'strlen(text)' : 'strlen(to_json(texts))'));
      const [expected] = await duck.rows(
        `SELECT ${lengths.map((length) => `sum(${length})`).join(' + ')} FROM '${duck.path(`large-${codec}.parquet`)}'`,
      );
      expect([String(hash.cells), hash.rows]).toEqual([expected?.[0], 12_000]);
    });
  },
);

test('a large page that is damaged anywhere gives cells or a refusal', async () => {
  const options = ', ROW_GROUP_SIZE 20480, COMPRESSION snappy, DICTIONARY_SIZE_LIMIT 1';
  const path = duck.path('damaged.parquet');
  const query = 'SELECT repeat(md5(i::VARCHAR), 14) AS text FROM range(20000) t(i)';
  await duck.run(`COPY (${query}) TO '${path}' (FORMAT parquet${options})`);
  const source = bufferOfFile(path);
  const { footer } = await openParquet(source, 'damaged');
  const bytes = new Uint8Array(await source.slice(0));
  let refused = 0;
  for (let at = 60; at < footer.start; at += Math.floor(footer.start / 12)) {
    const broken = bytes.slice();
    broken[at] = (broken[at] ?? 0) ^ 0x47;
    const table = await openParquet(bufferOf(broken), 'damaged');
    const error: unknown = await textsOf(table, allOf(table)).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error === undefined) continue;
    refused += 1;
    expect(error).toMatchObject({ kind: 'InvalidInput' });
  }
  expect(refused).toBeGreaterThan(0);
});
