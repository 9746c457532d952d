import fc from 'fast-check';
import { rowsOfBatch, WantedRows } from '../../src/steps/wanted-rows.ts';

test('without places every row of every batch is wanted', () => {
  const wanted = new WantedRows(undefined);
  expect(wanted.runsWithin(3)).toEqual([{ place: 0, from: 0, count: 3 }]);
  expect(wanted.runsWithin(2)).toEqual([{ place: 3, from: 0, count: 2 }]);
});

test('of any batches the runs name every wanted place once and in order, and no other', () => {
  const places = fc.uniqueArray(fc.nat(200)).map((all) => all.sort((a, b) => a - b));
  fc.assert(
    fc.property(places, fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 20 }), (wanted, batches) => {
      const rows = new WantedRows(wanted);
      const told: number[] = [];
      let start = 0;
      for (const size of batches) {
        const runs = rows.runsWithin(size);
        for (const { place, from, count } of runs) {
          expect(from).toBe(place - start);
          expect(from + count).toBeLessThanOrEqual(size);
          for (let i = 0; i < count; i++) told.push(place + i);
        }
        // Runs are as long as they can be.
        for (const [i, run] of runs.entries()) expect(runs[i + 1]?.place).not.toBe(run.place + run.count);
        start += size;
      }
      expect(told).toEqual(wanted.filter((place) => place < start));
    }),
  );
});

test('rows of a batch lie where they lay', () => {
  const column = {
    bytes: Buffer.from('abcdef'),
    starts: Int32Array.of(0, 1, 3, 6),
    ends: Int32Array.of(1, 3, -1, 6),
  };
  expect(rowsOfBatch({ rowCount: 4, columns: [column] }, 1, 2)).toEqual({
    rowCount: 2,
    columns: [{ bytes: column.bytes, starts: Int32Array.of(1, 3), ends: Int32Array.of(3, -1) }],
  });
});
