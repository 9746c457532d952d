import { type Compression, defaultCompression } from './codecs.ts';
import type { NewChunk } from './footer.ts';
import { addValue, holdsNothing } from './page-values.ts';
import { PageWriter } from './page-writer.ts';
import { type ColumnValues, isListType, type OutputColumn } from './types.ts';

/** Pages of one column of one row group, as its values come in. */
export class ColumnEncoder {
  private readonly column: OutputColumn;
  private readonly pages: PageWriter;

  /** Floats that come from a model do not shrink, so vectors stay as they are unless a compression is asked for. */
  constructor(column: OutputColumn, compression?: Compression) {
    this.column = column;
    const isList = isListType(column.type);
    const standard = isList ? 'uncompressed' : defaultCompression();
    this.pages = new PageWriter({ repetitions: isList, definitions: true }, compression ?? standard);
  }

  /** What was added, before compression. */
  get valueBytes(): number {
    return this.pages.valueBytes;
  }

  add(values: ColumnValues): void {
    const { pages, column } = this;
    for (const value of values) {
      if (holdsNothing(value)) pages.nulls += 1;
      pages.entries += addValue(pages.parts, column, value);
      if (pages.isFull) pages.endPage();
    }
  }

  /** Ends the last page. */
  end(): void {
    this.pages.endPage();
  }

  /** The pages that have ended since the last call. */
  drain(): readonly Uint8Array[] {
    return this.pages.drain();
  }

  /** Starts the chunk at this place of the file. */
  startAt(offset: number): void {
    this.pages.startAt(offset);
  }

  placed(): NewChunk {
    return { column: this.column, ...this.pages.written() };
  }
}
