import type { CellColumn } from '../cells.ts';

/** Cells of one column, in row order. */
export interface CellCursor {
  /** How many rows can be taken: none only after the last one. What was taken before is no longer valid. */
  ready(): Promise<number>;
  take(rows: number): CellColumn;
  /** Ends the use of what was taken. */
  close?(): void;
}
