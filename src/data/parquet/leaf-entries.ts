import type { ColumnMetaData, Compressors, Encoding, PageHeader, SchemaTree } from 'hyparquet';
import { getMaxDefinitionLevel, getMaxRepetitionLevel } from 'hyparquet/src/schema.js';
import { type Places, placesFor } from './cell-buffers.ts';
import { chunkPages, type Page } from './chunk-pages.ts';
import type { ChunkRange, PagePlace } from './chunk-range.ts';
import type { Leaf } from './column-selection.ts';
import { assertRunLengths, type DataPage, takeApart } from './data-page.ts';
import { countOf, Levels, STEP_ENTRIES } from './levels.ts';
import { PageMemory } from './page-memory.ts';
import { isStreamed, type Pieces, unpackedBlocks } from './page-stream.ts';
import type { PageLevels } from './page-writer.ts';
import { PhysicalDecoder } from './physical-values.ts';
import type { PhysicalValues, ValueReader } from './value-reader.ts';
import { ValueStream } from './value-stream.ts';

/** Some entries of a page, valid until the next ones are read: levels, and a value where the definition is full. */
export interface LeafEntries {
  readonly count: number;
  /** Longer than `count`; where pages have none of a kind, all are what they must be. */
  readonly repetitions: Int32Array;
  readonly definitions: Int32Array;
  readonly values: PhysicalValues;
}

type PageLevelBytes = {
  readonly [kind in keyof PageLevels]?: Uint8Array | undefined;
} & Pick<DataPage, 'entries'>;

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
  private readonly meta: ColumnMetaData;
  private page: DataPage | undefined;
  private stream: ValueStream | undefined;
  /** Opened when a value is wanted: pages of nulls only may have no bytes for any. */
  private values: ValueReader | undefined;
  private entriesLeft = 0;

  /** As `texts`, values are made UTF-8. */
  constructor({ schemaPath, chunk }: Leaf, compressors: Compressors, { texts = false } = {}) {
    const { meta_data: meta } = chunk;
    if (!meta) throw new TypeError('a column without metadata');
    const below = schemaPath.slice(1);
    this.meta = meta;
    this.maxDefinition = getMaxDefinitionLevel(schemaPath);
    this.maxRepetition = getMaxRepetitionLevel(below);
    if (this.maxDefinition > MOST_LEVELS) throw new RangeError(`groups nested ${this.maxDefinition} deep`);
    this.levels = { repetitions: this.maxRepetition > 0, definitions: this.maxDefinition > 0 };
    this.memory = new PageMemory({ codec: meta.codec, compressors });
    this.decoder = new PhysicalDecoder(elementOf(below), texts);
  }

  /** Entries of the page that were not read yet. */
  get left(): number {
    return this.entriesLeft;
  }

  /** The places of the pages with wanted rows, each taken up when it comes. A dictionary is kept, and has no entries. */
  async *pages(range: ChunkRange): AsyncGenerator<PagePlace> {
    const streaming = { ...range, isStreamed: (header: PageHeader) => isStreamed(this.meta, header) };
    const pages = chunkPages(streaming, (page) => {
      if (!page.pieces) this.open(page);
      return page;
    });
    for await (const page of pages) {
      if (page.pieces) await this.openStream(page, page.pieces);
      try {
        yield page;
      } finally {
        await this.stream?.close();
      }
    }
  }

  /** To be awaited before entries are read, after which no earlier ones are valid. */
  async prepare(): Promise<void> {
    await this.stream?.prepare();
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

  /** The page's own bytes are not needed any more then. */
  private open(page: Page): void {
    this.values = undefined;
    this.stream = undefined;
    this.entriesLeft = 0;
    const { dictionary_page_header: dictionary } = page.header;
    if (dictionary) {
      this.decoder.readDictionary(this.memory.unpackToKeep(page), dictionary.num_values);
      return;
    }
    this.page = takeApart(page, this.memory, this.levels);
    this.openLevels(this.page);
  }

  /** A large page is unpacked only as its entries are read. */
  private async openStream({ header }: Page, pieces: Pieces): Promise<void> {
    const { data_page_header: v1, uncompressed_page_size: size } = header;
    if (!v1) throw new TypeError(`a stream of a page of the type ${header.type}`);
    const blocks = unpackedBlocks(this.meta.codec, pieces, size);
    const stream = new ValueStream(blocks, { size, width: this.decoder.width, memory: this.stream?.memory });
    const take = async (encoding: Encoding) => {
      assertRunLengths(encoding);
      return stream.bytes(Buffer.from(await stream.bytes(4)).readUInt32LE());
    };
    const repetitions = this.levels.repetitions ? await take(v1.repetition_level_encoding) : undefined;
    const definitions = this.levels.definitions ? await take(v1.definition_level_encoding) : undefined;
    this.stream = stream;
    this.values = this.decoder.asTexts(stream);
    this.openLevels({ entries: v1.num_values, repetitions, definitions });
  }

  private openLevels({ entries, repetitions, definitions }: PageLevelBytes): void {
    this.repetitions.open(repetitions, this.maxRepetition);
    this.definitions.open(definitions, this.maxDefinition);
    this.entriesLeft = entries;
  }

  private readValues(count: number): PhysicalValues {
    const { page, places } = this;
    if (count === 0) return { ...places, bytes: new Uint8Array(), count };
    if (page) this.values ??= this.decoder.open({ encoding: page.encoding, bytes: page.values });
    if (!this.values) throw new TypeError('no page was opened');
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

function elementOf(path: readonly SchemaTree[]): SchemaTree['element'] {
  const leaf = path.at(-1);
  if (!leaf) throw new TypeError('a column without a schema');
  return leaf.element;
}
