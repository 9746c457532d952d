import type { ByteSource } from '../byte-source.ts';
import type { CellBatch, CellColumn } from '../cells.ts';
import { findStop, inEachByte, moveToStop } from './byte-finder.ts';
import { behind, type RecordSpans } from './record-spans.ts';
import { type CsvHeader, type CsvRowRange, csvRowSpans } from './table.ts';

const QUOTE = 0x22;
const QUOTES = inEachByte(QUOTE);

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
  const read = columnReaders(header, columns);
  let position = 0;
  for await (const spans of csvRowSpans(source, header, from)) {
    const first = Math.max(0, skip - position);
    const end = Math.min(spans.count, skip + rowCount - position);
    position += spans.count;
    if (first < end) {
      const next = { row: from.row + position - spans.count + end, ...behind(spans, end - 1) };
      yield { rowCount: end - first, columns: read(spans, first, end), next };
    }
    if (position >= skip + rowCount) return;
  }
}

/** Reads columns of records [first, end). Unquoting changes the bytes, so a column that is asked for twice is read once. */
export function columnReaders(header: CsvHeader, columns: readonly string[]) {
  const names = [...new Set(columns)];
  const readers = names.map((name) => new ColumnReader(header.columns.indexOf(name)));
  const places = columns.map((name) => names.indexOf(name));
  return (spans: RecordSpans, first: number, end: number): readonly CellColumn[] => {
    const read = readers.map((reader) => reader.read(spans, first, end));
    return places.map((place) => read[place] as CellColumn);
  };
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
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    for (let row = 0; row < rows; row++) {
      const record = first + row;
      const field = (firstFields[record] as number) + place;
      if (field >= (firstFields[record + 1] as number)) {
        // The row is short, and padded with empty fields.
        this.#starts[row] = this.#ends[row] = starts[record] as number;
        continue;
      }
      const start = place === 0 ? (starts[record] as number) : (fieldEnds[field - 1] as number) + 1;
      const end = fieldEnds[field] as number;
      const quoted = start < end && bytes[start] === QUOTE;
      this.#starts[row] = quoted ? start + 1 : start;
      this.#ends[row] = quoted ? unescaped(view, start + 1, end - 1) : end;
    }
  }
}

/** Leaves one quote of each two between `start` and the closing quote at `end`. Returns where the text ends now. */
function unescaped(view: DataView, start: number, end: number): number {
  let at = findStop(view, start, QUOTES);
  // Control characters stop a search, and stay.
  while (view.getUint8(at) !== QUOTE) at = findStop(view, at + 1, QUOTES);
  let to = at;
  while (at < end) {
    if (view.getUint8(at) === QUOTE) at++;
    view.setUint8(to++, view.getUint8(at++));
    const stop = moveToStop(view, at, QUOTES, to);
    to += stop - at;
    at = stop;
  }
  return to;
}
