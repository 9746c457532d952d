import fc from 'fast-check';
import { type ChunkRequest, chunkOf, chunkRange, planChunks } from '../../src/batch/chunk-plan.ts';
import cases from '../cases/batch/chunk-plans.json';

interface Case {
  readonly name: string;
  readonly rows: number;
  readonly request: ChunkRequest;
  readonly limits?: { readonly minRecords: number; readonly maxRecords: number };
  readonly sizes?: readonly number[];
  readonly note?: string;
  readonly refusal?: string;
}

const standardLimits = { minRecords: 100, maxRecords: 100_000 };
const table = cases as readonly Case[];

test.each(table.filter(({ sizes }) => sizes))('$name', ({ rows, request, limits, sizes, note }) => {
  const plan = planChunks(rows, request, limits ?? standardLimits);
  const ranges = Array.from({ length: plan.chunkCount }, (_, i) => chunkRange(plan, i));
  expect(ranges.map((range) => range.rowCount)).toEqual(sizes);
  expect(plan.notes).toEqual(note === undefined ? [] : [note]);
});

test.each(table.filter(({ refusal }) => refusal))('refuses $name', ({ rows, request, limits, refusal }) => {
  expect(() => planChunks(rows, request, limits ?? standardLimits)).toThrow(
    expect.objectContaining({ kind: 'InvalidInput', message: refusal }),
  );
});

test('takes as many chunks as there are names for', () => {
  const plan = planChunks(10_000_099, { maxRecordsPerJob: 100 }, standardLimits);
  expect(plan.chunkCount).toBe(100_000);
});

/** A plan for enough rows, with limits that a model may have. */
const planned = fc
  .record({
    minRecords: fc.integer({ min: 1, max: 200 }),
    room: fc.integer({ min: 2, max: 500 }),
    maxRecordsPerJob: fc.integer({ min: 1, max: 100_000 }),
    maxJobs: fc.option(fc.integer({ min: 1, max: 500 }), { nil: undefined }),
    maxRecordsTotal: fc.option(fc.integer({ min: 200, max: 300_000 }), { nil: undefined }),
    rows: fc.integer({ min: 200, max: 300_000 }),
  })
  .map(({ minRecords, room, rows, ...request }) => {
    const limits = { minRecords, maxRecords: minRecords * room };
    const asked = { ...request, maxRecordsPerJob: Math.min(request.maxRecordsPerJob, limits.maxRecords) };
    return { limits, rows, request: asked, plan: planChunks(rows, asked, limits) };
  });

test('chunks cover the rows once and in order, in nearly equal sizes', () => {
  fc.assert(
    fc.property(planned, ({ plan }) => {
      let next = 0;
      const sizes = new Set<number>();
      for (let i = 0; i < plan.chunkCount; i++) {
        const range = chunkRange(plan, i);
        if (range.firstRow !== next)
          throw new Error(`chunk ${i} begins at ${range.firstRow}, not at ${next}`);
        next += range.rowCount;
        sizes.add(range.rowCount);
      }
      expect(next).toBe(plan.rowCount);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }),
  );
});

test('no chunk is under the minimum, over the size asked for, or over what the model takes', () => {
  fc.assert(
    fc.property(planned, ({ plan, limits, request }) => {
      const sizes = [chunkRange(plan, 0).rowCount, chunkRange(plan, plan.chunkCount - 1).rowCount];
      // The minimum wins over the size asked for: fewer than two minima of rows cannot be parted.
      const most = Math.max(request.maxRecordsPerJob, 2 * limits.minRecords - 1);
      expect(Math.min(...sizes)).toBeGreaterThanOrEqual(limits.minRecords);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(Math.min(most, limits.maxRecords));
      expect(plan.notes).toHaveLength(Math.max(...sizes) > request.maxRecordsPerJob ? 1 : 0);
    }),
  );
});

test('takes as many rows as it may, and no more jobs than it may', () => {
  fc.assert(
    fc.property(planned, ({ plan, rows, limits, request }) => {
      const { maxJobs = Infinity, maxRecordsTotal = Infinity, maxRecordsPerJob } = request;
      const size = Math.max(maxRecordsPerJob, limits.minRecords);
      expect(plan.rowCount).toBe(Math.min(rows, maxRecordsTotal, maxJobs * size));
      expect(plan.chunkCount).toBeLessThanOrEqual(maxJobs);
    }),
  );
});

test('chunkOf is the inverse of chunkRange', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 5000 }), (rows, chunks) => {
      const plan = { rowCount: rows, chunkCount: Math.min(rows, chunks) };
      for (let i = 0; i < plan.chunkCount; i++) {
        const { firstRow, rowCount } = chunkRange(plan, i);
        if (chunkOf(plan, firstRow) !== i || chunkOf(plan, firstRow + rowCount - 1) !== i)
          throw new Error(`rows of chunk ${i} are looked for elsewhere`);
      }
    }),
  );
});
