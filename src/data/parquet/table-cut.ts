import type { ColumnChunk } from 'hyparquet';
import { refusal } from '../../errors.ts';
import { MAGIC } from './footer.ts';
import type { ParquetTable } from './types.ts';

/** Which parts of a file make up its first rows. */
export interface TableCut {
  readonly rows: number;
  /** Row groups that stay as they are. */
  readonly wholeGroups: number;
  /** Bytes of the file up to here stay where they are. */
  readonly copiedEnd: number;
  /** The row group in which the cut lies, and how many of its rows are kept. */
  readonly broken?: { readonly index: number; readonly rows: number };
}

/**
 * Bytes are copied up to the end of the last chunk that is kept. Chunks of others that lie before it come along: nothing
 * refers to them any more.
 *
 * @throws BatchError InvalidInput for rows that the table does not have.
 */
export function planCut(table: ParquetTable, rows: number): TableCut {
  if (!Number.isInteger(rows) || rows < 1 || rows > table.rowCount) {
    throw refusal(`cut ${table.name}`, 'the number of rows', `be 1 to ${table.rowCount}`, rows);
  }
  let [left, wholeGroups] = [rows, 0];
  for (const count of table.rowGroups) {
    if (left < Math.max(count, 1)) break;
    left -= count;
    wholeGroups += 1;
  }
  const cut = { rows, wholeGroups, copiedEnd: copiedEnd(table, wholeGroups) };
  return left === 0 ? cut : { ...cut, broken: { index: wholeGroups, rows: left } };
}

function copiedEnd({ metadata, footer }: ParquetTable, wholeGroups: number): number {
  const groups = metadata.row_groups;
  const kept = groups.slice(0, wholeGroups).flatMap(({ columns }) => columns);
  const end = kept.reduce((max, chunk) => Math.max(max, startOf(chunk) + sizeOf(chunk)), MAGIC.length);
  // Up to the next chunk, because some writers leave the dictionary's header out of the size, and filters follow chunks.
  const starts = groups.flatMap(({ columns }) => columns.map(startOf)).filter((start) => start >= end);
  return starts.reduce((min, start) => Math.min(min, start), footer.start);
}

function startOf({ meta_data: meta }: ColumnChunk): number {
  const data = Number(meta?.data_page_offset ?? 0);
  return Math.min(data, Number(meta?.dictionary_page_offset || data));
}

function sizeOf({ meta_data: meta }: ColumnChunk): number {
  return Number(meta?.total_compressed_size ?? 0);
}
