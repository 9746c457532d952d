import type { StartPosition } from '../batch/manifest.ts';

/** What a survey wants to know of the rows that it passes. */
export interface ScanWanted {
  /** Columns whose texts go into a record, as often as they do. */
  readonly sized: readonly string[];
  /** Columns that are read besides, so that nothing which cannot be read costs money. */
  readonly read: readonly string[];
  /** Columns whose texts are asked for. */
  readonly texts: readonly string[];
  /** The lines are Bedrock's records, to be checked as such. */
  readonly records: boolean;
}

/** Rows in order, as many as were read together. All is valid until the next ones are asked for. */
export interface ScannedRows {
  readonly count: number;
  /** Bytes that the sized cells of row i take at most inside of JSON strings; of a record, its line. */
  size(i: number): number;
  /** Where row i begins; undefined where the format finds rows by their number. */
  position(i: number): Omit<StartPosition, 'row'> | undefined;
  /** Row i's cells of the `texts` columns. */
  texts?(i: number): readonly (string | null)[];
  /** JSONL: the keys of these rows, in the order in which they first occur; and records' own ids. */
  readonly keys?: Iterable<string>;
  readonly recordIds?: readonly string[];
  /** Where reading goes on behind these rows. */
  readonly next: StartPosition;
}

/** Bytes that a byte takes inside a JSON string beyond its own: `\"`, `\n`, `\u0001`. */
const EXTRA = Uint8Array.from({ length: 256 }, (_, byte) => {
  const written = JSON.stringify(String.fromCharCode(byte));
  return byte < 0x80 ? written.length - 3 : 0;
});

/** Bytes of a text from which on a view of them is worth its making. */
const LONG_TEXT = 64;

/** Bytes of some UTF-8 text inside a JSON string. */
export function jsonStringBytes(bytes: Uint8Array, start: number, end: number): number {
  const { buffer, byteOffset, byteLength } = bytes;
  const view = end - start < LONG_TEXT ? undefined : new DataView(buffer, byteOffset, byteLength);
  let size = end - start;
  for (let at = start; at < end; at++) {
    if (view !== undefined) at = skipPlain(view, at, end);
    if (at < end) size += EXTRA[bytes[at] as number] as number;
  }
  return size;
}

/** To the eight bytes that hold the next quote, backslash or control character, or near the end. */
function skipPlain(view: DataView, start: number, end: number): number {
  let at = start;
  while (at + 8 <= end && (escapedIn(view.getInt32(at, true)) | escapedIn(view.getInt32(at + 4, true))) === 0)
    at += 8;
  return at;
}

/** Not 0 where one of four bytes stands for itself in no JSON string: a quote, a backslash, a control character. */
function escapedIn(word: number): number {
  const quotes = (word ^ 0x22222222) - 0x01010101;
  const backslashes = (word ^ 0x5c5c5c5c) - 0x01010101;
  return (quotes | backslashes | (word - 0x20202020)) & ~word & 0x80808080;
}
