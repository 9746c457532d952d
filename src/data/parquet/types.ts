import type { AsyncBuffer, FileMetaData } from 'hyparquet';

/** What a new column may hold; `timestamp` is a date and time of day anywhere, `timestamp_utc` is an instant. */
export type OutputType =
  | 'string'
  | 'int64'
  | 'double'
  | 'boolean'
  | 'date'
  | 'timestamp'
  | 'timestamp_utc'
  | 'list<float>'
  | 'list<double>';

/** A column that is added to a table; every one may hold nulls. */
export interface OutputColumn {
  readonly name: string;
  readonly type: OutputType;
}

/**
 * | type                         | values                                                                    |
 * |------------------------------|---------------------------------------------------------------------------|
 * | string                       | text, or its UTF-8                                                        |
 * | int64                        | a safe integer, or a bigint of 64 bits                                    |
 * | double, boolean              | a number, a boolean                                                       |
 * | date                         | days since 1970-01-01, an integer of 32 bits                              |
 * | timestamp, timestamp_utc     | microseconds since 1970-01-01T00:00, as an int64                          |
 * | list<float>, list<double>    | a Float32Array, a Float64Array                                            |
 */
export type OutputValue =
  | string
  | Uint8Array
  | number
  | bigint
  | boolean
  | Float32Array
  | Float64Array
  | null;

/** One array per column, all of equal length. */
export type ColumnValues = readonly OutputValue[];

export function isListType(type: OutputType): boolean {
  return type === 'list<float>' || type === 'list<double>';
}

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
