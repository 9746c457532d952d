import type { ByteSource } from '../byte-source.ts';
import type { CellBatch, CellColumn } from '../cells.ts';
import { findByte } from './byte-finder.ts';
import type { RecordSpans } from './record-spans.ts';
import { type CsvHeader, type CsvRowRange, csvRowSpans } from './table.ts';

const QUOTE = 0x22;

/**
 * Cells of a range of rows, without their quotes, where the scanner has read them. A column that the header does not have is null.
 * @throws BatchError InvalidInput as `csvSpans`
 */
export async function* csvCells(
  source: ByteSource,
  header: CsvHeader,
  { from, skip, rowCount }: CsvRowRange,
  columns: readonly string[],
): AsyncGenerator<CellBatch> {
  // Unquoting changes the bytes, so a column that is asked for twice is read once.
  const names = [...new Set(columns)];
  const readers = names.map((name) => new ColumnReader(header.columns.indexOf(name)));
  const places = columns.map((name) => names.indexOf(name));
  let position = 0;
  for await (const spans of csvRowSpans(source, header, from)) {
    const first = Math.max(0, skip - position);
    const end = Math.min(spans.count, skip + rowCount - position);
    position += spans.count;
    if (first < end) {
      const read = readers.map((reader) => reader.read(spans, first, end));
      yield { rowCount: end - first, columns: places.map((place) => read[place] as CellColumn) };
    }
    if (position >= skip + rowCount) return;
  }
}

class ColumnReader {
  readonly #place: number;
  #starts = new Int32Array();
  #ends = new Int32Array();

  constructor(place: number) {
    this.#place = place;
  }

  /** The column's cells in records [first, end). */
  read(spans: RecordSpans, first: number, end: number): CellColumn {
    const rows = end - first;
    if (rows > this.#starts.length) {
      this.#starts = new Int32Array(rows * 2);
      // Of a column that is not there every cell is null.
      this.#ends = new Int32Array(rows * 2).fill(-1);
    }
    if (this.#place >= 0) this.#locate(spans, first, rows);
    return { bytes: spans.bytes, starts: this.#starts, ends: this.#ends };
  }

  #locate({ bytes, starts, firstFields, fieldEnds }: RecordSpans, first: number, rows: number): void {
    const place = this.#place;
    for (let row = 0; row < rows; row++) {
      const record = first + row;
      const field = (firstFields[record] as number) + place;
      const start = place === 0 ? (starts[record] as number) : (fieldEnds[field - 1] as number) + 1;
      const end = fieldEnds[field] as number;
      const quoted = start < end && bytes[start] === QUOTE;
      this.#starts[row] = quoted ? start + 1 : start;
      this.#ends[row] = quoted ? unescaped(bytes, start + 1, end - 1) : end;
    }
  }
}

/** Leaves one quote of each two between `start` and the closing quote at `end`. Returns where the text ends now. */
function unescaped(bytes: Buffer, start: number, end: number): number {
  let quote = findByte(bytes, QUOTE, start);
  let to = quote;
  while (quote < end) {
    const next = findByte(bytes, QUOTE, quote + 2);
    bytes.copyWithin(to, quote + 1, next);
    to += next - quote - 1;
    quote = next;
  }
  return to;
}
