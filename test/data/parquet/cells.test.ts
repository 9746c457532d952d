import { parquetWriteBuffer } from 'hyparquet-writer';
import { openParquet, type ParquetTable, parquetCells } from '../../../src/data/parquet/parquet.ts';
import { expectSame, textsOf } from './cells-fixture.ts';
import { bufferOf, bufferOfFile, collect, type Duck, everyType, openDuck } from './duck.ts';
import { plainTexts } from './plain-reader.ts';

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

const LAYOUTS = [
  { name: 'snappy, version 1', options: 'COMPRESSION snappy, PARQUET_VERSION V1' },
  { name: 'zstd, version 2', options: 'COMPRESSION zstd, PARQUET_VERSION V2' },
  { name: 'gzip, no dictionaries', options: 'COMPRESSION gzip, DICTIONARY_SIZE_LIMIT 1' },
  { name: 'lz4', options: 'COMPRESSION lz4_raw' },
  { name: 'brotli, version 2', options: 'COMPRESSION brotli, PARQUET_VERSION V2, DICTIONARY_SIZE_LIMIT 1' },
  { name: 'uncompressed', options: 'COMPRESSION uncompressed' },
];

describe.each(LAYOUTS)(
  'cells of every type are the texts of the plain reader: $name',
  ({ name, options }) => {
    let table: ParquetTable;
    beforeAll(async () => {
      const file = `${name.replaceAll(/\W/g, '_')}.parquet`;
      table = await tableOf(file, everyType(2100), `, ROW_GROUP_SIZE 2048, ${options}`);
    });

    test('rows of two row groups, the last row, and none', async () => {
      // hyparquet reads wrong numbers of u32 in version 2; DuckDB judges that column in read-text.test.ts.
      const columns = table.columns.filter((column) => column !== 'u32');
      await expectSame(table, { columns, firstRow: 1900, rowCount: 200 });
      await expectSame(table, { columns, firstRow: 2099, rowCount: 1 });
      await expectSame(table, { columns, firstRow: 2100, rowCount: 0 });
    });
  },
);

test('all rows of a file', async () => {
  const table = await tableOf('all.parquet', everyType(2100), ', ROW_GROUP_SIZE 2048');
  await expectSame(table, { columns: table.columns, firstRow: 0, rowCount: 2100 });
});

test('columns come in the order asked for, one even twice, or none', async () => {
  const table = await tableOf('order.parquet', everyType(50));
  await expectSame(table, { columns: ['s_dict', 'id', 's_dict'], firstRow: 7, rowCount: 20 });
  await expectSame(table, { columns: [], firstRow: 7, rowCount: 20 });
});

const WORDS = ['', 'a', 'caf\u00e9', '\u6771\u4eac', '\u{1F680}', '\uFEFF mark', 'x'.repeat(300)];
const word = (row: number) => `${WORDS[row % WORDS.length]}${row % 5}`;
const PATTERNS = [
  { name: 'no null', of: word },
  { name: 'nulls here and there', of: (row: number) => (row % 7 < 2 ? null : word(row)) },
  { name: 'nulls only', of: () => null },
  { name: 'nulls first', of: (row: number) => (row < 600 ? null : word(row)) },
  { name: 'nulls last', of: (row: number) => (row < 600 ? word(row) : null) },
  { name: 'empty strings', of: () => '' },
];
const ENCODINGS = ['PLAIN', 'RLE_DICTIONARY', 'DELTA_LENGTH_BYTE_ARRAY', 'DELTA_BYTE_ARRAY'] as const;

/** Three columns of the same strings, whose pages hold different numbers of rows: one string, one list, one struct. */
function pagedFile(values: readonly (string | null)[], encoding: (typeof ENCODINGS)[number]): Uint8Array {
  const utf8 = { type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' } as const;
  const file = parquetWriteBuffer({
    columnData: [
      { name: 's', data: [...values], encoding },
      { name: 'l', data: values.map((value, i) => (i % 3 ? [value, 'x', value] : null)), encoding },
      { name: 't', data: values.map((value, i) => (i % 4 ? { a: value, b: [i] } : null)) },
    ],
    schema: [
      { name: 'root', num_children: 3 },
      { name: 's', ...utf8 },
      { name: 'l', converted_type: 'LIST', repetition_type: 'OPTIONAL', num_children: 1 },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', ...utf8 },
      { name: 't', repetition_type: 'OPTIONAL', num_children: 2 },
      { name: 'a', ...utf8 },
      { name: 'b', converted_type: 'LIST', repetition_type: 'OPTIONAL', num_children: 1 },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', type: 'INT32', repetition_type: 'OPTIONAL' },
    ],
    codec: 'SNAPPY',
    pageSize: 2000,
    rowGroupSize: 800,
  });
  return new Uint8Array(file);
}

describe.each(ENCODINGS)('pages that differ from column to column, %s', (encoding) => {
  test.each(PATTERNS)('$name', async ({ of }) => {
    const values = Array.from({ length: 1200 }, (_, row) => of(row));
    const table = await openParquet(bufferOf(pagedFile(values, encoding)), 'file');
    const columns = ['t', 's', 'l'];
    await expectSame(table, { columns, firstRow: 0, rowCount: 1200 });
    await expectSame(table, { columns, firstRow: 617, rowCount: 300 });
    const strings = await textsOf(table, { columns: ['s'], firstRow: 0, rowCount: 1200 });
    expect(strings).toEqual(values.map((value) => [value]));
  });
});

const BROKEN = [
  Buffer.from([0xff]),
  Buffer.from('caf\u00e9'),
  Buffer.from([0xe6, 0x9d]),
  Buffer.from([0xb1, 0x61]),
];

test.each(ENCODINGS)(
  'what is no UTF-8 reads as U+FFFD, even parted between two values: %s',
  async (encoding) => {
    const file = parquetWriteBuffer({
      columnData: [{ name: 's', data: [...BROKEN, ...BROKEN], encoding }],
      schema: [
        { name: 'root', num_children: 1 },
        { name: 's', type: 'BYTE_ARRAY', repetition_type: 'REQUIRED', logical_type: { type: 'STRING' } },
      ],
      codec: 'UNCOMPRESSED',
      statistics: false,
    });
    const table = await openParquet(bufferOf(new Uint8Array(file)), 'file');
    await expectSame(table, { columns: ['s'], firstRow: 0, rowCount: 8 });
    const [first] = await textsOf(table, { columns: ['s'], firstRow: 0, rowCount: 1 });
    expect(first).toEqual(['\uFFFD']);
  },
);

describe('refuses', () => {
  const NAME = 's3://b/f.parquet';
  const tableOfIds = () =>
    openParquet(
      bufferOf(new Uint8Array(parquetWriteBuffer({ columnData: [{ name: 'id', data: [1, 2, 3] }] }))),
      NAME,
    );

  test.each([
    { columns: ['topic'], firstRow: 0, rowCount: 1, message: 'column topic must be one of its columns' },
    { columns: ['id'], firstRow: 2, rowCount: 2, message: 'the row range must lie within its 3 rows' },
    { columns: ['id'], firstRow: -1, rowCount: 1, message: 'the row range must lie within its 3 rows' },
  ])('%j', async ({ message, ...range }) => {
    await expect(collect(parquetCells(await tableOfIds(), range))).rejects.toThrow(message);
  });

  test('to go on after an abort', async () => {
    const signal = AbortSignal.abort(new Error('stopped'));
    const cells = parquetCells(await tableOfIds(), { columns: ['id'], firstRow: 0, rowCount: 3, signal });
    await expect(collect(cells)).rejects.toThrow('stopped');
  });

  test.each([...ENCODINGS])(
    'a damaged byte of %s strings gives cells or a refusal, and nothing else',
    async (encoding) => {
      const data = Array.from({ length: 300 }, (_, i) => (i % 9 ? `v${i % 40}` : null));
      const file = parquetWriteBuffer({
        columnData: [{ name: 's', data, encoding }],
        codec: 'SNAPPY',
        statistics: false,
      });
      let refused = 0;
      const { footer } = await openParquet(bufferOf(new Uint8Array(file)), NAME);
      for (let at = 4; at < footer.start; at += 1) {
        const bytes = new Uint8Array(file.slice(0));
        bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
        const table = await openParquet(bufferOf(bytes), NAME);
        const error: unknown = await collect(
          parquetCells(table, { columns: ['s'], firstRow: 0, rowCount: 300 }),
        ).then(
          () => undefined,
          (reason: unknown) => reason,
        );
        if (error === undefined) continue;
        refused += 1;
        expect(error).toMatchObject({ kind: 'InvalidInput' });
        expect(String(error)).toContain(`Cannot read ${NAME}: row group 0 must be valid Parquet`);
      }
      expect(refused).toBeGreaterThan(10);
    },
  );
});

// Each column has its share of what is read ahead, and no share is a number that parts evenly.
test.each([3, 17])('%i columns larger than what is read ahead are read by whole bytes', async (count) => {
  const columns = Array.from({ length: count }, (_, i) => `c${i}`);
  const query = `SELECT ${columns.map((name) => `repeat(md5(i || '${name}'), 4) AS ${name}`).join(', ')} FROM range(24000) t(i)`;
  const table = await tableOf(
    `wide-${count}.parquet`,
    query,
    ', COMPRESSION uncompressed, ROW_GROUP_SIZE 24576',
  );
  const range = { columns, firstRow: 0, rowCount: 24_000 };
  expect(await textsOf(table, range)).toEqual(await plainTexts(table, range));
});
