import type { StartPosition } from '../../batch/manifest.ts';
import { textsOfBatch } from '../cells.ts';
import { jsonStringBytes, type ScannedRows, type ScanWanted } from '../scan.ts';
import { parquetCells } from './cells.ts';
import type { ParquetTable } from './types.ts';

/** Every row from one on, its wanted columns read, with what a survey wants to know of it. */
export async function* scanParquet(
  table: ParquetTable,
  { row: firstRow }: StartPosition,
  { sized, read, texts }: ScanWanted,
): AsyncGenerator<ScannedRows> {
  const others = [...new Set([...read, ...texts])];
  const range = { firstRow, rowCount: table.rowCount - firstRow };
  let row = firstRow;
  for await (const batch of parquetCells(table, { columns: [...sized, ...others], ...range })) {
    const { rowCount: count, columns } = batch;
    row += count;
    // They hold for every row of the batch, which crosses no border of a page.
    const pages = batch.pages.filter(({ column }) => sized.includes(column));
    const place = { offset: 0, line: 0, pages };
    const measured = columns.slice(0, sized.length);
    const size = (i: number) =>
      measured.reduce((sum, { bytes, starts, ends }) => {
        const end = ends[i] as number;
        return end < 0 ? sum : sum + jsonStringBytes(bytes, starts[i] as number, end);
      }, 0);
    const wanted = texts.map((name) => columns[sized.length + others.indexOf(name)]).flatMap((c) => c ?? []);
    const rows = texts.length === 0 ? undefined : textsOfBatch({ rowCount: count, columns: wanted });
    yield {
      count,
      size,
      position: () => place,
      next: { row, ...place },
      ...(rows && { texts: (i) => rows[i] ?? [] }),
    };
  }
}
