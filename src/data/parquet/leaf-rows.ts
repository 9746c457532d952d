import type { Compressors, DecodedArray } from 'hyparquet';
import { readPage } from 'hyparquet/src/column.js';
import { convert, DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import { type ChunkRange, chunkPages, type Page } from './chunk-pages.ts';
import type { Leaf } from './column-selection.ts';

type ColumnDecoder = Parameters<typeof readPage>[2];

/** The one conversion that no annotation asks for is that of INT96, to nanoseconds. */
export const PARSERS = { ...DEFAULT_PARSERS, timestampFromNanoseconds: asItIs };

/** Decoded rows of one leaf, a page at a time. */
export class LeafRows {
  readonly path: string;
  private readonly range: ChunkRange;
  private readonly pages: AsyncGenerator<Page>;
  private readonly decoder: ColumnDecoder;
  private dictionary: DecodedArray | undefined;
  private rows: DecodedArray = [];
  /** Rows before this place of `rows` were taken or are not wanted. */
  private next = 0;
  private started = false;
  private ended = false;

  constructor(leaf: Leaf, range: ChunkRange, compressors: Compressors) {
    this.range = range;
    this.pages = chunkPages(range);
    this.decoder = decoderOf(leaf, compressors);
    this.path = this.decoder.pathInSchema.join('.');
  }

  /** How many whole rows are there: none only after the last one. */
  async ready(): Promise<number> {
    while (this.whole <= this.next && !this.ended) await this.readPage();
    return Math.max(this.whole - this.next, 0);
  }

  take(count: number): DecodedArray {
    const taken = this.rows.slice(this.next, this.next + count);
    this.next += count;
    return taken;
  }

  /** The last row of repeated values may go on in the next page. */
  private get whole(): number {
    return this.range.repeated && !this.ended ? this.rows.length - 1 : this.rows.length;
  }

  private async readPage(): Promise<void> {
    const { value: page, done } = await this.pages.next();
    if (done) {
      this.ended = true;
    } else if (page.header.type === 'DICTIONARY_PAGE') {
      this.dictionary = convert(this.decode(page, undefined), this.decoder);
    } else if (valuesOf(page) > 0) {
      if (!this.started) this.next = this.range.start - page.firstRow;
      this.started = true;
      const begun = this.dropTaken();
      this.rows = this.decode(page, begun.length > 0 ? begun : undefined);
    }
  }

  /** Lets go of all rows but those that the next page may go on with. */
  private dropTaken(): DecodedArray {
    const kept = this.range.repeated
      ? Math.min(this.next, Math.max(this.rows.length - 1, 0))
      : this.rows.length;
    this.next -= kept;
    return this.rows.slice(kept);
  }

  private decode({ header, body }: Page, begun: DecodedArray | undefined): DecodedArray {
    const reader = { view: new DataView(body.buffer, body.byteOffset, body.byteLength), offset: 0 };
    return readPage(reader, header, this.decoder, this.dictionary, begun, 0).data ?? [];
  }
}

function valuesOf({ header }: Page): number {
  return (header.data_page_header ?? header.data_page_header_v2)?.num_values ?? 0;
}

function decoderOf({ schemaPath, chunk }: Leaf, compressors: Compressors): ColumnDecoder {
  const leaf = schemaPath.at(-1);
  const { meta_data: meta } = chunk;
  if (!leaf || !meta) throw new TypeError('a column without metadata');
  return {
    pathInSchema: leaf.path,
    type: meta.type,
    element: leaf.element,
    schemaPath,
    codec: meta.codec,
    parsers: PARSERS,
    compressors,
    utf8: false,
  };
}

// hyparquet types its parsers' results as Date, and keeps whatever they return.
function asItIs(value: bigint): Date {
  return value as unknown as Date;
}
