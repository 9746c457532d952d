import { readFileSync } from 'node:fs';
import { type Data, tableFromIPC } from 'apache-arrow';
import { parquetMetadataAsync, type SchemaElement } from 'hyparquet';
import { readParquet } from 'parquet-wasm/node';
import { bufferOfFile, type Duck } from '../../data/parquet/duck.ts';
import type { CsvTable } from './csv-table.ts';
import { text } from './parquet-kinds.ts';
import type { TextTable } from './text-table.ts';

type Rows = readonly (readonly unknown[])[];

/** Null and empty are one where CSV is read. */
export const filled = (rows: Rows): Rows => rows.map((row) => row.map((cell) => cell ?? ''));

/** By their places: names may clash, and a vector of a thousand numbers behind them is not asked for. */
const firstColumns = (width: number) => Array.from({ length: width }, (_, i) => `#${i + 1}`).join(', ');

/** The first columns. */
export function parquetRows(duck: Duck, path: string, width: number): Promise<Rows> {
  return duck.rows(`SELECT ${firstColumns(width)} FROM read_parquet(${text(path)})`);
}

/** The ids of an output's rows, behind the input's columns and the answer. */
export async function parquetIds(duck: Duck, path: string, width: number): Promise<readonly unknown[]> {
  return (await duck.rows(`SELECT #${width + 2} FROM read_parquet(${text(path)})`)).flat();
}

/** The columns as parquet-wasm, another reader than DuckDB and this project's own, leaves them in Arrow's buffers. */
export function arrowColumns(path: string): readonly unknown[] {
  const table = tableFromIPC(readParquet(new Uint8Array(readFileSync(path))).intoIPCStream());
  return table.schema.fields.map(({ name }, i) => ({ name, data: table.getChildAt(i)?.data.map(plainData) }));
}

function plainData({ type, length, nullCount, buffers, children }: Data): unknown {
  return {
    type: String(type),
    length,
    nullCount,
    buffers: Object.values(buffers),
    children: children.map(plainData),
  };
}

/** Every cell as text, as DuckDB writes it. */
export async function parquetTexts(duck: Duck, path: string): Promise<TextTable['rows']> {
  const rows = await duck.rows(`SELECT CAST(COLUMNS(*) AS VARCHAR) FROM read_parquet(${text(path)})`);
  return rows as TextTable['rows'];
}

/**
 * The first columns. The dialect is told, not found, but for the line ends. Where these are mixed, or a quote follows a blank, this reader takes a
 * file for what it is not: it is asked about the input first.
 */
export async function csvRows(
  duck: Duck,
  path: string,
  { delimiter, columns }: CsvTable,
): Promise<Rows | undefined> {
  const options = `delim = ${text(delimiter)}, quote = '"', escape = '"', header = true, all_varchar = true`;
  const whole = 'strict_mode = false, parallel = false, max_line_size = 10000000';
  try {
    const first = firstColumns(columns.length);
    return filled(await duck.rows(`SELECT ${first} FROM read_csv(${text(path)}, ${options}, ${whole})`));
  } catch (error) {
    if (String(error).includes('Invalid Input Error')) return undefined;
    throw error;
  }
}

/** What was appended to each record of a CSV table, if the rest of the output is the table's own text. */
export function appendedTo({ records, delimiter }: CsvTable, output: string): string[] {
  const field = `(?:"(?:[^"]|"")*"|[^${delimiter}"\\r\\n]*)`;
  const appended = new RegExp(Array(7).fill(field).join(`[${delimiter}]`), 'y');
  let at = 0;
  const take = (expected: string) => {
    expect(output.slice(at, at + expected.length)).toBe(expected);
    at += expected.length;
  };
  const found = records.map(({ text: own, end }) => {
    take(own + delimiter);
    appended.lastIndex = at;
    const [fields = ''] = appended.exec(output) ?? [];
    at += fields.length;
    take(end);
    return fields;
  });
  expect(output.length).toBe(at);
  return found;
}

/** A member of each object, as DuckDB writes JSON; null where it is not there. */
export function jsonlRows(duck: Duck, path: string, keys: readonly string[]): Promise<Rows> {
  const members = keys.map((key) => `json_extract(json, ${text(pointerTo(key))})::VARCHAR`);
  return duck.rows(
    `SELECT ${members.join(', ')} FROM read_json_objects(${text(path)}, format = 'newline_delimited')`,
  );
}

/** RFC 6901; a path of DuckDB's own knows no quotes inside a name. */
function pointerTo(key: string): string {
  return `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The elements of a footer's schema behind the root, which counts the columns. */
export async function schemaOf(path: string): Promise<readonly SchemaElement[]> {
  const [, ...elements] = (await parquetMetadataAsync(bufferOfFile(path))).schema;
  return elements;
}
