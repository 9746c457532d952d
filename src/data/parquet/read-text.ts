import { textRows } from './cell-rows.ts';
import { parquetCells } from './cells.ts';
import type { ReadOptions } from './column-selection.ts';
import type { ParquetTable } from './types.ts';

/**
 * The cells of a range of rows, as text, and (by `parquetJson`) as JSON.
 *
 * | Parquet type                            | text                                                         | JSON          |
 * |-----------------------------------------|--------------------------------------------------------------|---------------|
 * | string, enum                            | as it is (UTF-8)                                             | string        |
 * | JSON                                    | as it is                                                     | what it holds; a string where that is no JSON |
 * | integers, signed and unsigned           | all decimal digits                                           | number; beyond 2^53 a string |
 * | decimal                                 | exact, with all the digits of its scale: `-0.50`             | string        |
 * | float, double, float16                  | shortest digits that read back the same; `NaN`, `Infinity`   | number; a string where it is not finite |
 * | boolean                                 | `true`, `false`                                              | the same      |
 * | date                                    | `2024-01-31`                                                 | string        |
 * | time                                    | `23:59:59.123`, with all the digits of its unit              | string        |
 * | timestamp                               | `2024-01-31T23:59:59.123456`; `Z` when adjusted to UTC       | string        |
 * | INT96                                   | a timestamp with nine digits, no `Z`                         | string        |
 * | interval                                | `P1M2DT3.004S`                                               | string        |
 * | UUID                                    | `01234567-89ab-cdef-0123-456789abcdef`                       | string        |
 * | binary, fixed binary, BSON, geometry    | base64                                                       | string        |
 * | list                                    | JSON                                                         | array         |
 * | struct, map                             | JSON; keys that are no strings are their text                | object        |
 * | null                                    | null                                                         | `null`        |
 */
export async function* readParquetText(
  table: ParquetTable,
  options: ReadOptions,
): AsyncGenerator<readonly (string | null)[]> {
  for await (const batch of parquetCells(table, options)) yield* textRows(batch);
}
