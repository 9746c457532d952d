import type { StartPosition } from '../../batch/manifest.ts';
import type { ByteSource } from '../byte-source.ts';
import { textsOfBatch } from '../cells.ts';
import { jsonStringBytes, type ScannedRows, type ScanWanted } from '../scan.ts';
import { columnReaders } from './cells.ts';
import { behind, type RecordSpans } from './record-spans.ts';
import { type CsvHeader, csvRowSpans } from './table.ts';

const QUOTE = 0x22;

/** Every record from a position on, checked, with what a survey wants to know of it. */
export async function* scanCsv(
  source: ByteSource,
  header: CsvHeader,
  from: StartPosition,
  wanted: ScanWanted,
): AsyncGenerator<ScannedRows> {
  const places = wanted.sized.map((name) => header.columns.indexOf(name)).filter((place) => place >= 0);
  let { row } = from;
  for await (const spans of csvRowSpans(source, header, from)) {
    const { count, offset, starts, lines } = spans;
    if (count === 0) continue;
    row += count;
    const next = { row, ...behind(spans, count - 1) };
    const sizes = Int32Array.from({ length: places.length === 0 ? 0 : count }, (_, i) =>
      sizeOf(spans, i, places),
    );
    const texts = wanted.texts.length === 0 ? undefined : textsOf(spans, header, wanted.texts);
    yield {
      count,
      next,
      size: (i) => sizes[i] ?? 0,
      position: (i) => ({ offset: offset + (starts[i] as number), line: lines[i] as number }),
      ...(texts && { texts: (i) => texts[i] ?? [] }),
    };
  }
}

/** Inside of quotes a quote is two bytes, as it is in JSON. */
function sizeOf(spans: RecordSpans, record: number, places: readonly number[]): number {
  const { bytes, starts, firstFields, fieldEnds } = spans;
  let size = 0;
  for (const place of places) {
    const field = (firstFields[record] as number) + place;
    // A row that is short has no such field; it is padded with nothing.
    if (field >= (firstFields[record + 1] as number)) continue;
    const start = place === 0 ? (starts[record] as number) : (fieldEnds[field - 1] as number) + 1;
    size += jsonStringBytes(bytes, start, fieldEnds[field] as number);
    if (bytes[start] === QUOTE) size -= quotesCountedTwice(bytes, start, fieldEnds[field] as number);
  }
  return size;
}

/** The two around the field, which no record has, and one of each two bytes within that JSON has as two. */
function quotesCountedTwice(bytes: Buffer, start: number, end: number): number {
  let quotes = 0;
  for (let at = bytes.indexOf(QUOTE, start + 1); at < end - 1; at = bytes.indexOf(QUOTE, at + 1)) quotes++;
  return 4 + quotes;
}

function textsOf(spans: RecordSpans, header: CsvHeader, columns: readonly string[]) {
  const read = columnReaders(header, columns)(spans, 0, spans.count);
  return textsOfBatch({ rowCount: spans.count, columns: read });
}
