/** Most positions that an index keeps: a few MB whatever the table's size. */
const MOST_POSITIONS = 32_768;
const FIRST_STRIDE = 64;

/**
 * Positions of every n-th row, for finding a row by a short read. When it is full, every other position goes and n doubles:
 * memory is bounded, and one sequential scan serves any plan that is made after it.
 */
export class RowIndex<Position extends object> {
  readonly #most: number;
  #stride = FIRST_STRIDE;
  #positions: Position[] = [];
  #rows = 0;

  constructor(most = MOST_POSITIONS) {
    this.#most = most;
  }

  get rows(): number {
    return this.#rows;
  }

  /** Takes the positions of rows 0, 1, 2 … in order. */
  add(position: Position): void {
    const row = this.#rows++;
    if (row % this.#stride !== 0) return;
    if (this.#positions.length === this.#most) {
      this.#positions = this.#positions.filter((_, i) => i % 2 === 0);
      this.#stride *= 2;
      // The row at hand may lie between two positions of the wider stride.
      if (row % this.#stride !== 0) return;
    }
    this.#positions.push(position);
  }

  /** The nearest known position at or before a row, with the row that it belongs to. */
  find(row: number): (Position & { readonly row: number }) | undefined {
    const place = Math.floor(row / this.#stride);
    const position = this.#positions[place];
    return position === undefined ? undefined : { ...position, row: place * this.#stride };
  }
}
