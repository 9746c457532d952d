import type { ColumnChunk, FileMetaData, SchemaTree } from 'hyparquet';
import { parquetSchema } from 'hyparquet';
import { refusal } from '../../errors.ts';
import type { ParquetTable } from './types.ts';

/** Which cells are read. */
export interface ReadOptions {
  /** Names of top-level columns; cells come in this order. */
  readonly columns: readonly string[];
  readonly firstRow: number;
  readonly rowCount: number;
  readonly signal?: AbortSignal | undefined;
  /** Pages from which columns may be read, of the very same file: without an offset index their way there is long. */
  readonly pages?: readonly KnownPage[] | undefined;
}

/** Where a page of a column begins, and the row of the file with which it begins. */
export interface KnownPage {
  readonly column: string;
  readonly offset: number;
  readonly row: number;
}

export interface SelectedColumn {
  /** Its place among the file's columns. */
  readonly position: number;
  readonly node: SchemaTree;
  readonly text: (value: unknown) => string | null;
}

export interface GroupRange {
  readonly index: number;
  /** Rows of the file before the row group. */
  readonly before: number;
  /** Rows [start, end) counted within the row group. */
  readonly start: number;
  readonly end: number;
}

/**
 * The columns of these names, with the writer of their cells.
 *
 * @throws BatchError InvalidInput for a column that is not there, and for one that has no text.
 */
export function selectColumns(
  table: ParquetTable,
  names: readonly string[],
  writer: (node: SchemaTree) => SelectedColumn['text'],
): readonly SelectedColumn[] {
  const { children } = parquetSchema(table.metadata);
  return names.map((name) => {
    const column = columnNamed(table, children, name);
    return { ...column, text: writer(column.node) };
  });
}

function columnNamed(
  table: ParquetTable,
  nodes: readonly SchemaTree[],
  name: string,
): Omit<SelectedColumn, 'text'> {
  const refuse = (rule: string, got: string) => refusal(`read ${table.name}`, `column ${name}`, rule, got);
  const position = table.columns.indexOf(name);
  const node = nodes[position];
  if (!node) throw refuse('be one of its columns', table.columns.join(', '));
  if (table.columns.lastIndexOf(name) !== position) throw refuse('be there once', 'several of that name');
  if (holdsVariant(node)) throw refuse('have a type with a text', 'VARIANT');
  return { position, node };
}

function holdsVariant(node: SchemaTree): boolean {
  return node.element.logical_type?.type === 'VARIANT' || node.children.some(holdsVariant);
}

/** @throws BatchError InvalidInput for rows that are not there. */
export function selectRows(
  table: ParquetTable,
  { firstRow, rowCount }: Pick<ReadOptions, 'firstRow' | 'rowCount'>,
): Iterable<GroupRange> {
  if (firstRow >= 0 && rowCount >= 0 && firstRow + rowCount <= table.rowCount) {
    return groupRanges(table.rowGroups, firstRow, firstRow + rowCount);
  }
  const rule = `lie within its ${table.rowCount} rows`;
  throw refusal(`read ${table.name}`, 'the row range', rule, `${rowCount} rows from row ${firstRow}`);
}

function* groupRanges(rowGroups: readonly number[], first: number, end: number): Generator<GroupRange> {
  let groupStart = 0;
  for (const [index, rows] of rowGroups.entries()) {
    const range = {
      index,
      before: groupStart,
      start: Math.max(first - groupStart, 0),
      end: Math.min(end - groupStart, rows),
    };
    if (range.start < range.end) yield range;
    groupStart += rows;
  }
}

/** The leaves of one top-level column in a file of one row group, each with the way to it and its chunk. */
export interface Leaf {
  readonly schemaPath: SchemaTree[];
  readonly chunk: ColumnChunk;
}

export function leavesOf({ schema, row_groups: [group] }: FileMetaData, node: SchemaTree): readonly Leaf[] {
  const [root] = schema;
  if (!root || !group) throw new TypeError('a file without a row group');
  const top: SchemaTree = { children: [node], count: 1, element: root, path: [] };
  return leafPaths([top, node]).map((schemaPath) => {
    const path = schemaPath.at(-1)?.path.join('.');
    const chunk = group.columns.find(({ meta_data }) => meta_data?.path_in_schema.join('.') === path);
    if (!chunk) throw new TypeError('a column without a chunk');
    return { schemaPath, chunk };
  });
}

function leafPaths(path: SchemaTree[]): SchemaTree[][] {
  const { children = [] } = path.at(-1) ?? {};
  return children.length === 0 ? [path] : children.flatMap((child) => leafPaths([...path, child]));
}
