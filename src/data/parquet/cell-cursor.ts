import type { CellColumn } from '../cells.ts';

/** Cells of one column, in row order. */
export interface CellCursor {
  /** How many rows can be taken: none only after the last one. What was taken before is no longer valid. */
  ready(): Promise<number>;
  take(rows: number): CellColumn;
  /** Ends the use of what was taken. */
  close(): void;
}

/** Rows that are decoded at once at most. */
export const STEP_ROWS = 2048;

/** How many rows are decoded from one on: up to the same borders in all columns, so that their steps do not drift apart. */
export function rowsToBorder(row: number): number {
  return STEP_ROWS - (row % STEP_ROWS);
}
