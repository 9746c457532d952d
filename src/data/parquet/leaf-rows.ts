import type { Compressors, DecodedArray, ParquetType } from 'hyparquet';
import { assembleLists } from 'hyparquet/src/assemble.js';
import { DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import type { ChunkRange, PagePlace } from './chunk-range.ts';
import type { Leaf } from './column-selection.ts';
import { LeafDecoder, type LeafEntries } from './leaf-entries.ts';
import { leafValues } from './leaf-values.ts';
import { countOf } from './levels.ts';

/** The one conversion that no annotation asks for is that of INT96, to nanoseconds. */
export const PARSERS = { ...DEFAULT_PARSERS, timestampFromNanoseconds: asItIs };

/** Decoded rows of one leaf, some entries of a page at a time. */
export class LeafRows {
  readonly path: string;
  private readonly leaf: Leaf;
  private readonly type: ParquetType;
  private readonly isRepeated: boolean;
  private readonly start: number;
  private readonly pages: AsyncGenerator<PagePlace>;
  private readonly decoder: LeafDecoder;
  private rows: DecodedArray = [];
  /** Rows before this place of `rows` were taken. */
  private next = 0;
  /** Rows that begin before the first wanted one; not known before the first page is. */
  private toSkip: number | undefined;
  private ended = false;

  constructor(leaf: Leaf, range: ChunkRange, compressors: Compressors) {
    const { meta_data: meta } = leaf.chunk;
    if (!meta) throw new TypeError('a column without metadata');
    this.leaf = leaf;
    this.type = meta.type;
    this.isRepeated = range.repeated;
    this.path = leaf.schemaPath.at(-1)?.path.join('.') ?? '';
    this.decoder = new LeafDecoder(leaf, compressors);
    this.start = range.start;
    this.pages = this.decoder.pages(range);
  }

  /** How many whole rows are there: none only after the last one. */
  async ready(): Promise<number> {
    while (this.whole <= this.next && !this.ended) {
      if (this.decoder.left > 0) {
        await this.decoder.prepare();
        this.readOn(this.decoder.next());
      } else await this.nextPage();
    }
    return Math.max(this.whole - this.next, 0);
  }

  take(count: number): DecodedArray {
    const taken = this.rows.slice(this.next, this.next + count);
    this.next += count;
    return taken;
  }

  async close(): Promise<void> {
    await this.pages.return(undefined);
    this.decoder.close();
  }

  /** The last row of repeated values may go on in the next entries. */
  private get whole(): number {
    return this.isRepeated && !this.ended ? this.rows.length - 1 : this.rows.length;
  }

  private async nextPage(): Promise<void> {
    const { value: page, done } = await this.pages.next();
    this.ended = done === true;
    if (!done && this.decoder.left > 0) this.toSkip ??= this.start - page.firstRow;
  }

  private readOn(entries: LeafEntries): void {
    const first = this.firstWanted(entries);
    if (first === entries.count) return;
    const begun = this.dropTaken();
    const { definitions, repetitions, count, values } = entries;
    const { maxDefinition, levels } = this.decoder;
    const firstValue = levels.definitions ? countOf(definitions, maxDefinition, first) : first;
    const decoded = leafValues(this.type, values, firstValue, this.isRepeated);
    this.rows = assembleLists(
      begun,
      levels.definitions ? Array.from(definitions.subarray(first, count)) : [],
      levels.repetitions ? Array.from(repetitions.subarray(first, count)) : [],
      decoded,
      this.leaf.schemaPath,
    );
  }

  /** The entry at which the first wanted row begins, or goes on; their number if none of these is wanted. */
  private firstWanted({ repetitions, count }: LeafEntries): number {
    if (this.toSkip === undefined || this.toSkip < 0) return 0;
    for (let i = 0; i < count; i += 1) {
      if (repetitions[i] !== 0) continue;
      this.toSkip -= 1;
      if (this.toSkip < 0) return i;
    }
    return count;
  }

  /** Lets go of all rows but those that the next entries may go on with. */
  private dropTaken(): unknown[] {
    const kept = this.isRepeated ? Math.min(this.next, Math.max(this.rows.length - 1, 0)) : this.rows.length;
    this.next -= kept;
    return kept === this.rows.length ? [] : Array.from(this.rows.slice(kept));
  }
}

// hyparquet types its parsers' results as Date, and keeps whatever they return.
function asItIs(value: bigint): Date {
  return value as unknown as Date;
}
