/**
 * Cells of one column for a batch of rows, as UTF-8 bytes where they already lie: row i's text is `bytes[starts[i], ends[i])`.
 * A null has an end of -1. The arrays may be longer than the batch, and are valid until the next batch is asked for.
 */
export interface CellColumn {
  readonly bytes: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** Rows of some columns, in the order in which the columns were asked for. */
export interface CellBatch {
  readonly rowCount: number;
  readonly columns: readonly CellColumn[];
}
