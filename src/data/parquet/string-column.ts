import type { Compressors } from 'hyparquet';
import type { CellColumn } from '../cells.ts';
import { spreadOverNulls } from './cell-buffers.ts';
import { type CellCursor, rowsToBorder } from './cell-cursor.ts';
import type { ChunkRange, PagePlace } from './chunk-range.ts';
import type { Leaf } from './column-selection.ts';
import { LeafDecoder, type LeafEntries } from './leaf-entries.ts';

/** Strings of a range of rows, left where their pages have them. */
export class StringColumn implements CellCursor {
  page: PagePlace | undefined;
  private readonly pages: AsyncGenerator<PagePlace>;
  private readonly decoder: LeafDecoder;
  /** Of the row group: the next row of the page. */
  private row = 0;
  private readonly start: number;
  private cells: CellColumn = { bytes: new Uint8Array(), starts: new Int32Array(), ends: new Int32Array() };
  private rows = 0;
  private next = 0;

  constructor(leaf: Leaf, range: ChunkRange, compressors: Compressors) {
    this.decoder = new LeafDecoder(leaf, compressors, { texts: true });
    this.start = range.start;
    this.pages = this.decoder.pages(range);
  }

  async ready(): Promise<number> {
    while (this.next >= this.rows) {
      if (this.decoder.left > 0) {
        await this.decoder.prepare();
        this.readOn();
      } else {
        const { value: page, done } = await this.pages.next();
        if (done) return 0;
        this.page = { offset: page.offset, firstRow: page.firstRow };
        this.row = page.firstRow;
      }
    }
    return this.rows - this.next;
  }

  take(rows: number): CellColumn {
    const { bytes, starts, ends } = this.cells;
    const [from, to] = [this.next, this.next + rows];
    this.next = to;
    return { bytes, starts: starts.subarray(from, to), ends: ends.subarray(from, to) };
  }

  async close(): Promise<void> {
    await this.pages.return(undefined);
    this.decoder.close();
  }

  private readOn(): void {
    const isWanted = this.row >= this.start;
    const entries = this.decoder.next(isWanted ? rowsToBorder(this.row) : this.start - this.row);
    this.row += entries.count;
    if (!isWanted) return;
    this.spread(entries);
    this.cells = entries.values;
    this.rows = entries.count;
    this.next = 0;
  }

  private spread({ values, definitions, count }: LeafEntries): void {
    if (values.count < count) spreadOverNulls(values, definitions, count, values.count);
  }
}
