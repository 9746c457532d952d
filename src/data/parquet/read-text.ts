import type { AsyncBuffer, Compressors, DecodedArray, SchemaTree } from 'hyparquet';
import { parquetScan, parquetSchema } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { refusal } from '../../errors.ts';
import { cellText } from './cell-text.ts';
import { unannotated } from './raw-schema.ts';
import { guardSource } from './source-guard.ts';
import type { ParquetTable } from './types.ts';

export interface ReadTextOptions {
  /** Names of top-level columns; cells come in this order. */
  readonly columns: readonly string[];
  readonly firstRow: number;
  readonly rowCount: number;
  readonly signal?: AbortSignal;
}

interface Column {
  /** Its place among the file's columns. */
  readonly position: number;
  readonly text: (value: unknown) => string | null;
}

interface GroupRange {
  readonly index: number;
  /** Rows [start, end) counted within the row group. */
  readonly start: number;
  readonly end: number;
}

/** Rows between two looks at the signal. */
const ROWS_PER_CHECK = 1000;

/**
 * The cells of a range of rows, as text. Memory is bounded by the asked columns of one row group.
 *
 * | Parquet type                            | text                                                           |
 * |-----------------------------------------|----------------------------------------------------------------|
 * | string, enum, JSON                      | as it is (UTF-8)                                               |
 * | integers, signed and unsigned           | all decimal digits                                             |
 * | decimal                                 | exact, with all the digits of its scale: `-0.50`               |
 * | float, double, float16                  | shortest digits that read back the same; `NaN`, `Infinity`     |
 * | boolean                                 | `true`, `false`                                                |
 * | date                                    | `2024-01-31`                                                   |
 * | time                                    | `23:59:59.123`, with all the digits of its unit                |
 * | timestamp                               | `2024-01-31T23:59:59.123456`; `Z` when it is adjusted to UTC   |
 * | INT96                                   | a timestamp with nine digits, no `Z`                           |
 * | interval                                | `P1M2DT3.004S`                                                 |
 * | UUID                                    | `01234567-89ab-cdef-0123-456789abcdef`                         |
 * | binary, fixed binary, BSON, geometry    | base64                                                         |
 * | list, struct, map                       | JSON by the same rules; a number stays one when it is a safe   |
 * |                                         | integer or a finite float, else it is a string                 |
 * | null                                    | null                                                           |
 */
export async function* readParquetText(
  table: ParquetTable,
  { columns, firstRow, rowCount, signal }: ReadTextOptions,
): AsyncGenerator<readonly (string | null)[]> {
  assertRange(table, firstRow, rowCount);
  const selected = columns.map((name) => columnNamed(table, name));
  const { buffer, decode } = guardSource(table.source, table.name);
  for (const range of groupRanges(table.rowGroups, firstRow, firstRow + rowCount)) {
    signal?.throwIfAborted();
    const what = `row group ${range.index}`;
    const values = await decode(what, () => readGroup(table, buffer, selected, range));
    for (let row = 0; row < range.end - range.start; row += 1) {
      if (row % ROWS_PER_CHECK === 0) signal?.throwIfAborted();
      yield cellsOf(selected, values, row);
    }
  }
}

function cellsOf(columns: readonly Column[], values: readonly DecodedArray[], row: number) {
  return columns.map((column, i) => column.text(values[i]?.[row]));
}

async function readGroup(
  table: ParquetTable,
  file: AsyncBuffer,
  columns: readonly Column[],
  range: GroupRange,
): Promise<readonly DecodedArray[]> {
  const group = table.metadata.row_groups[range.index];
  if (!group || columns.length === 0) return [];
  const scan = await parquetScan({
    file,
    metadata: unannotated(table.metadata, group),
    columns: [...new Set(columns.map((column) => String(column.position)))],
    compressors: decompressors(),
    utf8: false,
    // The one conversion that no annotation asks for is that of INT96, to nanoseconds.
    parsers: { timestampFromNanoseconds: asItIs },
  });
  const { start: rowStart, end: rowEnd } = range;
  const read = async ({ position }: Column) => {
    const values = await scan.readColumn({ column: String(position), rowStart, rowEnd });
    if (values.length !== rowEnd - rowStart) throw new RangeError(`a column holds ${values.length} rows`);
    return values;
  };
  return Promise.all(columns.map(read));
}

/** A page of nulls only has no bytes to decompress, and some writers then store none: Snappy would miss its header. */
function decompressors(): Compressors {
  const entries = Object.entries(compressors).map(([codec, decompress]) => {
    const guarded: typeof decompress = (input, length) =>
      input.length === 0 ? new Uint8Array() : decompress(input, length);
    return [codec, guarded];
  });
  return Object.fromEntries(entries);
}

// hyparquet types its parsers' results as Date, and keeps whatever they return.
function asItIs(value: bigint): Date {
  return value as unknown as Date;
}

function columnNamed(table: ParquetTable, name: string): Column {
  const refuse = (rule: string, got: string) => refusal(`read ${table.name}`, `column ${name}`, rule, got);
  const position = table.columns.indexOf(name);
  if (position < 0) throw refuse('be one of its columns', table.columns.join(', '));
  if (table.columns.lastIndexOf(name) !== position) throw refuse('be there once', 'several of that name');
  const node = parquetSchema(table.metadata).children[position];
  if (!node || holdsVariant(node)) throw refuse('have a type with a text', 'VARIANT');
  return { position, text: cellText(node) };
}

function holdsVariant(node: SchemaTree): boolean {
  return node.element.logical_type?.type === 'VARIANT' || node.children.some(holdsVariant);
}

function assertRange(table: ParquetTable, firstRow: number, rowCount: number): void {
  if (firstRow >= 0 && rowCount >= 0 && firstRow + rowCount <= table.rowCount) return;
  const rule = `lie within its ${table.rowCount} rows`;
  throw refusal(`read ${table.name}`, 'the row range', rule, `${rowCount} rows from row ${firstRow}`);
}

function* groupRanges(rowGroups: readonly number[], first: number, end: number): Generator<GroupRange> {
  let groupStart = 0;
  for (const [index, rows] of rowGroups.entries()) {
    const range = {
      index,
      start: Math.max(first - groupStart, 0),
      end: Math.min(end - groupStart, rows),
    };
    if (range.start < range.end) yield range;
    groupStart += rows;
  }
}
