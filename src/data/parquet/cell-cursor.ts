import type { CellColumn } from '../cells.ts';
import type { PagePlace } from './chunk-range.ts';

/** Cells of one column, in row order. */
export interface CellCursor {
  /** How many rows can be taken: none only after the last one. What was taken before is no longer valid. */
  ready(): Promise<number>;
  take(rows: number): CellColumn;
  /** The page that holds the row which is taken next, where the rows of pages are known. */
  readonly page?: PagePlace | undefined;
  /** Ends the use of what was taken. */
  close(): Promise<void>;
}

/** Rows that are decoded at once at most. */
export const STEP_ROWS = 1024;

/** How many rows are decoded from one on: up to the same borders in all columns, so that their steps do not drift apart. */
export function rowsToBorder(row: number): number {
  return STEP_ROWS - (row % STEP_ROWS);
}
