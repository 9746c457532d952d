import type { CellColumn } from '../cells.ts';
import type { CellCursor } from './cell-cursor.ts';
import { type ChunkRange, chunkPages, type Page } from './chunk-pages.ts';
import { type StringCells, StringPages, type StringPagesOptions } from './string-pages.ts';

/** Strings of a range of rows, left where their pages have them. */
export class StringColumn implements CellCursor {
  private readonly pages: AsyncGenerator<Page>;
  private readonly decoder: StringPages;
  private readonly start: number;
  private cells: StringCells | undefined;
  private next = 0;

  constructor(range: ChunkRange, options: StringPagesOptions) {
    this.pages = chunkPages(range);
    this.decoder = new StringPages(options);
    this.start = range.start;
  }

  async ready(): Promise<number> {
    while (!this.cells || this.next >= this.cells.rows) {
      const { value: page, done } = await this.pages.next();
      if (done) return 0;
      this.cells = this.decoder.decode(page);
      this.next = Math.max(this.start - page.firstRow, 0);
    }
    return this.cells.rows - this.next;
  }

  take(rows: number): CellColumn {
    if (!this.cells) throw new RangeError('no rows are ready');
    const { bytes, starts, ends } = this.cells;
    const [from, to] = [this.next, this.next + rows];
    this.next = to;
    return { bytes, starts: starts.subarray(from, to), ends: ends.subarray(from, to) };
  }

  close(): void {
    this.decoder.close();
  }
}
