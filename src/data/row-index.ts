/** Most positions that an index keeps: a few MB whatever the dataset's size, and three for each of 10,000 chunks. */
const MOST_POSITIONS = 32_768;
const FIRST_STRIDE = 64;

/** Where a row begins: its file, counted within the dataset, its number there, and its byte and line where the format has them. */
export interface RowPosition {
  readonly file: number;
  readonly row: number;
  readonly offset?: number | undefined;
  readonly line?: number | undefined;
}

interface Mark extends RowPosition {
  /** Of all rows before this one. */
  readonly bytes: number;
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
      this.#marks = this.#marks.filter((_, i) => i % 2 === 0);
      this.#stride *= 2;
      // The row at hand may lie between two positions of the wider stride.
      if (!this.wantsPosition) return;
    }
    this.#marks.push({ ...position, bytes: this.#bytes });
  }

  /** Takes rows 0, 1, 2 … in order, each with what its record takes. */
  add(bytes: number): void {
    this.#rows++;
    this.#bytes += bytes;
  }

  /** The nearest known position at or before a row. */
  find(row: number): RowPosition | undefined {
    return this.#marks[Math.floor(row / this.#stride)];
  }

  /** What the records of rows [first, end) take at most: it is known at the positions alone. */
  bytesWithin(first: number, end: number): number {
    const before = this.#marks[Math.floor(first / this.#stride)];
    const behind = end >= this.#rows ? undefined : this.#marks[Math.ceil(end / this.#stride)];
    return (behind?.bytes ?? this.#bytes) - (before?.bytes ?? 0);
  }

  toJSON(): RowIndexState {
    return { stride: this.#stride, rows: this.#rows, bytes: this.#bytes, marks: this.#marks };
  }
}
