import type { ColumnValues, OutputColumn } from './types.ts';

/** The values as hyparquet-writer takes them. It wants bigints for INT64 and plain arrays for lists. */
export function encodable(column: OutputColumn, values: ColumnValues): unknown[] {
  return values.map((value) => (value === null ? null : encodableValue(column, value)));
}

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

function encodableValue({ name, type }: OutputColumn, value: string | number | Float32Array): unknown {
  if (type === 'string' && typeof value === 'string') return value;
  if (type === 'int64' && Number.isSafeInteger(value)) return BigInt(value as number);
  if (type === 'list<float>' && value instanceof Float32Array) return Array.from(value);
  throw new TypeError(`column ${name} takes ${type} values, not ${describe(value)}`);
}

function describe(value: string | number | Float32Array): string {
  return typeof value === 'number' ? `the number ${value}` : value.constructor.name;
}
