import type { AsyncBuffer, ColumnChunk, PageHeader } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { readOffsetIndex } from 'hyparquet/src/indexes.js';
import { ByteWindow } from './byte-window.ts';

export interface Page {
  readonly header: PageHeader;
  /** As it is in the file, compressed. */
  readonly body: Uint8Array;
  /** The row of its row group at which a data page starts; pages of repeated values may start inside of a row. */
  readonly firstRow: number;
}

export interface ChunkRange {
  readonly source: AsyncBuffer;
  readonly chunk: ColumnChunk;
  readonly repeated: boolean;
  readonly groupRows: number;
  /** Wanted rows [start, end) of the row group. */
  readonly start: number;
  readonly end: number;
  /** Bytes of one read, unless a page is larger. */
  readonly windowBytes: number;
}

interface Extent {
  readonly start: number;
  readonly end: number;
  readonly firstRow: number;
  /** Where the dictionary lies, if it does not come just before the pages. */
  readonly dictionary?: { readonly start: number; readonly end: number };
}

/** Most headers are shorter than this; one with long statistics is read again. */
const HEADER_BYTES = 1024;

/**
 * The pages of a column chunk that hold wanted rows, and before them its dictionary. An offset index finds them; without
 * one the chunk is read from its start. Pages of repeated values in format 1 do not tell their rows, so all come.
 */
export async function* chunkPages(range: ChunkRange): AsyncGenerator<Page> {
  const extent = await extentOf(range);
  if (extent.dictionary) {
    const window = new ByteWindow(range.source, extent.dictionary, range.windowBytes);
    yield await nextPage(window, 0);
  }
  const window = new ByteWindow(range.source, extent, range.windowBytes);
  let row = extent.firstRow;
  while (row < range.end && window.left > 1) {
    const header = await readHeader(window);
    const rows = rowsOf(header, range.repeated);
    if (rows < 0 || row + rows > range.groupRows)
      throw new RangeError('its pages hold more rows than it has');
    if (header.type === 'INDEX_PAGE' || (rows > 0 && row + rows <= range.start)) {
      window.skip(header.compressed_page_size);
    } else {
      yield { header, body: await window.take(header.compressed_page_size), firstRow: row };
    }
    row += rows;
  }
}

async function nextPage(window: ByteWindow, firstRow: number): Promise<Page> {
  const header = await readHeader(window);
  return { header, body: await window.take(header.compressed_page_size), firstRow };
}

/** Rows of a page, 0 where they are not known before it is decoded. */
function rowsOf({ data_page_header: v1, data_page_header_v2: v2 }: PageHeader, repeated: boolean): number {
  if (v2) return v2.num_rows;
  return v1 && !repeated ? v1.num_values : 0;
}

async function readHeader(window: ByteWindow): Promise<PageHeader> {
  for (let length = HEADER_BYTES; ; length *= 8) {
    const bytes = await window.peek(length);
    const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
    try {
      const header = parquetHeader(reader);
      window.skip(reader.offset);
      if (!(header.compressed_page_size >= 0)) throw new TypeError('a page without a size');
      return header;
    } catch (error) {
      // What is cut short and what is damaged look the same until all bytes are there.
      if (error instanceof TypeError || bytes.length >= window.left) throw error;
    }
  }
}

async function extentOf(range: ChunkRange): Promise<Extent> {
  const { chunk, start, end, groupRows } = range;
  const meta = chunk.meta_data;
  if (!meta) throw new TypeError('a column chunk without metadata');
  const chunkStart = Number(meta.dictionary_page_offset || meta.data_page_offset);
  const whole = { start: chunkStart, end: chunkStart + Number(meta.total_compressed_size), firstRow: 0 };
  const narrowed = start > 0 || end < groupRows;
  if (!narrowed || !chunk.offset_index_offset || !chunk.offset_index_length) return whole;
  return indexedExtent(range, whole, Number(chunk.offset_index_offset), chunk.offset_index_length);
}

async function indexedExtent(
  range: ChunkRange,
  whole: Extent,
  offset: number,
  length: number,
): Promise<Extent> {
  const index = new DataView(await range.source.slice(offset, offset + length));
  const pages = readOffsetIndex({ view: index, offset: 0 }).page_locations.map((page) => ({
    start: Number(page.offset),
    end: Number(page.offset) + page.compressed_page_size,
    firstRow: Number(page.first_row_index),
  }));
  const first = pages.findLast((page) => page.firstRow <= range.start);
  const last = pages.findLast((page) => page.firstRow < range.end);
  const dictionaryEnd = pages[0]?.start;
  if (!first || !last || dictionaryEnd === undefined) return whole;
  const extent = { start: first.start, end: last.end, firstRow: first.firstRow };
  if (dictionaryEnd <= whole.start) return extent;
  return { ...extent, dictionary: { start: whole.start, end: dictionaryEnd } };
}
