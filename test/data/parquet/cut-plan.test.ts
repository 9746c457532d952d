import { parquetMetadata } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { cutFooter } from '../../../src/data/parquet/cut-footer.ts';
import { withTrailer } from '../../../src/data/parquet/footer.ts';
import {
  encodeParquet,
  openParquet,
  type ParquetTable,
  type Segment,
  spliceParquet,
} from '../../../src/data/parquet/parquet.ts';
import { planCut } from '../../../src/data/parquet/table-cut.ts';
import { arrowRows, COLUMNS, counting, cutOf, newPath } from './cut-fixture.ts';
import { bufferOf, bufferOfFile, collect, type Duck, everyType, openDuck } from './duck.ts';

let duck: Duck;
beforeAll(async () => {
  duck = await openDuck();
  await duck.run("SET TimeZone = 'UTC'");
});
afterAll(() => duck.close());

const THIRTY = Array.from({ length: 30 }, (_, i) => i);

describe('metadata of what is cut', () => {
  const indexed = (pageSize: number) =>
    parquetWriteBuffer({
      columnData: [
        {
          name: 'id',
          data: THIRTY.map(BigInt),
          type: 'INT64',
          columnIndex: true,
          offsetIndex: true,
          bloomFilter: true,
        },
      ],
      rowGroupSize: 10,
      pageSize,
      kvMetadata: [{ key: 'mine', value: 'as it was' }],
    });

  test('whole row groups keep statistics; indexes that lay behind the row groups go', async () => {
    const table = await openParquet(bufferOf(new Uint8Array(indexed(20))), 'indexed');
    const { cut, bytes } = await cutOf(table, 15);
    const [whole, broken] = cut.metadata.row_groups.map((group) => group.columns[0]);
    expect(whole?.meta_data?.statistics).toEqual(
      table.metadata.row_groups[0]?.columns[0]?.meta_data?.statistics,
    );
    expect(broken?.meta_data?.statistics?.null_count).toBe(0n);
    expect(broken?.meta_data?.statistics?.max_value).toBeUndefined();
    for (const chunk of [whole, broken]) {
      expect(chunk?.offset_index_offset).toBeUndefined();
      expect(chunk?.column_index_offset).toBeUndefined();
      expect(chunk?.meta_data?.bloom_filter_offset).toBeUndefined();
    }
    expect(cut.metadata.key_value_metadata).toEqual([{ key: 'mine', value: 'as it was' }]);
    expect(arrowRows(bytes, ['id', 'tokens'])).toEqual(THIRTY.slice(0, 15).map((i) => `${i}|${i}`));
  });

  test('indexes within what is copied stay', async () => {
    const table = await openParquet(bufferOf(new Uint8Array(indexed(20))), 'indexed');
    const cut = { rows: 20, wholeGroups: 2, copiedEnd: table.footer.start };
    const footer = withTrailer(cutFooter(table.footer.bytes, cut, []));
    const metadata = parquetMetadata(new Uint8Array(footer));
    expect(metadata.row_groups).toEqual(table.metadata.row_groups.slice(0, 2));
    expect(metadata.row_groups[0]?.columns[0]?.offset_index_offset).toBeDefined();
    expect(metadata.num_rows).toBe(20n);
  });

  test('sizes of the row group that is written anew are those of its chunks', async () => {
    const table = await openParquet(bufferOf(new Uint8Array(indexed(1000))), 'indexed');
    const { cut } = await cutOf(table, 15);
    const group = cut.metadata.row_groups[1];
    const chunks = group?.columns.map((column) => column.meta_data) ?? [];
    const sum = (sizes: readonly (bigint | undefined)[]) => sizes.reduce((a = 0n, b = 0n) => a + b, 0n);
    expect(group?.total_byte_size).toBe(sum(chunks.map((chunk) => chunk?.total_uncompressed_size)));
    expect(group?.num_rows).toBe(5n);
    expect(chunks.map((chunk) => chunk?.num_values)).toEqual([5n, 5n, 5n]);
  });
});

/** Where chunks of one column lie in row groups of ten rows, each chunk of 100 bytes. */
const PLACES = [
  { name: 'in order', starts: [4, 104, 204], rows: 15, whole: 1, copied: 104, broken: { index: 1, rows: 5 } },
  {
    name: 'cut in the first',
    starts: [4, 104, 204],
    rows: 3,
    whole: 0,
    copied: 4,
    broken: { index: 0, rows: 3 },
  },
  { name: 'cut between two', starts: [4, 104, 204], rows: 20, whole: 2, copied: 204 },
  { name: 'filters between them', starts: [4, 150, 300], rows: 10, whole: 1, copied: 150 },
  { name: 'the first last in the file', starts: [204, 4, 104], rows: 10, whole: 1, copied: 900 },
  { name: 'the last first', starts: [104, 204, 4], rows: 20, whole: 2, copied: 900 },
] as const;

test.each(PLACES)('chunks $name: $rows rows', ({ starts, rows, whole, copied, ...rest }) => {
  const row_groups = starts.map((start) => ({
    columns: [{ meta_data: { data_page_offset: BigInt(start), total_compressed_size: 100n } }],
  }));
  const table = {
    name: 'places',
    rowCount: 30,
    rowGroups: [10, 10, 10],
    metadata: { row_groups },
    footer: { start: 900 },
  } as unknown as ParquetTable;
  const broken = 'broken' in rest ? { broken: rest.broken } : {};
  expect(planCut(table, rows)).toEqual({ rows, wholeGroups: whole, copiedEnd: copied, ...broken });
});

/** A segment whose state is there to be compared. */
const plain = (segment: Segment) =>
  segment.kind === 'state' ? { ...segment, state: segment.state() } : segment;

test('a splice that was put down after any row group goes on to the same file', async () => {
  const path = newPath(duck);
  await duck.run(`COPY (${everyType(5000)}) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`);
  const table = await openParquet(bufferOfFile(path), 'put down');
  for (const rows of [4999, 5000]) {
    const whole = await collect(spliceParquet(table, { columns: COLUMNS, rows, next: counting() }));
    for (const [i, segment] of whole.entries()) {
      if (segment.kind !== 'state') continue;
      const next = counting();
      await next(segment.rows);
      const from = JSON.parse(JSON.stringify(segment.state()));
      const rest = await collect(spliceParquet(table, { columns: COLUMNS, rows, next, from }));
      expect(rest.map(plain)).toEqual(whole.slice(i + 1).map(plain));
    }
  }
});

describe('refuses', () => {
  const tableOf = async (rows: number, compression: 'snappy' | 'uncompressed' = 'snappy') => {
    async function* batches() {
      yield [THIRTY.slice(0, rows), THIRTY.slice(0, rows).map((i) => (i % 4 ? `text ${i}` : null))];
    }
    const columns = [
      { name: 'id', type: 'int64' },
      { name: 's', type: 'string' },
    ] as const;
    const file = Buffer.concat(await collect(encodeParquet({ columns, batches: batches(), compression })));
    return { file, table: await openParquet(bufferOf(file), 's3://b/in.parquet') };
  };
  const cutting = (table: ParquetTable, rows: number, signal?: AbortSignal) =>
    collect(spliceParquet(table, { columns: COLUMNS, rows, next: counting(), signal }));

  test.each([0, -1, 1.5, 31])('%p rows of 30', async (rows) => {
    const { table } = await tableOf(30);
    await expect(cutting(table, rows)).rejects.toThrow(
      `Cannot cut s3://b/in.parquet: the number of rows must be 1 to 30, got ${rows}.`,
    );
  });

  test('to go on after an abort in the middle', async () => {
    const { table } = await tableOf(30);
    const stop = new AbortController();
    const segments = spliceParquet(table, {
      columns: COLUMNS,
      rows: 7,
      next: counting(),
      signal: stop.signal,
    });
    await segments.next();
    await segments.next();
    stop.abort(new Error('stopped'));
    await expect(collect(segments)).rejects.toThrow('stopped');
  });

  test('a damaged byte, or takes it as a value, and fails in no other way', async () => {
    const { file, table } = await tableOf(30);
    let refused = 0;
    for (let at = 4; at < table.footer.start; at += 1) {
      const bytes = Buffer.from(file);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
      const damaged = await openParquet(bufferOf(bytes), 's3://b/in.parquet');
      const error: unknown = await cutting(damaged, 20).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (error === undefined) continue;
      refused += 1;
      expect(error).toMatchObject({ kind: 'InvalidInput' });
      expect(String(error)).toContain('Cannot read s3://b/in.parquet: row group 0 must be valid Parquet');
    }
    expect(refused).toBeGreaterThan(10);
  });
});
