import { csvSpans, type ScanOptions } from './record-scanner.ts';
import { fieldCount, type RecordSpans } from './record-spans.ts';

/** One record of a CSV file: its own bytes and those that end it, so that both can be written back as they were. */
export interface CsvRecord {
  readonly bytes: Buffer;
  /** `\n`, `\r\n`, `\r`, or nothing at the end of the file. */
  readonly end: Buffer;
  /** Where the record begins: bytes from the start of the file, and the line, counted from 1. */
  readonly offset: number;
  readonly line: number;
  /** The line behind the record, which may span several. */
  readonly nextLine: number;
  readonly fields: number;
}

/** The records of `csvSpans` one by one, to be kept. */
export async function* csvRecords(
  chunks: AsyncIterable<Uint8Array>,
  options: ScanOptions,
): AsyncGenerator<CsvRecord> {
  for await (const spans of csvSpans(chunks, options)) yield* recordsOf(spans, 0, spans.count);
}

/** Records [first, end) of those that were scanned, with bytes of their own. */
export function* recordsOf(spans: RecordSpans, first: number, end: number): Generator<CsvRecord> {
  if (first >= end) return;
  const { starts, ends, nexts, lines, nextLines } = spans;
  const base = starts[first] as number;
  const bytes = Buffer.from(spans.bytes.subarray(base, nexts[end - 1]));
  for (let i = first; i < end; i++) {
    const [start, recordEnd] = [starts[i] as number, ends[i] as number];
    yield {
      bytes: bytes.subarray(start - base, recordEnd - base),
      end: bytes.subarray(recordEnd - base, (nexts[i] as number) - base),
      offset: spans.offset + start,
      line: lines[i] as number,
      nextLine: nextLines[i] as number,
      fields: fieldCount(spans, i),
    };
  }
}
