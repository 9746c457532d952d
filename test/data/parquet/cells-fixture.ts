import type { AsyncBuffer } from 'hyparquet';
import { type ParquetTable, parquetCells } from '../../../src/data/parquet/parquet.ts';
import { plainTexts } from './plain-reader.ts';

export type Range = Parameters<typeof parquetCells>[1];
export type Texts = readonly (readonly (string | null)[])[];

/** The texts that cells stand for, batch by batch, for the next one may reuse their memory. */
export async function textsOf(table: ParquetTable, range: Range): Promise<Texts> {
  const rows: (string | null)[][] = [];
  for await (const { rowCount, columns } of parquetCells(table, range)) {
    if (rowCount === 0) throw new Error('a batch without rows');
    for (let row = 0; row < rowCount; row += 1) {
      rows.push(
        columns.map(({ bytes, starts, ends }) => {
          const end = ends[row] ?? -1;
          return end < 0 ? null : Buffer.from(bytes.subarray(starts[row], end)).toString();
        }),
      );
    }
  }
  return rows;
}

export async function expectSame(table: ParquetTable, range: Range): Promise<void> {
  expectTexts(await textsOf(table, range), await plainTexts(table, range));
}

/** Comparing a hundred thousand cells one by one would take seconds. */
export function expectTexts(cells: Texts, expected: Texts): void {
  const at = expected.findIndex((row, i) => JSON.stringify(row) !== JSON.stringify(cells[i]));
  expect({ at, row: cells[at] }).toEqual({ at: -1, row: undefined });
  expect(cells).toHaveLength(expected.length);
}

/** A source that tells what was read of it. */
export function countingSource(buffer: AsyncBuffer) {
  const reads: { readonly start: number; readonly bytes: number }[] = [];
  const source: AsyncBuffer = {
    byteLength: buffer.byteLength,
    slice(start, end = buffer.byteLength) {
      reads.push({ start, bytes: end - start });
      return buffer.slice(start, end);
    },
  };
  return { source, reads, bytes: () => reads.reduce((sum, { bytes }) => sum + bytes, 0) };
}
