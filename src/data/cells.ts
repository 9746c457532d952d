import type { StartPosition } from '../batch/manifest.ts';

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
  /** CSV and JSONL: where reading goes on behind the batch. */
  readonly next?: StartPosition | undefined;
}

/** Rows as texts. */
export interface TextBatch {
  readonly rows: readonly (readonly (string | null)[])[];
  readonly next?: StartPosition | undefined;
}

/** The cells of a batch as texts, row by row. */
export function textsOfBatch({ rowCount, columns }: CellBatch): (string | null)[][] {
  const views = columns.map(({ bytes: { buffer, byteOffset, byteLength }, starts, ends }) => ({
    bytes: Buffer.from(buffer, byteOffset, byteLength),
    starts,
    ends,
  }));
  return Array.from({ length: rowCount }, (_, row) =>
    views.map(({ bytes, starts, ends }) =>
      ends[row] === -1 ? null : bytes.toString('utf8', starts[row], ends[row]),
    ),
  );
}

/** Texts as cells, for formats that are not read as bytes. */
export function cellsOfTexts({ rows, next }: TextBatch, columnCount: number): CellBatch {
  const columns = Array.from({ length: columnCount }, (_, column) =>
    cellColumn(rows.map((row) => row[column] ?? null)),
  );
  return { rowCount: rows.length, columns, next };
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
