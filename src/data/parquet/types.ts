import type { AsyncBuffer, FileMetaData } from 'hyparquet';

/** A column that is added to a table; every one may hold nulls. */
export interface OutputColumn {
  readonly name: string;
  readonly type: 'string' | 'int64' | 'list<float>';
}

/** A string is text or its UTF-8, an int64 is a safe integer, a list is a Float32Array. */
export type OutputValue = string | Uint8Array | number | Float32Array | null;

/** One array per column, all of equal length. */
export type ColumnValues = readonly OutputValue[];

/** A Parquet file whose footer was read and found whole. */
export interface ParquetTable {
  /** What messages call the file, such as its s3:// URI. */
  readonly name: string;
  readonly source: AsyncBuffer;
  /** Names of the top-level columns, in order. */
  readonly columns: readonly string[];
  readonly rowCount: number;
  /** Rows of each row group. */
  readonly rowGroups: readonly number[];
  readonly metadata: FileMetaData;
  /** The footer as it is in the file: where it starts, and its Thrift bytes without length and magic. */
  readonly footer: { readonly start: number; readonly bytes: Uint8Array };
}

/** A piece of an output file: a range [start, end) of the input file, or new bytes. */
export type Segment =
  | { readonly kind: 'copy'; readonly start: number; readonly end: number }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array };
