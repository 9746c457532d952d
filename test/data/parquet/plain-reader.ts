import type { DecodedArray } from 'hyparquet';
import { parquetScan } from 'hyparquet';
import { cellText } from '../../../src/data/parquet/cell-text.ts';
import { decompressors } from '../../../src/data/parquet/codecs.ts';
import { type ReadOptions, selectColumns, selectRows } from '../../../src/data/parquet/column-selection.ts';
import { PARSERS } from '../../../src/data/parquet/leaf-rows.ts';
import type { ParquetTable } from '../../../src/data/parquet/parquet.ts';
import { unannotated } from '../../../src/data/parquet/raw-schema.ts';

/** Texts by hyparquet's own reader, a row group at a time: slow and simple, to compare with. */
export async function plainTexts(
  table: ParquetTable,
  options: ReadOptions,
): Promise<readonly (readonly (string | null)[])[]> {
  const selected = selectColumns(table, options.columns, cellText);
  const rows: (string | null)[][] = [];
  for (const { index, start: rowStart, end: rowEnd } of selectRows(table, options)) {
    const group = table.metadata.row_groups[index];
    if (!group) throw new Error('a row group is missing');
    const scan = await parquetScan({
      file: table.source,
      metadata: unannotated(table.metadata, group),
      columns: [...new Set(selected.map(({ position }) => String(position)))],
      compressors: decompressors(),
      utf8: false,
      parsers: PARSERS,
    });
    const columns: DecodedArray[] = [];
    for (const { position } of selected) {
      columns.push(await scan.readColumn({ column: String(position), rowStart, rowEnd }));
    }
    for (let row = 0; row < rowEnd - rowStart; row += 1) {
      rows.push(selected.map(({ text }, i) => text(columns[i]?.[row])));
    }
  }
  return rows;
}
