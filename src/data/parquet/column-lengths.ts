import type { ColumnValues, OutputColumn } from './types.ts';

/** Columns that were pulled must be those that were asked for; a mistake here is a defect, not bad input. */
export function assertColumns(
  columns: readonly OutputColumn[],
  values: readonly ColumnValues[],
  rows: number,
): void {
  const lengths = values.map((column) => column.length);
  if (lengths.length === columns.length && lengths.every((length) => length === rows)) return;
  throw new RangeError(
    `${columns.length} columns of ${rows} values were expected, not [${lengths.join(', ')}]`,
  );
}
