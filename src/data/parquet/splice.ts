import { refusal } from '../../errors.ts';
import { encodePages } from './column-pages.ts';
import { assertColumns } from './encodable.ts';
import { appendToFooter, type NewChunk } from './footer.ts';
import { guardSource } from './source-guard.ts';
import type { ColumnValues, OutputColumn, ParquetTable, Segment } from './types.ts';

export interface SpliceOptions {
  readonly columns: readonly OutputColumn[];
  /** Pulls the values of the next `count` rows, in row order. */
  readonly next: (count: number) => Promise<readonly ColumnValues[]>;
  readonly signal?: AbortSignal;
}

/** Rows that are held as JavaScript values; 512 embeddings of 1,024 floats take some 70 MB while they are encoded. */
const SLICE_ROWS = { ofLists: 512, flat: 4096 } as const;
const MAGIC = 'PAR1';

/**
 * The table with columns appended, as the pieces of its file: the input up to its footer as it is, the new column chunks,
 * and the input's footer with them added. No value, statistic, index or unknown field of the input changes.
 *
 * The first column streams, so the largest belongs there; pages of the others wait, encoded, for the row group's end.
 */
export async function* spliceParquet(
  table: ParquetTable,
  { columns, next, signal }: SpliceOptions,
): AsyncGenerator<Segment> {
  assertNewNames(table, columns);
  signal?.throwIfAborted();
  yield { kind: 'copy', start: 0, end: table.footer.start };
  const groups: NewChunk[][] = [];
  let offset = table.footer.start;
  for (const rows of table.rowGroups) {
    const chunks = columns.map((column) => new Chunk(column));
    const slices = slicesOf(columns, rows, next, signal);
    for await (const bytes of encodeGroup(chunks, slices, () => offset)) {
      yield { kind: 'bytes', bytes };
      offset += bytes.length;
    }
    groups.push(chunks.map((chunk) => chunk.placed()));
  }
  yield { kind: 'bytes', bytes: await newFooter(table, columns, groups) };
}

/** One column of one row group while its pages come in. */
class Chunk {
  private readonly column: OutputColumn;
  private readonly waiting: Uint8Array[] = [];
  private offset = 0;
  private bytes = 0;
  private uncompressed = 0n;
  private values = 0n;

  constructor(column: OutputColumn) {
    this.column = column;
  }

  add(slice: ColumnValues): void {
    const { bytes, values, uncompressedBytes } = encodePages(this.column, slice);
    this.waiting.push(bytes);
    this.bytes += bytes.length;
    this.values += values;
    this.uncompressed += uncompressedBytes;
  }

  /** Starts the chunk at this place of the file. */
  startAt(offset: number): void {
    this.offset = offset;
  }

  *drain(): Generator<Uint8Array> {
    for (const bytes of this.waiting.splice(0)) if (bytes.length > 0) yield bytes;
  }

  placed(): NewChunk {
    return {
      column: this.column,
      offset: BigInt(this.offset),
      compressedBytes: BigInt(this.bytes),
      uncompressedBytes: this.uncompressed,
      values: this.values,
    };
  }
}

async function* encodeGroup(
  chunks: readonly Chunk[],
  slices: AsyncIterable<readonly ColumnValues[]>,
  position: () => number,
): AsyncGenerator<Uint8Array> {
  const [first, ...others] = chunks;
  first?.startAt(position());
  for await (const slice of slices) {
    for (const [i, chunk] of chunks.entries()) chunk.add(slice[i] ?? []);
    if (first) yield* first.drain();
  }
  for (const chunk of others) {
    chunk.startAt(position());
    yield* chunk.drain();
  }
}

async function* slicesOf(
  columns: readonly OutputColumn[],
  rows: number,
  next: SpliceOptions['next'],
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly ColumnValues[]> {
  const size = columns.some(({ type }) => type === 'list<float>') ? SLICE_ROWS.ofLists : SLICE_ROWS.flat;
  for (let done = 0; done < rows; done += size) {
    signal?.throwIfAborted();
    const count = Math.min(size, rows - done);
    const slice = await next(count);
    assertColumns(columns, slice, count);
    yield slice;
  }
}

function newFooter(
  table: ParquetTable,
  columns: readonly OutputColumn[],
  groups: readonly (readonly NewChunk[])[],
): Promise<Uint8Array> {
  const { decode } = guardSource(table.source, table.name);
  return decode('its footer', () => {
    const footer = appendToFooter(table.footer.bytes, columns, groups);
    const trailer = Buffer.alloc(8, MAGIC, 'latin1');
    trailer.writeUInt32LE(footer.length, 0);
    return Buffer.concat([footer, trailer]);
  });
}

function assertNewNames(table: ParquetTable, columns: readonly OutputColumn[]): void {
  const names = new Set(table.columns);
  for (const { name } of columns) {
    if (names.has(name))
      throw refusal(`add to ${table.name}`, `column ${name}`, 'be new', 'one of its columns');
    names.add(name);
  }
}
