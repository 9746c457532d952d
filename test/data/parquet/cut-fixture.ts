import { writeFileSync } from 'node:fs';
import { tableFromIPC } from 'apache-arrow';
import { readParquet } from 'parquet-wasm/node';
import {
  type ColumnValues,
  type OutputColumn,
  openParquet,
  type ParquetTable,
  spliceParquet,
} from '../../../src/data/parquet/parquet.ts';
import { assemble, bufferOf, type Duck } from './duck.ts';

export const COLUMNS = [
  { name: 'response', type: 'string' },
  { name: 'tokens', type: 'int64' },
] as const satisfies readonly OutputColumn[];

/** The values of rows from 0 on. */
export function counting() {
  let row = 0;
  return async (count: number): Promise<readonly ColumnValues[]> => {
    const rows = Array.from({ length: count }, (_, i) => row + i);
    row += count;
    return [rows.map((n) => `answer ${n}`), rows];
  };
}

/** DuckDB remembers what it read of a path, so that none is written twice. */
let files = 0;
export function newPath(duck: Duck): string {
  files += 1;
  return duck.path(`cut-${files}.parquet`);
}

export async function cutOf(table: ParquetTable, rows: number) {
  const bytes = await assemble(table, spliceParquet(table, { columns: COLUMNS, rows, next: counting() }));
  return { bytes, cut: await openParquet(bufferOf(bytes), 'cut') };
}

/** Cuts a table, and compares its first rows, in the file `before`, with all of those. Ids are the places of rows. */
export async function expectFirstRows(
  duck: Duck,
  table: ParquetTable,
  before: string,
  rows: number,
): Promise<ParquetTable> {
  const { bytes, cut } = await cutOf(table, rows);
  const after = newPath(duck);
  writeFileSync(after, bytes);
  const original = `SELECT * FROM read_parquet('${before}') WHERE id < ${rows}`;
  const kept = `SELECT * EXCLUDE (response, tokens) FROM read_parquet('${after}')`;
  expect(await duck.rows(`DESCRIBE ${kept}`)).toEqual(await duck.rows(`DESCRIBE ${original}`));
  const differing = table.columns.map((name) => `count(*) FILTER (a."${name}" IS DISTINCT FROM b."${name}")`);
  const compare = `SELECT ${differing.join(', ')} FROM (${original}) a JOIN (${kept}) b ON a.id = b.id`;
  const [counts] = await duck.rows(compare);
  expect(Object.fromEntries(table.columns.map((name, i) => [name, counts?.[i]]))).toEqual(
    Object.fromEntries(table.columns.map((name) => [name, '0'])),
  );
  const added = `count(*) FILTER (response = 'answer ' || id AND tokens = id)`;
  const place = 'count(*) FILTER (id = file_row_number)';
  const all = `SELECT count(*), ${place}, ${added} FROM read_parquet('${after}', file_row_number = true)`;
  expect(await duck.rows(all)).toEqual([[String(rows), String(rows), String(rows)]]);
  return cut;
}

/** Rows as apache-arrow and arrow-rs see them, without the types that apache-arrow does not know. */
export function arrowRows(bytes: Uint8Array, columns: readonly string[]): readonly string[] {
  const table = tableFromIPC(readParquet(bytes, { columns: [...columns] }).intoIPCStream());
  return Array.from({ length: table.numRows }, (_, row) =>
    columns.map((name) => String(table.getChild(name)?.get(row))).join('|'),
  );
}
