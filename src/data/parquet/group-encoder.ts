import type { Compression } from './codecs.ts';
import { ColumnEncoder } from './column-encoder.ts';
import type { NewChunk } from './footer.ts';
import type { ColumnValues, OutputColumn } from './types.ts';

/** Counts the bytes of the file, to know where chunks lie. */
export interface Position {
  offset: number;
}

/**
 * New column chunks of one row group. The first column's pages come as they end; those of the others wait, encoded, for
 * the group's end.
 */
export class GroupEncoder {
  private readonly columns: readonly ColumnEncoder[];
  private readonly position: Position;

  constructor(columns: readonly OutputColumn[], position: Position, compression?: Compression) {
    this.columns = columns.map((column) => new ColumnEncoder(column, compression));
    this.position = position;
    this.columns[0]?.startAt(position.offset);
  }

  /** What was added, before compression. */
  get valueBytes(): number {
    return this.columns.reduce((sum, column) => sum + column.valueBytes, 0);
  }

  *add(values: readonly ColumnValues[]): Generator<Uint8Array> {
    for (const [i, column] of this.columns.entries()) column.add(values[i] ?? []);
    const [first] = this.columns;
    if (first) yield* this.drain(first);
  }

  *end(): Generator<Uint8Array> {
    for (const [i, column] of this.columns.entries()) {
      if (i > 0) column.startAt(this.position.offset);
      column.end();
      yield* this.drain(column);
    }
  }

  placed(): readonly NewChunk[] {
    return this.columns.map((column) => column.placed());
  }

  private *drain(column: ColumnEncoder): Generator<Uint8Array> {
    for (const bytes of column.drain()) {
      if (bytes.length === 0) continue;
      this.position.offset += bytes.length;
      yield bytes;
    }
  }
}
