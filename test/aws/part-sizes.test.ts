import {
  copiesOf,
  LEAST_PART,
  leastBytes,
  MOST_PARTS,
  partBytes,
  partBytesFor,
} from '../../src/aws/part-sizes.ts';

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;
const TiB = 1024 ** 4;

test.each([
  ['nothing', 0, 8],
  ['what 9,000 of the first parts hold', 9000 * 8 * MiB, 8],
  ['a byte more', 9000 * 8 * MiB + 1, 9],
  ['a terabyte', TiB, 117],
  ['the largest object of S3', 5 * TiB, 583],
])('parts for %s', (_, expected, mebibytes) => {
  expect(partBytesFor(expected)).toBe(mebibytes * MiB);
});

test.each([
  [1, 8],
  [1000, 8],
  [1001, 16],
  [2001, 32],
  [3001, 64],
  [10_000, 64],
])('part %d of an upload whose size nobody expects has %d MiB', (part, mebibytes) => {
  expect(partBytes(part, undefined)).toBe(mebibytes * MiB);
});

test.each([
  [1, 40, 40],
  [9000, 40, 40],
  [9001, 40, 64],
  [9001, 100, 100],
])('part %d of parts of %d MiB has %d', (part, chosen, mebibytes) => {
  expect(partBytes(part, chosen * MiB)).toBe(mebibytes * MiB);
});

const allParts = (chosen: number | undefined, bytes: typeof partBytes) =>
  Array.from({ length: MOST_PARTS }, (_, i) => bytes(i + 1, chosen)).reduce((sum, part) => sum + part, 0);

test('as many parts as S3 takes hold 528 GB that nobody expected', () => {
  expect(Math.floor(allParts(undefined, partBytes) / 1e9)).toBe(528);
});

test.each([0, 60 * GiB, 70 * GiB, 71 * GiB, 500 * GiB, 5 * TiB])(
  'even the shortest parts hold %d bytes that were expected',
  (expected) => {
    expect(allParts(partBytesFor(expected), leastBytes)).toBeGreaterThanOrEqual(expected);
    expect(leastBytes(1, partBytesFor(expected))).toBe(LEAST_PART);
  },
);

test.each([
  [LEAST_PART, [LEAST_PART]],
  [GiB, [GiB]],
  [GiB + 2, [GiB / 2 + 1, GiB / 2 + 1]],
  [3 * GiB - 1, [GiB, GiB, GiB - 1]],
])('a range of %d bytes is copied in parts of %p', (length, lengths) => {
  const object = { bucket: 'b', key: 'k', etag: '"e"', bytes: length + 7 };
  const copies = [...copiesOf({ object, start: 7, end: length + 7 })];
  expect(copies.map(({ start, end }) => end - start)).toEqual(lengths);
  expect(copies.map(({ start }) => start)).toEqual([7, ...copies.slice(0, -1).map(({ end }) => end)]);
  expect(copies.at(-1)?.end).toBe(length + 7);
});
