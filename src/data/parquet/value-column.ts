import type { DecodedArray, SchemaTree } from 'hyparquet';
import { assembleNested } from 'hyparquet/src/assemble.js';
import type { CellColumn } from '../cells.ts';
import { Arena } from './arena.ts';
import { type CellCursor, rowsToBorder, STEP_ROWS } from './cell-cursor.ts';
import { type LeafRows, PARSERS } from './leaf-rows.ts';

/** Fewer rows are written at once where their texts are long. */
const FULL_BYTES = 1024 * 1024;

/** Values of any type, written as text into an arena, some rows at a time. */
export class ValueColumn implements CellCursor {
  private readonly node: SchemaTree;
  private readonly leaves: readonly LeafRows[];
  private readonly text: (value: unknown) => string | null;
  private readonly arena = new Arena();
  private readonly starts = new Int32Array(STEP_ROWS);
  private readonly ends = new Int32Array(STEP_ROWS);
  private values: DecodedArray = [];
  private nextValue = 0;
  private written = 0;
  private next = 0;
  /** Of the row group: the row behind all values. */
  private row: number;

  /** `node` is that of the decoded file, `text` writes its values. */
  constructor(
    node: SchemaTree,
    leaves: readonly LeafRows[],
    text: (value: unknown) => string | null,
    firstRow: number,
  ) {
    this.node = node;
    this.row = firstRow;
    this.leaves = leaves;
    this.text = text;
  }

  async ready(): Promise<number> {
    if (this.next < this.written) return this.written - this.next;
    if (this.nextValue >= this.values.length) await this.readValues();
    this.writeTexts();
    return this.written;
  }

  take(rows: number): CellColumn {
    const [from, to] = [this.next, this.next + rows];
    this.next = to;
    return {
      bytes: this.arena.bytes,
      starts: this.starts.subarray(from, to),
      ends: this.ends.subarray(from, to),
    };
  }

  async close(): Promise<void> {
    for (const leaf of this.leaves) await leaf.close();
  }

  /** Leaves of one column advance in step, though their pages differ. */
  private async readValues(): Promise<void> {
    const counts = await Promise.all(this.leaves.map((leaf) => leaf.ready()));
    const rows = Math.min(rowsToBorder(this.row), ...counts);
    this.row += rows;
    const columns = new Map(this.leaves.map((leaf) => [leaf.path, leaf.take(rows)]));
    if (this.node.children.length > 0 && rows > 0) assembleNested(columns, this.node, PARSERS);
    this.values = columns.get(this.node.path.join('.')) ?? [];
    this.nextValue = 0;
    if (this.values.length !== rows) throw new RangeError(`${this.values.length} values in ${rows} rows`);
  }

  private writeTexts(): void {
    this.arena.clear();
    this.next = 0;
    let row = 0;
    while (this.nextValue < this.values.length && this.arena.length < FULL_BYTES) {
      const text = this.text(this.values[this.nextValue]);
      this.starts[row] = this.arena.length;
      if (text !== null) this.arena.addText(text);
      this.ends[row] = text === null ? -1 : this.arena.length;
      this.nextValue += 1;
      row += 1;
    }
    this.written = row;
  }
}
