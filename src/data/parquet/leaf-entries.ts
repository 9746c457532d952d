import type { Compressors, SchemaTree } from 'hyparquet';
import { getMaxDefinitionLevel, getMaxRepetitionLevel } from 'hyparquet/src/schema.js';
import { type Places, placesFor } from './cell-buffers.ts';
import type { Page } from './chunk-pages.ts';
import type { Leaf } from './column-selection.ts';
import { type DataPage, takeApart } from './data-page.ts';
import { PageMemory } from './page-memory.ts';
import type { PageLevels } from './page-writer.ts';
import { PhysicalDecoder } from './physical-values.ts';
import { RleReader } from './rle.ts';
import type { PhysicalValues, ValueReader } from './value-reader.ts';

/** Some entries of a page, valid until the next ones are read: levels, and a value where the definition is full. */
export interface LeafEntries {
  readonly count: number;
  /** Longer than `count`; where pages have none of a kind, all are what they must be. */
  readonly repetitions: Int32Array;
  readonly definitions: Int32Array;
  readonly values: PhysicalValues;
}

/** Entries that are read at once at most: no page is ever decoded as a whole. */
export const STEP_ENTRIES = 4096;
/** Levels are written in one byte each. */
const MOST_LEVELS = 255;

/** Decodes the pages of one chunk of any leaf, nested or not, step by step to its levels and physical values. */
export class LeafDecoder {
  readonly maxDefinition: number;
  readonly levels: PageLevels;
  private readonly maxRepetition: number;
  private readonly memory: PageMemory;
  private readonly decoder: PhysicalDecoder;
  private readonly repetitions = new Levels();
  private readonly definitions = new Levels();
  private places: Places = placesFor(STEP_ENTRIES);
  private page: DataPage | undefined;
  /** Opened when a value is wanted: pages of nulls only may have no bytes for any. */
  private values: ValueReader | undefined;
  private entriesLeft = 0;

  /** As `texts`, values are made UTF-8. */
  constructor({ schemaPath, chunk }: Leaf, compressors: Compressors, { texts = false } = {}) {
    const below = schemaPath.slice(1);
    this.maxDefinition = getMaxDefinitionLevel(schemaPath);
    this.maxRepetition = getMaxRepetitionLevel(below);
    if (this.maxDefinition > MOST_LEVELS) throw new RangeError(`groups nested ${this.maxDefinition} deep`);
    this.levels = { repetitions: this.maxRepetition > 0, definitions: this.maxDefinition > 0 };
    this.memory = new PageMemory({ codec: chunk.meta_data?.codec ?? 'UNCOMPRESSED', compressors });
    this.decoder = new PhysicalDecoder(elementOf(below), texts);
  }

  /** Entries of the page that were not read yet. */
  get left(): number {
    return this.entriesLeft;
  }

  /** Takes up a page, whose own bytes are not needed any more then. A dictionary is kept, and has no entries. */
  open(page: Page): void {
    this.values = undefined;
    this.entriesLeft = 0;
    const { dictionary_page_header: dictionary } = page.header;
    if (dictionary) {
      this.decoder.readDictionary(this.memory.unpackToKeep(page), dictionary.num_values);
      return;
    }
    this.page = takeApart(page, this.memory, this.levels);
    this.repetitions.open(this.page.repetitions, this.maxRepetition);
    this.definitions.open(this.page.definitions, this.maxDefinition);
    this.entriesLeft = this.page.entries;
  }

  /** The page's next entries, as many as are left of those that are wanted, or less where values are long. */
  next(wanted = STEP_ENTRIES): LeafEntries {
    const most = Math.min(wanted, STEP_ENTRIES, this.entriesLeft);
    const repetitions = this.repetitions.peek(most);
    const definitions = this.definitions.peek(most);
    const present = this.levels.definitions ? countOf(definitions, this.maxDefinition, most) : most;
    const values = this.readValues(present);
    const count = values.count === present ? most : this.countWith(values.count, definitions);
    this.repetitions.drop(count);
    this.definitions.drop(count);
    this.entriesLeft -= count;
    return { count, repetitions, definitions, values };
  }

  /** Ends the use of all entries. */
  close(): void {
    this.entriesLeft = 0;
    this.memory.close();
  }

  private readValues(count: number): PhysicalValues {
    const { page, places } = this;
    if (count === 0 || !page) return { ...places, bytes: new Uint8Array(), count: 0 };
    this.values ??= this.decoder.open({ encoding: page.encoding, bytes: page.values });
    return this.values.read(count, places);
  }

  /** How many entries there are before the one whose value was not read. */
  private countWith(values: number, definitions: Int32Array): number {
    if (!this.levels.definitions) return values;
    let present = 0;
    for (let i = 0; ; i += 1) {
      if (definitions[i] !== this.maxDefinition) continue;
      if (present === values) return i;
      present += 1;
    }
  }
}

/** Levels of one kind, of which some are read ahead. Where pages have none, all are 0. */
class Levels {
  private readonly ahead = new Int32Array(STEP_ENTRIES);
  private reader: RleReader | undefined;
  private held = 0;
  private dropped = 0;

  open(bytes: Uint8Array | undefined, max: number): void {
    this.reader = bytes && new RleReader({ bytes, at: 0, end: bytes.length }, 32 - Math.clz32(max));
    this.held = 0;
    this.dropped = 0;
  }

  /** The next levels, valid until more are asked for. */
  peek(count: number): Int32Array {
    if (!this.reader) return this.ahead;
    if (this.dropped > 0) this.ahead.copyWithin(0, this.dropped, this.held);
    this.held -= this.dropped;
    this.dropped = 0;
    if (count > this.held) {
      this.reader.read(this.ahead, count - this.held, this.held);
      this.held = count;
    }
    return this.ahead;
  }

  drop(count: number): void {
    if (this.reader) this.dropped += count;
  }
}

function countOf(levels: Int32Array, level: number, count: number): number {
  let found = 0;
  for (let i = 0; i < count; i += 1) if (levels[i] === level) found += 1;
  return found;
}

function elementOf(path: readonly SchemaTree[]): SchemaTree['element'] {
  const leaf = path.at(-1);
  if (!leaf) throw new TypeError('a column without a schema');
  return leaf.element;
}
