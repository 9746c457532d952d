import type { CopyRange } from '../data/byte-source.ts';

const MIB = 1024 * 1024;

/** S3: every part but the last has at least 5 MiB, and there are 10,000 at most. */
export const LEAST_PART = 5 * MIB;
export const MOST_PARTS = 10_000;

const FIRST_PARTS = 8 * MIB;
const LARGEST_UNFORESEEN = 64 * MIB;
/** S3 copies up to 5 GiB at once; shorter copies go side by side. */
const LARGEST_COPY = 1024 * MIB;
/** The first parts may be as small as S3 takes them; the other 9,000 are large enough for all that is expected. */
const SMALL_PARTS = 1000;

export function partBytesFor(expectedBytes: number): number {
  return Math.max(FIRST_PARTS, Math.ceil(expectedBytes / (MOST_PARTS - SMALL_PARTS) / MIB) * MIB);
}

/** The size of a part by its number, counted from 1; `chosen` is that of an upload whose size was expected. */
export function partBytes(part: number, chosen: number | undefined): number {
  // Where nothing is expected, parts double every thousand from 8 to 64 MiB: 10,000 of them hold 528 GB.
  if (chosen === undefined)
    return Math.min(FIRST_PARTS * 2 ** Math.floor((part - 1) / SMALL_PARTS), LARGEST_UNFORESEEN);
  // More came than was expected: the last thousand parts take 67 GB of it.
  return part > MOST_PARTS - SMALL_PARTS ? Math.max(chosen, LARGEST_UNFORESEEN) : chosen;
}

/** What is shorter is no part of its own, though S3 would take it: a table of many short ranges would use all parts up. */
export function leastBytes(part: number, chosen: number | undefined): number {
  return part <= SMALL_PARTS ? LEAST_PART : partBytes(part, chosen);
}

/** A range in copies of about the same length. */
export function* copiesOf(range: CopyRange): Generator<CopyRange> {
  const length = range.end - range.start;
  const size = Math.ceil(length / Math.ceil(length / LARGEST_COPY));
  for (let { start } = range; start < range.end; start += size) {
    yield { ...range, start, end: Math.min(range.end, start + size) };
  }
}
