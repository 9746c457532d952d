import type { AsyncBuffer, ColumnChunk, PageHeader } from 'hyparquet';
import { readOffsetIndex } from 'hyparquet/src/indexes.js';
import type { WindowOptions } from './byte-window.ts';

/** Where a data page is. */
export interface PagePlace {
  /** Of its header, in the file. */
  readonly offset: number;
  /** The row of its row group at which it starts; pages of repeated values may start inside of a row. */
  readonly firstRow: number;
}

export interface ChunkRange extends WindowOptions {
  readonly source: AsyncBuffer;
  readonly chunk: ColumnChunk;
  readonly repeated: boolean;
  readonly groupRows: number;
  /** Wanted rows [start, end) of the row group. */
  readonly start: number;
  readonly end: number;
  /** A page known to begin at or before the first wanted row. */
  readonly known?: PagePlace | undefined;
  /** Of which pages the bytes are wanted piece by piece. */
  readonly isStreamed?: (header: PageHeader) => boolean;
}

export interface Extent extends Span {
  readonly firstRow: number;
  /** It begins with a page that is wanted. */
  readonly isExact?: boolean;
  /** Where the dictionary lies, if it does not come just before the pages. */
  readonly dictionary?: Span;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** The part of the file in which the pages of wanted rows lie. */
export async function extentOf(range: ChunkRange): Promise<Extent> {
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
  const extent = { start: first.start, end: last.end, firstRow: first.firstRow, isExact: true };
  if (dictionaryEnd <= whole.start) return extent;
  return { ...extent, dictionary: { start: whole.start, end: dictionaryEnd } };
}
