import type { Arena } from './arena.ts';
import type { ChunkRange } from './chunk-range.ts';
import type { Compression } from './codecs.ts';
import { decompressors } from './codecs.ts';
import type { Leaf } from './column-selection.ts';
import { LeafDecoder, type LeafEntries } from './leaf-entries.ts';
import { PageWriter, type WrittenPages } from './page-writer.ts';
import type { PhysicalValues } from './value-reader.ts';

/** Writes the first rows of one leaf's chunk anew: its levels and the bytes of its values stay what they are. */
export class LeafRewriter {
  private readonly range: ChunkRange;
  private readonly decoder: LeafDecoder;
  private readonly pages: PageWriter;
  private readonly isByteArray: boolean;
  private readonly isBoolean: boolean;
  /** Rows that have begun. */
  private rows = 0;
  private isDone = false;

  constructor(leaf: Leaf, range: ChunkRange, compression: Compression) {
    const { type } = leaf.schemaPath.at(-1)?.element ?? {};
    this.range = range;
    this.decoder = new LeafDecoder(leaf, decompressors());
    this.pages = new PageWriter(this.decoder.levels, compression);
    this.isByteArray = type === 'BYTE_ARRAY';
    this.isBoolean = type === 'BOOLEAN';
  }

  /** The new pages; the chunk starts at this place of the file. */
  async *rewrite(offset: number): AsyncGenerator<Uint8Array> {
    this.pages.startAt(offset);
    for await (const _ of this.decoder.pages(this.range)) {
      while (this.decoder.left > 0 && !this.isDone) {
        await this.decoder.prepare();
        yield* this.add(this.decoder.next());
      }
      if (this.isDone) break;
    }
    this.decoder.close();
    if (this.rows < this.range.end) throw new RangeError(`a column holds ${this.rows} rows`);
    this.pages.endPage();
    yield* this.pages.drain();
  }

  written(): WrittenPages {
    return this.pages.written();
  }

  private *add(entries: LeafEntries): Generator<Uint8Array> {
    let value = 0;
    for (let i = 0; i < entries.count; i += 1) {
      // Pages are ended where a row ends, so that readers may skip them.
      if (entries.repetitions[i] === 0) {
        if (this.rows === this.range.end) {
          this.isDone = true;
          return;
        }
        this.rows += 1;
        if (this.pages.isFull) {
          this.pages.endPage();
          yield* this.pages.drain();
        }
      }
      if (this.addLevels(entries, i)) {
        this.addValue(entries.values, value);
        value += 1;
      }
    }
  }

  /** Whether the entry has a value. */
  private addLevels({ repetitions, definitions }: LeafEntries, i: number): boolean {
    const { pages, decoder } = this;
    const definition = definitions[i] ?? 0;
    pages.entries += 1;
    if (decoder.levels.repetitions) pages.parts.repetitions.add(repetitions[i] ?? 0);
    if (!decoder.levels.definitions) return true;
    pages.parts.definitions.add(definition);
    if (definition === decoder.maxDefinition) return true;
    pages.nulls += 1;
    return false;
  }

  private addValue({ bytes, starts, ends }: PhysicalValues, i: number): void {
    const { values } = this.pages.parts;
    const start = starts[i] ?? 0;
    const end = ends[i] ?? 0;
    if (this.isBoolean) values.addBit(bytes[start] === 1);
    else if (this.isByteArray) addByteArray(values, bytes, start, end);
    else values.addRange(bytes, start, end);
  }
}

function addByteArray(values: Arena, bytes: Uint8Array, start: number, end: number): void {
  const at = values.reserve(4);
  values.length = values.bytes.writeUInt32LE(end - start, at);
  values.addRange(bytes, start, end);
}
