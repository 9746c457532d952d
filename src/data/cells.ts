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

/** The cells of batches as texts, a row at a time. */
export async function* textsOfCells(
  batches: AsyncIterable<CellBatch>,
): AsyncGenerator<readonly (string | null)[]> {
  for await (const { rowCount, columns } of batches) {
    const views = columns.map(({ bytes: { buffer, byteOffset, byteLength }, starts, ends }) => ({
      bytes: Buffer.from(buffer, byteOffset, byteLength),
      starts,
      ends,
    }));
    for (let row = 0; row < rowCount; row++) {
      yield views.map(({ bytes, starts, ends }) =>
        ends[row] === -1 ? null : bytes.toString('utf8', starts[row], ends[row]),
      );
    }
  }
}
