import type { AsyncBuffer, ColumnChunk, Compressors, FileMetaData, SchemaTree } from 'hyparquet';
import { parquetSchema } from 'hyparquet';
import { getMaxRepetitionLevel } from 'hyparquet/src/schema.js';
import type { CellBatch } from '../cells.ts';
import type { CellCursor } from './cell-cursor.ts';
import { cellText } from './cell-text.ts';
import type { ChunkRange, PagePlace } from './chunk-range.ts';
import { decompressors } from './codecs.ts';
import {
  type GroupRange,
  type KnownPage,
  type Leaf,
  leavesOf,
  type ReadOptions,
  type SelectedColumn,
  selectColumns,
  selectRows,
} from './column-selection.ts';
import { LeafRows } from './leaf-rows.ts';
import { isString } from './leaf-text.ts';
import { unannotated } from './raw-schema.ts';
import { SharedMemory } from './shared-memory.ts';
import { guardSource } from './source-guard.ts';
import { StringColumn } from './string-column.ts';
import type { ParquetTable } from './types.ts';
import { ValueColumn } from './value-column.ts';

/** Bytes of a file that are fetched ahead, for all columns together, and of one column at most and at least. */
const AHEAD_BYTES = { all: 8 * 1024 * 1024, most: 4 * 1024 * 1024, least: 64 * 1024 };
/** Of rows without a column. */
const MAX_BATCH_ROWS = 65_536;

export interface ParquetBatch extends CellBatch {
  /** Where the pages begin that hold the batch's first row, of columns of strings. */
  readonly pages: readonly KnownPage[];
}

interface Group {
  readonly source: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly range: GroupRange;
  readonly rows: number;
  readonly compressors: Compressors;
  readonly windowBytes: number;
  readonly large: SharedMemory;
}

/**
 * The cells of a range of rows as bytes, with the texts of `readParquetText`, some rows at a time. Strings stay where their
 * pages have them. Pages of more than 8 MB are unpacked as they are read; where their encoding, codec or format does not
 * allow that, memory is bounded by such a page of each column, and one as it is in the file. Dictionaries are held.
 */
export async function* parquetCells(table: ParquetTable, options: ReadOptions): AsyncGenerator<ParquetBatch> {
  yield* selectedCells(table, selectColumns(table, options.columns, cellText), options);
}

/** Cells as their columns' own writers have them, but for strings, which stay the bytes that they are. */
export async function* selectedCells(
  table: ParquetTable,
  selected: readonly SelectedColumn[],
  options: Omit<ReadOptions, 'columns'>,
): AsyncGenerator<ParquetBatch> {
  const ranges = selectRows(table, options);
  const { buffer: source, decode } = guardSource(table.source, table.name);
  const large = new SharedMemory();
  for (const range of ranges) {
    const what = `row group ${range.index}`;
    const group = await decode(what, () => openGroup(table, source, range, selected.length, large));
    const known = (position: number) => knownPage(options.pages, table.columns[position], range);
    const cursors = new Map(
      selected.map((column) => [column.position, cursorOf(group, column, known(column.position))]),
    );
    for (let left = range.end - range.start; left > 0; ) {
      options.signal?.throwIfAborted();
      const rowCount = Math.min(left, await decode(what, () => readyRows([...cursors.values()])));
      const pages = selected.flatMap((column) => pageOf(table, range, column, cursors));
      const taken = new Map([...cursors].map(([position, cursor]) => [position, cursor.take(rowCount)]));
      yield { rowCount, columns: selected.flatMap(({ position }) => taken.get(position) ?? []), pages };
      left -= rowCount;
    }
    for (const cursor of cursors.values()) await cursor.close();
  }
}

export function isStringColumn({ element, children }: SchemaTree): boolean {
  return children.length === 0 && element.repetition_type !== 'REPEATED' && isString(element);
}

function openGroup(
  table: ParquetTable,
  source: AsyncBuffer,
  range: GroupRange,
  columns: number,
  large: SharedMemory,
): Group {
  const group = table.metadata.row_groups[range.index];
  if (!group) throw new RangeError('it is not there');
  const share = Math.floor(AHEAD_BYTES.all / Math.max(columns, 1));
  return {
    source,
    metadata: unannotated(table.metadata, group),
    range,
    rows: Number(group.num_rows),
    compressors: decompressors(),
    windowBytes: Math.max(AHEAD_BYTES.least, Math.min(AHEAD_BYTES.most, share)),
    large,
  };
}

/** The nearest one before the wanted rows. */
function knownPage(
  pages: readonly KnownPage[] = [],
  column: string | undefined,
  { before, start }: GroupRange,
): PagePlace | undefined {
  const within = pages.filter(
    (page) => page.column === column && page.row >= before && page.row <= before + start,
  );
  const { offset, row } = within.reduce<Partial<KnownPage>>(
    (last, page) => (page.row >= (last.row ?? 0) ? page : last),
    {},
  );
  return offset === undefined || row === undefined ? undefined : { offset, firstRow: row - before };
}

function pageOf(
  table: ParquetTable,
  { before }: GroupRange,
  { position }: SelectedColumn,
  cursors: ReadonlyMap<number, CellCursor>,
): KnownPage[] {
  const page = cursors.get(position)?.page;
  const column = table.columns[position];
  return page && column !== undefined ? [{ column, offset: page.offset, row: before + page.firstRow }] : [];
}

async function readyRows(cursors: readonly CellCursor[]): Promise<number> {
  const ready = await Promise.all(cursors.map((cursor) => cursor.ready()));
  const rows = Math.min(MAX_BATCH_ROWS, ...ready);
  if (rows === 0) throw new RangeError('a column holds fewer rows');
  return rows;
}

function cursorOf(
  group: Group,
  { position, node, text }: SelectedColumn,
  known: PagePlace | undefined,
): CellCursor {
  const physical = parquetSchema(group.metadata).children[position];
  if (!physical) throw new TypeError('a column without a schema');
  const leaves = leavesOf(group.metadata, physical);
  const [first] = leaves;
  if (first && isStringColumn(node)) {
    return new StringColumn(first, { ...rangeOf(group, first.chunk, false), known }, group.compressors);
  }
  const rows = (leaf: Leaf) =>
    new LeafRows(
      leaf,
      rangeOf(group, leaf.chunk, getMaxRepetitionLevel(leaf.schemaPath) > 0),
      group.compressors,
    );
  return new ValueColumn(physical, leaves.map(rows), text, group.range.start);
}

function rangeOf(group: Group, chunk: ColumnChunk, repeated: boolean): ChunkRange {
  const { source, rows: groupRows, windowBytes, large, range } = group;
  return { source, chunk, repeated, groupRows, start: range.start, end: range.end, windowBytes, large };
}
