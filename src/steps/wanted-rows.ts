import type { CellBatch } from '../data/cells.ts';

/** Rows of a batch that are wanted one behind the other: from its row `from` on; the first is at `place` of the chunk. */
export interface RowRun {
  readonly place: number;
  readonly from: number;
  readonly count: number;
}

/** Which rows of a chunk are wanted, told for batch after batch: all, or those at some places, which rise. */
export class WantedRows {
  readonly #places: readonly number[] | undefined;
  #next = 0;
  /** The place of the next batch's first row. */
  #place = 0;

  constructor(places: readonly number[] | undefined) {
    this.#places = places;
  }

  runsWithin(rowCount: number): readonly RowRun[] {
    const start = this.#place;
    this.#place += rowCount;
    if (this.#places === undefined) return [{ place: start, from: 0, count: rowCount }];
    const runs: RowRun[] = [];
    for (let place = this.#places[this.#next]; place !== undefined && place < this.#place; ) {
      const first = place;
      let count = 0;
      do {
        count++;
        place = this.#places[++this.#next];
      } while (place === first + count && place < this.#place);
      runs.push({ place: first, from: first - start, count });
    }
    return runs;
  }
}

/** Some rows of a batch, where they lie. */
export function rowsOfBatch({ rowCount, columns }: CellBatch, from: number, count: number): CellBatch {
  if (from === 0 && count === rowCount) return { rowCount, columns };
  return {
    rowCount: count,
    columns: columns.map(({ bytes, starts, ends }) => ({
      bytes,
      starts: starts.subarray(from, from + count),
      ends: ends.subarray(from, from + count),
    })),
  };
}
