import { type ColumnValues, encodeParquet, type OutputColumn } from '../../src/data/parquet/parquet.ts';
import { collected, type MemorySource, memorySource } from './memory-source.ts';

/** A Parquet file in memory, with row groups of `rowGroupRows`. */
export async function parquetSource(
  columns: readonly OutputColumn[],
  values: readonly ColumnValues[],
  { name = 't.parquet', rowGroupRows = 50 }: { readonly name?: string; readonly rowGroupRows?: number } = {},
): Promise<MemorySource> {
  return memorySource(await parquetBytes(columns, values, rowGroupRows), name, 1024);
}

export async function parquetBytes(
  columns: readonly OutputColumn[],
  values: readonly ColumnValues[],
  rowGroupRows = 50,
): Promise<Buffer> {
  async function* batches() {
    yield values;
  }
  return Buffer.concat(await collected(encodeParquet({ columns, batches: batches(), rowGroupRows })));
}
