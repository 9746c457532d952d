import fc from 'fast-check';
import { RowIndex } from '../../src/data/row-index.ts';

function filled(rows: number, most?: number): RowIndex<{ readonly at: number }> {
  const index = new RowIndex<{ readonly at: number }>(most);
  for (let row = 0; row < rows; row++) index.add({ at: row * 10 });
  return index;
}

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
        expect(found?.at).toBe((found?.row as number) * 10);
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
