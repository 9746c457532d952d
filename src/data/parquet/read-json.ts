import { textRows } from './cell-rows.ts';
import { cellJson } from './cell-text.ts';
import { isStringColumn, selectedCells } from './cells.ts';
import { type ReadOptions, selectColumns } from './column-selection.ts';
import { isJson, jsonOrString } from './leaf-text.ts';
import type { ParquetTable } from './types.ts';

/** The cells of a range of rows as JSON texts without line ends; the rules stand at `readParquetText`. */
export async function* parquetJson(
  table: ParquetTable,
  options: ReadOptions,
): AsyncGenerator<readonly string[]> {
  const selected = selectColumns(table, options.columns, cellJson);
  // Strings are read as the bytes that they are; all others come as JSON already.
  const finish = selected.map(({ node }) => {
    if (!isStringColumn(node)) return (text: string) => text;
    return isJson(node.element) ? jsonOrString : (text: string) => JSON.stringify(text);
  });
  for await (const batch of selectedCells(table, selected, options)) {
    for (const texts of textRows(batch)) {
      yield texts.map((text, i) => (text === null ? 'null' : (finish[i]?.(text) ?? text)));
    }
  }
}
