import type { AsyncBuffer } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { chunkPages, type Page } from '../../../src/data/parquet/chunk-pages.ts';
import type { ChunkRange } from '../../../src/data/parquet/chunk-range.ts';
import { openParquet } from '../../../src/data/parquet/parquet.ts';
import { SharedMemory } from '../../../src/data/parquet/shared-memory.ts';
import { bufferOf, collect } from './duck.ts';

const ROWS = 5000;
const TEXTS = Array.from({ length: ROWS }, (_, i) => `row ${i % 400} ${'x'.repeat(i % 80)}`);

/** A chunk of many pages, with statistics that make headers long and of different lengths. */
async function pagedChunk(encoding: 'PLAIN' | 'RLE_DICTIONARY') {
  const file = parquetWriteBuffer({
    columnData: [{ name: 's', data: TEXTS.map((text, i) => (i % 2 ? text : 'same')), encoding }],
    codec: 'SNAPPY',
    pageSize: 700,
    rowGroupSize: ROWS,
  });
  const ranges: (readonly [number, number])[] = [];
  const buffer = bufferOf(new Uint8Array(file));
  const source: AsyncBuffer = {
    byteLength: buffer.byteLength,
    slice(start, end = buffer.byteLength) {
      ranges.push([start, end]);
      return buffer.slice(start, end);
    },
  };
  const table = await openParquet(buffer, 'file');
  const chunk = table.metadata.row_groups[0]?.columns[0];
  if (!chunk) throw new Error('no chunk');
  const { offset_index_offset: _, ...unindexed } = chunk;
  const range = { source, chunk, unindexed, repeated: false, groupRows: ROWS, start: 0, end: ROWS };
  return { range, ranges };
}

/** Pages with bytes of their own, for those of a page are valid only for a moment. */
function pagesOf(range: Omit<ChunkRange, 'large'>): Promise<Page[]> {
  const large = new SharedMemory();
  return collect(chunkPages({ ...range, large }, (page) => ({ ...page, body: page.body.slice() })));
}

describe.each(['PLAIN', 'RLE_DICTIONARY'] as const)('pages of %s values', (encoding) => {
  test.each([1, 7, 64, 1000, 4096])('are the same in windows of %i bytes', async (windowBytes) => {
    const { range, ranges } = await pagedChunk(encoding);
    const whole = await pagesOf({ ...range, windowBytes: 1_000_000 });
    expect(whole.length).toBeGreaterThan(8);
    ranges.length = 0;
    expect(await pagesOf({ ...range, windowBytes })).toEqual(whole);
    expect(new Set(ranges.map(([start]) => start)).size).toBe(ranges.length);
  });

  test('those with wanted rows come, with an index and without', async () => {
    const { range, ranges } = await pagedChunk(encoding);
    const rows = { start: 2500, end: 2600, windowBytes: 1024 };
    const indexed = await pagesOf({ ...range, ...rows });
    const read = ranges.reduce((sum, [start, end]) => sum + end - start, 0);
    const plain = await pagesOf({ ...range, ...rows, chunk: range.unindexed });
    expect(plain).toEqual(indexed);
    const data = plain.filter(({ header }) => header.type !== 'DICTIONARY_PAGE');
    expect(data.length).toBeLessThan(6);
    expect(data[0]?.firstRow).toBeLessThanOrEqual(2500);
    expect(read).toBeLessThan(Number(range.chunk.meta_data?.total_compressed_size) / 3 + 10_000);
  });
});

test('a chunk that ends early is an error', async () => {
  const { range } = await pagedChunk('PLAIN');
  const size = range.chunk.meta_data?.total_compressed_size ?? 0n;
  const meta = range.chunk.meta_data;
  if (!meta) throw new Error('no metadata');
  const chunk = { ...range.chunk, meta_data: { ...meta, total_compressed_size: size - 50n } };
  const reading = pagesOf({ ...range, chunk, windowBytes: 1000 });
  await expect(reading).rejects.toThrow(/bytes were expected|ended|bounds/);
});

test('more rows than the row group has are an error', async () => {
  const { range } = await pagedChunk('PLAIN');
  const reading = pagesOf({ ...range, groupRows: 4000, end: 4000, windowBytes: 1000 });
  await expect(reading).rejects.toThrow('its pages hold more rows than it has');
});
