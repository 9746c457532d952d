import { refusal } from '../../errors.ts';
import type { Compression } from './codecs.ts';
import { assertColumns } from './column-lengths.ts';
import { cutFooter } from './cut-footer.ts';
import { type FileState, groupsOf, type PlacedGroup, stateOf } from './file-state.ts';
import { appendToFooter, type NewChunk, withTrailer } from './footer.ts';
import { rewriteGroup } from './group-cut.ts';
import { GroupEncoder } from './group-encoder.ts';
import type { WrittenPages } from './page-writer.ts';
import { guardSource } from './source-guard.ts';
import { planCut, type TableCut } from './table-cut.ts';
import { type ColumnValues, isListType, type OutputColumn, type ParquetTable } from './types.ts';

export interface SpliceOptions {
  readonly columns: readonly OutputColumn[];
  /** Pulls the values of the next `count` rows, in row order. */
  readonly next: (count: number) => Promise<readonly ColumnValues[]>;
  /** How many of the table's first rows are kept; by default all. */
  readonly rows?: number | undefined;
  /** Of all new columns; by default zstd (snappy on a Node without it), and none for vectors. */
  readonly compression?: Compression | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What an earlier call yielded, to go on there: the file has all segments before it. */
  readonly from?: FileState | undefined;
}

/** A piece of an output file: a range [start, end) of the input file, or new bytes; and behind a row group, where it can go on. */
export type Segment =
  | { readonly kind: 'copy'; readonly start: number; readonly end: number }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'state'; readonly rows: number; readonly state: () => FileState };

/** Rows that are pulled at once: 2 MB of vectors of 1,024 floats, or as much text as that many answers hold. */
const SLICE_ROWS = { ofLists: 512, flat: 1024 } as const;

/**
 * The table with columns appended, as the pieces of its file: the input up to its footer as it is, the new column chunks,
 * and the input's footer with them added. No value, statistic, index or unknown field of the input changes.
 *
 * With `rows`, row groups behind them are left out. The one in which they end is written anew with the very same levels
 * and bytes of values, but without statistics, indexes and filters; other row groups lose indexes and filters only where
 * the file has them behind what is copied.
 *
 * The first column streams, so the largest belongs there; pages of the others wait, encoded, for the row group's end.
 */
export async function* spliceParquet(table: ParquetTable, options: SpliceOptions): AsyncGenerator<Segment> {
  const { columns, signal, from, rows = table.rowCount } = options;
  assertNewNames(table, columns);
  signal?.throwIfAborted();
  const cut = rows === table.rowCount ? undefined : planCut(table, rows);
  const copiedEnd = cut?.copiedEnd ?? table.footer.start;
  if (from === undefined) yield { kind: 'copy', start: 0, end: copiedEnd };
  const position = { offset: from?.offset ?? copiedEnd };
  const groups = groupsOf(from, columns);
  for (const count of table.rowGroups.slice(groups.length, cut?.wholeGroups)) {
    groups.push({ rows: count, chunks: yield* newChunks(position, count, options) });
    const [{ offset }, { length }] = [position, groups];
    // Made only where it is wanted: it has every row group so far.
    yield { kind: 'state', rows: rowsOf(groups), state: () => stateOf(offset, groups.slice(0, length)) };
  }
  const anew: WrittenPages[] = [];
  if (cut?.broken) {
    anew.push(...(yield* brokenGroup(table, cut.broken, position, options)));
    const { rows } = cut.broken;
    groups.push({ rows, chunks: yield* newChunks(position, rows, options) });
  }
  const { decode } = guardSource(table.source, table.name);
  const footer = () => {
    const kept = cut ? cutFooter(table.footer.bytes, cut, anew) : table.footer.bytes;
    const placed = groups.map(({ chunks }) => chunks);
    return withTrailer(appendToFooter(kept, columns, placed));
  };
  yield { kind: 'bytes', bytes: await decode('its footer', footer) };
}

function rowsOf(groups: readonly PlacedGroup[]): number {
  return groups.reduce((sum, { rows }) => sum + rows, 0);
}

async function* brokenGroup(
  table: ParquetTable,
  broken: NonNullable<TableCut['broken']>,
  position: { offset: number },
  { compression, signal }: SpliceOptions,
): AsyncGenerator<Segment, readonly WrittenPages[]> {
  const pieces = rewriteGroup(table, guardSource(table.source, table.name), position, {
    ...broken,
    compression,
    signal,
  });
  for (;;) {
    const { value, done } = await pieces.next();
    if (done) return value;
    yield { kind: 'bytes', bytes: value };
  }
}

/** The chunks of the columns that are added to one row group. */
async function* newChunks(
  position: { offset: number },
  rows: number,
  { columns, next, compression, signal }: SpliceOptions,
): AsyncGenerator<Segment, readonly NewChunk[]> {
  const group = new GroupEncoder(columns, position, compression);
  for await (const slice of slicesOf(columns, rows, next, signal)) {
    for (const bytes of group.add(slice)) yield { kind: 'bytes', bytes };
  }
  for (const bytes of group.end()) yield { kind: 'bytes', bytes };
  return group.placed();
}

async function* slicesOf(
  columns: readonly OutputColumn[],
  rows: number,
  next: SpliceOptions['next'],
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly ColumnValues[]> {
  const size = columns.some(({ type }) => isListType(type)) ? SLICE_ROWS.ofLists : SLICE_ROWS.flat;
  for (let done = 0; done < rows; done += size) {
    signal?.throwIfAborted();
    const count = Math.min(size, rows - done);
    const slice = await next(count);
    assertColumns(columns, slice, count);
    yield slice;
  }
}

function assertNewNames(table: ParquetTable, columns: readonly OutputColumn[]): void {
  const names = new Set(table.columns);
  for (const { name } of columns) {
    if (names.has(name))
      throw refusal(`add to ${table.name}`, `column ${name}`, 'be new', 'one of its columns');
    names.add(name);
  }
}
