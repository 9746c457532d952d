import type { CellBatch } from '../cells.ts';

/** The rows of a batch as texts, each made when it is asked for: a batch may be as large as the pages of its columns. */
export function* textRows({ rowCount, columns }: CellBatch): Generator<readonly (string | null)[]> {
  const views = columns.map(({ bytes: { buffer, byteOffset, byteLength }, starts, ends }) => ({
    bytes: Buffer.from(buffer, byteOffset, byteLength),
    starts,
    ends,
  }));
  for (let row = 0; row < rowCount; row += 1) {
    yield views.map(({ bytes, starts, ends }) =>
      ends[row] === -1 ? null : bytes.toString('utf8', starts[row], ends[row]),
    );
  }
}
