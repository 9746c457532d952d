import type { PageHeader } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { ByteWindow } from './byte-window.ts';
import { type ChunkRange, type Extent, extentOf, type PagePlace } from './chunk-range.ts';
import type { Pieces } from './page-stream.ts';

export interface Page extends PagePlace {
  readonly header: PageHeader;
  /** As it is in the file, compressed; valid only until the page has been opened. Empty where its bytes come as pieces. */
  readonly body: Uint8Array;
  readonly pieces?: Pieces;
}

/** Most headers are shorter than this; one with long statistics is read again. */
const HEADER_BYTES = 1024;
/** Read where only a header is wanted: it has room for the longest statistics that common writers make. */
const SEEK_BYTES = 16 * 1024;
/** A gap that takes as long to read as a request takes to begin. */
const READ_THROUGH_BYTES = 256 * 1024;

/**
 * The pages of a column chunk that hold wanted rows, and before them its dictionary, each as `open` makes it of its bytes.
 * An offset index or a known page finds them; without one, headers are read from the chunk's start, and no more than those
 * where pages are large. Pages of repeated values in format 1 do not tell their rows, so all come.
 */
export async function* chunkPages<T>(range: ChunkRange, open: (page: Page) => T): AsyncGenerator<T> {
  const extent = await extentOf(range);
  if (extent.dictionary) {
    const pages = new PageWalk(range, { ...extent.dictionary, firstRow: 0, isExact: true });
    yield await pages.take(await pages.header(), open);
  }
  yield* new PageWalk(range, extent).wanted(open);
}

/** Goes from page to page of a part of a chunk. */
class PageWalk {
  private readonly range: ChunkRange;
  private readonly window: ByteWindow;
  private readonly isExact: boolean;
  private row: number;
  /** Where the header of the page at hand begins. */
  private offset = 0;
  /** Of the page before where it was passed, else 0. At first all is likely to be passed. */
  private passedBytes = Number.POSITIVE_INFINITY;

  constructor(range: ChunkRange, part: Extent) {
    this.range = range;
    this.window = new ByteWindow(range.source, part, range);
    this.row = part.firstRow;
    this.isExact = part.isExact ?? false;
  }

  async *wanted<T>(open: (page: Page) => T): AsyncGenerator<T> {
    const { start, end, repeated, groupRows } = this.range;
    while (this.row < end && this.window.left > 1) {
      const header = await this.header();
      if (this.leapsFrom(header)) continue;
      const rows = rowsOf(header, repeated);
      if (rows < 0 || this.row + rows > groupRows)
        throw new RangeError('its pages hold more rows than it has');
      const isPassed = rows > 0 && this.row + rows <= start;
      if (isPassed || header.type === 'INDEX_PAGE') this.pass(header.compressed_page_size);
      else yield await this.take(header, open);
      this.row += rows;
    }
  }

  async header(): Promise<PageHeader> {
    this.offset = this.window.position;
    for (let length = HEADER_BYTES; ; length *= 8) {
      const bytes = await this.window.peek(length, this.fetchBytes());
      const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
      try {
        const header = parquetHeader(reader);
        this.window.skip(reader.offset);
        if (!(header.compressed_page_size >= 0)) throw new TypeError('a page without a size');
        return header;
      } catch (error) {
        // What is cut short and what is damaged look the same until all bytes are there.
        if (error instanceof TypeError || bytes.length >= this.window.left) throw error;
      }
    }
  }

  async take<T>(header: PageHeader, open: (page: Page) => T): Promise<T> {
    const { offset, row: firstRow, range } = this;
    const isDictionary = header.type === 'DICTIONARY_PAGE';
    if (!isDictionary) this.passedBytes = 0;
    const size = header.compressed_page_size;
    if (range.isStreamed?.(header)) {
      const pieces = this.window.split(size).pieces();
      return open({ header, body: new Uint8Array(), pieces, offset, firstRow });
    }
    const use = (body: Uint8Array) => open({ header, body, offset, firstRow });
    return this.window.take(size, use, this.aheadOf(size, rowsOf(header, range.repeated), isDictionary));
  }

  /** Bytes that are fetched for a page: with it the next ones, if they are wanted. */
  private aheadOf(size: number, rows: number, isDictionary: boolean): number {
    const { start, end, windowBytes } = this.range;
    if (isDictionary) return start > 0 ? size : windowBytes;
    if (rows === 0) return windowBytes;
    return Math.min(windowBytes, (size + HEADER_BYTES) * Math.ceil((end - this.row) / rows));
  }

  /** From the first data page to the known one, which must be a data page as well. */
  private leapsFrom({ type }: PageHeader): boolean {
    const { known } = this.range;
    if (!known) return false;
    if (this.offset === known.offset && !isDataPage(type))
      throw new RangeError(`no data page begins at byte ${known.offset}`);
    if (this.row >= known.firstRow || !isDataPage(type)) return false;
    const distance = known.offset - this.window.position;
    if (distance < 0 || distance >= this.window.left)
      throw new RangeError(`byte ${known.offset} lies outside of its pages`);
    this.window.skip(distance);
    this.row = known.firstRow;
    return true;
  }

  private pass(bytes: number): void {
    this.window.skip(bytes);
    this.passedBytes = bytes;
  }

  /** Before the first wanted row the next page is likely to be passed as well, and to be as large as the last one. */
  private fetchBytes(): number {
    const { windowBytes, start, end, groupRows, chunk } = this.range;
    if (this.isExact) return windowBytes;
    const isSeeking = this.row < start && this.passedBytes >= READ_THROUGH_BYTES;
    // Of a chunk of some rows, about what they have of all bytes.
    const share = (end - this.row) / Math.max(groupRows, 1);
    const wanted = isSeeking ? 0 : Math.ceil(share * Number(chunk.meta_data?.total_compressed_size ?? 0));
    return Math.min(windowBytes, SEEK_BYTES + wanted);
  }
}

function isDataPage(type: PageHeader['type']): boolean {
  return type === 'DATA_PAGE' || type === 'DATA_PAGE_V2';
}

/** Rows of a page, 0 where they are not known before it is decoded. */
function rowsOf({ data_page_header: v1, data_page_header_v2: v2 }: PageHeader, repeated: boolean): number {
  if (v2) return v2.num_rows;
  return v1 && !repeated ? v1.num_values : 0;
}
