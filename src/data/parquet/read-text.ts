import type { AsyncBuffer, DecodedArray } from 'hyparquet';
import { parquetScan } from 'hyparquet';
import { decompressors } from './codecs.ts';
import {
  type GroupRange,
  type ReadOptions,
  type SelectedColumn,
  selectColumns,
  selectRows,
} from './column-selection.ts';
import { PARSERS } from './leaf-rows.ts';
import { unannotated } from './raw-schema.ts';
import { guardSource } from './source-guard.ts';
import type { ParquetTable } from './types.ts';

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
  options: ReadOptions,
): AsyncGenerator<readonly (string | null)[]> {
  const { signal } = options;
  const ranges = selectRows(table, options);
  const selected = selectColumns(table, options.columns);
  const { buffer, decode } = guardSource(table.source, table.name);
  for (const range of ranges) {
    signal?.throwIfAborted();
    const what = `row group ${range.index}`;
    const values = await decode(what, () => readGroup(table, buffer, selected, range));
    for (let row = 0; row < range.end - range.start; row += 1) {
      if (row % ROWS_PER_CHECK === 0) signal?.throwIfAborted();
      yield cellsOf(selected, values, row);
    }
  }
}

function cellsOf(columns: readonly SelectedColumn[], values: readonly DecodedArray[], row: number) {
  return columns.map((column, i) => column.text(values[i]?.[row]));
}

async function readGroup(
  table: ParquetTable,
  file: AsyncBuffer,
  columns: readonly SelectedColumn[],
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
    parsers: PARSERS,
  });
  const { start: rowStart, end: rowEnd } = range;
  const read = async ({ position }: SelectedColumn) => {
    const values = await scan.readColumn({ column: String(position), rowStart, rowEnd });
    if (values.length !== rowEnd - rowStart) throw new RangeError(`a column holds ${values.length} rows`);
    return values;
  };
  return Promise.all(columns.map(read));
}
