import { parquetSchema } from 'hyparquet';
import { getMaxRepetitionLevel } from 'hyparquet/src/schema.js';
import type { ChunkRange } from './chunk-range.ts';
import { type Compression, defaultCompression } from './codecs.ts';
import { type Leaf, leavesOf } from './column-selection.ts';
import type { Position } from './group-encoder.ts';
import { LeafRewriter } from './leaf-rewriter.ts';
import type { WrittenPages } from './page-writer.ts';
import { unannotated } from './raw-schema.ts';
import { SharedMemory } from './shared-memory.ts';
import type { GuardedSource } from './source-guard.ts';
import type { ParquetTable } from './types.ts';

/** Bytes that are fetched at once: leaves are read one after the other. */
const WINDOW_BYTES = 4 * 1024 * 1024;

export interface GroupCut {
  readonly index: number;
  /** How many of the row group's rows are kept. */
  readonly rows: number;
  readonly compression?: Compression | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Writes a row group's first rows anew. Returns where their chunks lie; memory is bounded by a page and a dictionary. */
export async function* rewriteGroup(
  table: ParquetTable,
  source: GuardedSource,
  position: Position,
  cut: GroupCut,
): AsyncGenerator<Uint8Array, readonly WrittenPages[]> {
  const written: WrittenPages[] = [];
  const large = new SharedMemory();
  for (const leaf of await source.decode(`row group ${cut.index}`, () => leavesOfGroup(table, cut.index))) {
    const range = {
      source: source.buffer,
      chunk: leaf.chunk,
      repeated: getMaxRepetitionLevel(leaf.schemaPath.slice(1)) > 0,
      groupRows: table.rowGroups[cut.index] ?? 0,
      start: 0,
      end: cut.rows,
      windowBytes: WINDOW_BYTES,
      large,
    };
    written.push(yield* rewriteLeaf(leaf, range, source.decode, position, cut));
  }
  return written;
}

async function* rewriteLeaf(
  leaf: Leaf,
  range: ChunkRange,
  decode: GuardedSource['decode'],
  position: Position,
  { index, compression = defaultCompression(), signal }: GroupCut,
): AsyncGenerator<Uint8Array, WrittenPages> {
  const what = `row group ${index}`;
  const rewriter = await decode(what, () => new LeafRewriter(leaf, range, compression));
  const pages = rewriter.rewrite(position.offset);
  for (;;) {
    signal?.throwIfAborted();
    const { value, done } = await decode(what, () => pages.next());
    if (done) return rewriter.written();
    if (value.length === 0) continue;
    position.offset += value.length;
    yield value;
  }
}

/** In the order of the schema, which is that of the row group's chunks. */
function leavesOfGroup({ metadata }: ParquetTable, index: number): readonly Leaf[] {
  const group = metadata.row_groups[index];
  if (!group) throw new RangeError('it is not there');
  const physical = unannotated(metadata, group);
  return parquetSchema(physical).children.flatMap((node) => leavesOf(physical, node));
}
