import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { fileSchema } from './column-pages.ts';
import { assertColumns, encodable } from './encodable.ts';
import type { ColumnValues, OutputColumn } from './types.ts';

export interface EncodeOptions {
  readonly columns: readonly OutputColumn[];
  readonly batches: AsyncIterable<readonly ColumnValues[]>;
  /** Rows of a row group at most; it ends earlier where its values grow large. */
  readonly rowGroupRows?: number;
}

type Value = ColumnValues[number];

/** A row group ends when its values weigh this much, so that its memory does not depend on what the rows hold. */
const MAX_GROUP_WEIGHT = 64 * 1024 * 1024;
/** The encoder holds each float of a list three times as a JavaScript number, with its levels. */
const FLOAT_WEIGHT = 24;

/** A new Parquet file with snappy pages, piece by piece. Memory is bounded by one row group. */
export async function* encodeParquet({
  columns,
  batches,
  rowGroupRows = 50_000,
}: EncodeOptions): AsyncGenerator<Uint8Array> {
  const writer = new ByteWriter();
  const file = new ParquetWriter({ writer, schema: fileSchema(columns), codec: 'SNAPPY' });
  for await (const group of groupsOf(columns, batches, rowGroupRows)) {
    const columnData = columns.map((column, i) => ({
      name: column.name,
      data: encodable(column, group[i] ?? []),
    }));
    file.write({ columnData, rowGroupSize: group[0]?.length ?? 1 });
    yield drain(writer);
  }
  file.finish();
  yield drain(writer);
}

/** Takes what was written so far out of the writer, whose count of bytes goes on. */
function drain(writer: ByteWriter): Uint8Array {
  const bytes = writer.getBytes().slice();
  writer.index = 0;
  return bytes;
}

async function* groupsOf(
  columns: readonly OutputColumn[],
  batches: AsyncIterable<readonly ColumnValues[]>,
  maxRows: number,
): AsyncGenerator<readonly ColumnValues[]> {
  let group: Value[][] = columns.map(() => []);
  let weight = 0;
  for await (const batch of batches) {
    const rows = batch[0]?.length ?? 0;
    assertColumns(columns, batch, rows);
    for (let row = 0; row < rows; row += 1) {
      for (const [i, values] of batch.entries()) {
        const value = values[row] ?? null;
        group[i]?.push(value);
        weight += weightOf(value);
      }
      if ((group[0]?.length ?? 0) < maxRows && weight < MAX_GROUP_WEIGHT) continue;
      yield group;
      group = columns.map(() => []);
      weight = 0;
    }
  }
  if (group[0]?.length) yield group;
}

function weightOf(value: Value): number {
  if (typeof value === 'string') return value.length;
  return value instanceof Float32Array ? value.length * FLOAT_WEIGHT : 0;
}
