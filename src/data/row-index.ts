import type { StartPosition } from '../batch/manifest.ts';

/** Most positions that an index keeps: a few MB whatever the dataset's size. */
const MOST_POSITIONS = 32_768;
const FIRST_STRIDE = 64;

/** Where a row begins: its file, counted within the dataset, its number there, and its byte and line where the format has them. */
export interface RowPosition {
  readonly file: number;
  readonly row: number;
  readonly offset?: number | undefined;
  readonly line?: number | undefined;
  readonly pages?: StartPosition['pages'];
}

interface Mark extends RowPosition {
  /** Of all rows before this one. */
  readonly bytes: number;
  /** Of the largest row from this one to the next position. */
  largest: number;
}

export interface RowIndexState {
  readonly stride: number;
  readonly rows: number;
  readonly bytes: number;
  readonly marks: readonly Mark[];
}

/**
 * Positions of every n-th row of a dataset, for finding a row by a short read, and what records up to there take. When it is full,
 * every other one goes and n doubles: memory is bounded, and one sequential scan serves any plan that is made after it.
 */
export class RowIndex {
  readonly #most: number;
  #stride: number;
  #marks: Mark[];
  #rows: number;
  #bytes: number;

  constructor(most = MOST_POSITIONS, state?: RowIndexState) {
    this.#most = most;
    this.#stride = state?.stride ?? FIRST_STRIDE;
    this.#marks = [...(state?.marks ?? [])];
    this.#rows = state?.rows ?? 0;
    this.#bytes = state?.bytes ?? 0;
  }

  get rows(): number {
    return this.#rows;
  }

  /** The next row's position is wanted. */
  get wantsPosition(): boolean {
    return this.#rows % this.#stride === 0;
  }

  /** The position of the row that is added next. */
  mark(position: RowPosition): void {
    if (this.#marks.length === this.#most) {
      this.#marks = this.#marks.flatMap((mark, i, marks) => {
        const largest = Math.max(mark.largest, marks[i + 1]?.largest ?? 0);
        return i % 2 === 0 ? [{ ...mark, largest }] : [];
      });
      this.#stride *= 2;
      // The row at hand may lie between two positions of the wider stride.
      if (!this.wantsPosition) return;
    }
    this.#marks.push({ ...position, bytes: this.#bytes, largest: 0 });
  }

  /** Takes rows 0, 1, 2 … in order, each with what its record takes. */
  add(bytes: number): void {
    this.#rows++;
    this.#bytes += bytes;
    const mark = this.#marks.at(-1);
    if (mark !== undefined && bytes > mark.largest) mark.largest = bytes;
  }

  /** The nearest known position at or before a row. */
  find(row: number): RowPosition | undefined {
    return this.#marks[Math.floor(row / this.#stride)];
  }

  /** What the records of rows [first, end) take at most: exactly between two positions, and elsewhere by the largest of them. */
  bytesWithin(first: number, end: number): number {
    const stride = this.#stride;
    let bytes = 0;
    for (let block = Math.floor(first / stride); block * stride < end; block++) {
      const rows = Math.min(end, (block + 1) * stride) - Math.max(first, block * stride);
      const mark = this.#marks[block];
      const whole = (this.#marks[block + 1]?.bytes ?? this.#bytes) - (mark?.bytes ?? 0);
      bytes += Math.min(whole, rows * (mark?.largest ?? 0));
    }
    return bytes;
  }

  toJSON(): RowIndexState {
    return { stride: this.#stride, rows: this.#rows, bytes: this.#bytes, marks: this.#marks };
  }
}
