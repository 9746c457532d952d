import type { SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { encodable } from './encodable.ts';
import { outputElements } from './output-schema.ts';
import type { ColumnValues, OutputColumn } from './types.ts';

/** Consecutive data pages of one column. Runs of pages may be put end to end to form a longer chunk. */
export interface ColumnPages {
  readonly bytes: Uint8Array;
  /** Values in Parquet's sense: entries with levels, so an empty or absent list counts as one. */
  readonly values: bigint;
  readonly uncompressedBytes: bigint;
}

/** Encodes values as snappy pages. PLAIN, for a dictionary would belong to a whole chunk and could not be joined. */
export function encodePages(column: OutputColumn, values: ColumnValues): ColumnPages {
  const writer = new ByteWriter();
  const file = new ParquetWriter({
    writer,
    schema: fileSchema([column]),
    codec: 'SNAPPY',
    statistics: false,
  });
  file.write({
    columnData: [
      { name: column.name, data: encodable(column, values), encoding: 'PLAIN', offsetIndex: false },
    ],
    rowGroupSize: Math.max(values.length, 1),
  });
  const chunk = file.row_groups[0]?.columns[0];
  if (!chunk?.meta_data) return { bytes: new Uint8Array(), values: 0n, uncompressedBytes: 0n };
  const { num_values, total_uncompressed_size, total_compressed_size } = chunk.meta_data;
  const start = Number(chunk.file_offset);
  return {
    bytes: writer.getBytes().slice(start, start + Number(total_compressed_size)),
    values: num_values,
    uncompressedBytes: total_uncompressed_size,
  };
}

/** The schema of a file that holds these columns only. */
export function fileSchema(columns: readonly OutputColumn[]): SchemaElement[] {
  return [{ name: 'schema', num_children: columns.length }, ...columns.flatMap(outputElements)];
}
