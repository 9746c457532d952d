import { parquetWriteBuffer } from 'hyparquet-writer';
import { openParquet, parquetCells } from '../../../src/data/parquet/parquet.ts';
import { countingSource, textsOf } from './cells-fixture.ts';
import { bufferOf } from './duck.ts';

const ROWS = 12_000;
const TEXTS = Array.from({ length: ROWS }, (_, i) => `${i} ${'text '.repeat(200)}`);
const DICTIONARY = Array.from({ length: ROWS }, (_, i) => TEXTS[i % 3] ?? '');
const DEEP = { firstRow: 10_950, rowCount: 100 };
const KB = 1024;

/** A table of one row group of 12 MB without an offset index, whose pages hold so many bytes. */
async function unindexed(pageSize: number, columns: Readonly<Record<string, readonly string[]>>) {
  const file = parquetWriteBuffer({
    columnData: Object.entries(columns).map(([name, data]) => ({
      name,
      data: [...data],
      ...(name === 'text' && { encoding: 'PLAIN' as const }),
    })),
    codec: 'UNCOMPRESSED',
    pageSize,
    rowGroupSize: ROWS,
  });
  const counting = countingSource(bufferOf(new Uint8Array(file)));
  const table = await openParquet(counting.source, 'file');
  for (const chunk of table.metadata.row_groups.flatMap((group) => group.columns)) {
    delete chunk.offset_index_offset;
  }
  counting.reads.length = 0;
  return { table, ...counting };
}

const cellsOf = (texts: readonly string[], { firstRow, rowCount } = DEEP) =>
  texts.slice(firstRow, firstRow + rowCount).map((text) => [text]);

test('large pages before the wanted rows cost a read of their headers', async () => {
  const { table, reads, bytes } = await unindexed(600 * KB, { text: TEXTS });
  expect(await textsOf(table, { columns: ['text'], ...DEEP })).toEqual(cellsOf(TEXTS));
  expect(reads.length).toBeLessThan(24);
  expect(bytes()).toBeLessThan((24 * 16 + 2 * 600) * KB);
  // No byte is read twice.
  const sorted = reads.toSorted((a, b) => a.start - b.start);
  for (const [i, { start, bytes: length }] of sorted.entries())
    expect(start + length).toBeLessThanOrEqual(sorted[i + 1]?.start ?? Number.POSITIVE_INFINITY);
});

test('small pages before them are read through, for a request costs more than they do', async () => {
  const { table, reads } = await unindexed(50 * KB, { text: TEXTS });
  expect(await textsOf(table, { columns: ['text'], ...DEEP })).toEqual(cellsOf(TEXTS));
  expect(reads.length).toBeLessThan(8);
});

test('nothing is read behind the last page that is wanted', async () => {
  const { table, bytes } = await unindexed(600 * KB, { text: TEXTS });
  const range = { firstRow: 0, rowCount: 10 };
  expect(await textsOf(table, { columns: ['text'], ...range })).toEqual(cellsOf(TEXTS, range));
  expect(bytes()).toBeLessThan(5 * 1024 * KB);
});

describe('with the pages that an earlier reading told', () => {
  const columns = { text: TEXTS, label: DICTIONARY };
  const names = Object.keys(columns);

  /** The pages of each batch, and the batch's first row. */
  async function told(file: Awaited<ReturnType<typeof unindexed>>) {
    const batches: { row: number; pages: readonly { column: string; offset: number; row: number }[] }[] = [];
    let row = 0;
    for await (const { rowCount, pages } of parquetCells(file.table, {
      columns: names,
      firstRow: 0,
      rowCount: ROWS,
    })) {
      batches.push({ row, pages });
      row += rowCount;
    }
    file.reads.length = 0;
    return batches;
  }

  test('any range is read from there, by the dictionary and the page alone', async () => {
    const file = await unindexed(600 * KB, columns);
    const batches = await told(file);
    expect(batches.length).toBeGreaterThan(11);
    for (const { row: firstRow, pages } of batches.slice(1)) {
      expect(pages.map(({ column }) => column)).toEqual(names);
      const range = { firstRow, rowCount: Math.min(3, ROWS - firstRow) };
      file.reads.length = 0;
      const rows = await textsOf(file.table, { columns: names, ...range, pages });
      const { firstRow: from, rowCount } = range;
      expect(rows).toEqual(TEXTS.slice(from, from + rowCount).map((text, i) => [text, DICTIONARY[from + i]]));
      expect(file.reads.length).toBeLessThanOrEqual(8);
      expect(file.bytes()).toBeLessThan(1400 * KB);
    }
  });

  test('of another column, and behind the wanted rows, they are left alone', async () => {
    const file = await unindexed(600 * KB, columns);
    const [{ pages = [] } = {}] = (await told(file)).slice(-1);
    const others = pages.filter(({ column }) => column === 'label');
    const range = { columns: ['text'], firstRow: 5, rowCount: 2, pages: [...others, ...pages] };
    expect(await textsOf(file.table, range)).toEqual(cellsOf(TEXTS, range));
  });

  test.each([
    { offset: 3, reason: 'lies outside of its pages' },
    { offset: 1e9, reason: 'lies outside of its pages' },
    { offset: 1_000_000, reason: 'valid Parquet' },
  ])('a page that is not at byte $offset is refused', async ({ offset, reason }) => {
    const file = await unindexed(600 * KB, columns);
    const pages = [{ column: 'text', offset, row: 5000 }];
    const reading = textsOf(file.table, { columns: ['text'], ...DEEP, pages });
    await expect(reading).rejects.toMatchObject({
      kind: 'InvalidInput',
      message: expect.stringContaining(reason),
    });
  });
});
