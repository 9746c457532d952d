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

/** Rows that are made into one batch. */
const BATCH_ROWS = 1000;

/** Texts as cells, for formats that are not read as bytes. */
export async function* cellsOfTexts(
  rows: AsyncIterable<readonly (string | null)[]>,
  columnCount: number,
): AsyncGenerator<CellBatch> {
  let batch: (readonly (string | null)[])[] = [];
  const cells = () => ({
    rowCount: batch.length,
    columns: Array.from({ length: columnCount }, (_, column) =>
      cellColumn(batch.map((row) => row[column] ?? null)),
    ),
  });
  for await (const row of rows) {
    batch.push(row);
    if (batch.length < BATCH_ROWS) continue;
    yield cells();
    batch = [];
  }
  if (batch.length > 0) yield cells();
}

function cellColumn(values: readonly (string | null)[]): CellColumn {
  const texts = values.map((value) => Buffer.from(value ?? ''));
  const starts = new Int32Array(values.length);
  const ends = new Int32Array(values.length);
  let at = 0;
  texts.forEach((text, row) => {
    starts[row] = at;
    at += text.length;
    ends[row] = values[row] === null ? -1 : at;
  });
  return { bytes: Buffer.concat(texts), starts, ends };
}
