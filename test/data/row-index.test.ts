import fc from 'fast-check';
import { RowIndex, type RowIndexState } from '../../src/data/row-index.ts';

/** Row r begins at r * 10 and takes r bytes. */
function filled(rows: number, most?: number, state?: RowIndexState): RowIndex {
  const index = new RowIndex(most, state);
  while (index.rows < rows) {
    const { rows: row } = index;
    if (index.wantsPosition) index.mark({ file: 0, row, offset: row * 10, line: row });
    index.add(row);
  }
  return index;
}

const bytesOf = (first: number, end: number) => ((end - first) * (first + end - 1)) / 2;

test('finds a position at or before any row, with the row that it belongs to', () => {
  const size = fc.record({ rows: fc.integer({ min: 1, max: 20_000 }), most: fc.integer({ min: 1, max: 9 }) });
  fc.assert(
    fc.property(size, fc.array(fc.nat(), { minLength: 20 }), ({ rows, most }, wanted) => {
      const index = filled(rows, most);
      expect(index.rows).toBe(rows);
      // Room for `most` positions, so never further away than twice the rows that each must stand for.
      const furthest = Math.max(64, (2 * rows) / Math.max(1, most - 1)) * 2;
      for (const row of [0, rows - 1, ...wanted.map((any) => any % rows)]) {
        const found = index.find(row);
        expect(found?.offset).toBe((found?.row as number) * 10);
        expect(found?.row).toBeLessThanOrEqual(row);
        if (most > 1) expect(row - (found?.row as number)).toBeLessThan(furthest);
      }
    }),
    { numRuns: 60 },
  );
});

test('an index of few rows leads to within 64 of each', () => {
  const index = filled(200);
  expect([0, 63, 64, 199].map((row) => index.find(row)?.row)).toEqual([0, 0, 64, 192]);
});

test('an index of no rows finds nothing', () => {
  expect(new RowIndex().find(0)).toBeUndefined();
  expect(filled(10).find(64)).toBeUndefined();
});

test('three million rows take no more room than it has', () => {
  const index = filled(3_000_000, 100);
  const places = new Set(Array.from({ length: 30_000 }, (_, i) => index.find(i * 100)?.row));
  expect(places.size).toBeLessThanOrEqual(100);
  expect(places.size).toBeGreaterThan(40);
});

test('knows at least what any rows take, and no more than what the positions around them do', () => {
  const range = fc
    .tuple(fc.nat(2999), fc.nat(2999))
    .map(([a, b]) => [Math.min(a, b), Math.max(a, b) + 1] as const);
  const index = filled(3000, 20);
  const even = new RowIndex(20);
  while (even.rows < 3000) {
    if (even.wantsPosition) even.mark({ file: 0, row: even.rows });
    even.add(1000);
  }
  const stride = 256;
  fc.assert(
    fc.property(range, ([first, end]) => {
      const most = bytesOf(
        Math.floor(first / stride) * stride,
        Math.min(3000, Math.ceil(end / stride) * stride),
      );
      expect(index.bytesWithin(first, end)).toBeGreaterThanOrEqual(bytesOf(first, end));
      expect(index.bytesWithin(first, end)).toBeLessThanOrEqual(most);
      // Rows of one size are known to the byte, wherever they begin and end.
      expect(even.bytesWithin(first, end)).toBe((end - first) * 1000);
    }),
  );
  expect(index.bytesWithin(0, 3000)).toBe(bytesOf(0, 3000));
});

test('goes on from its own JSON as if it had never been put down', () => {
  fc.assert(
    fc.property(fc.nat(3000), fc.integer({ min: 2, max: 40 }), (cut, most) => {
      const state = JSON.parse(JSON.stringify(filled(cut, most))) as RowIndexState;
      expect(filled(3000, most, state).toJSON()).toEqual(filled(3000, most).toJSON());
    }),
    { numRuns: 30 },
  );
});
