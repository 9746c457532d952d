import fc from 'fast-check';
import { type ChunkRequest, planChunks } from '../../src/batch/chunk-plan.ts';
import cases from '../cases/batch/chunk-plans.json';

interface Case {
  readonly name: string;
  readonly rows: number;
  readonly request: ChunkRequest;
  readonly limits?: { readonly minRecords: number; readonly maxRecords: number };
  /** Bytes of each record, where they matter, and of a file at most. */
  readonly recordBytes?: number;
  readonly maxFileBytes?: number;
  readonly sizes?: readonly number[];
  readonly note?: string;
  readonly refusal?: string;
}

const standardLimits = { minRecords: 100, maxRecords: 100_000 };
const table = cases as readonly Case[];

function planOf({ rows, request, limits = standardLimits, recordBytes = 0, maxFileBytes = 1 }: Case) {
  const bytesWithin = (first: number, end: number) => (end - first) * recordBytes;
  return planChunks({ rows, bytesWithin }, request, { ...limits, maxFileBytes });
}

test.each(table.filter(({ sizes }) => sizes))('$name', (planned) => {
  const plan = planOf(planned);
  expect(plan.chunks.map(({ rowCount }) => rowCount)).toEqual(planned.sizes);
  expect(plan.notes).toEqual(planned.note === undefined ? [] : [planned.note]);
});

test.each(table.filter(({ refusal }) => refusal))('refuses $name', (planned) => {
  expect(() => planOf(planned)).toThrow(
    expect.objectContaining({ kind: 'InvalidInput', message: planned.refusal }),
  );
});

test('takes as many chunks as there are names for', () => {
  const request = { maxRecordsPerJob: 100 };
  expect(planOf({ name: 'most', rows: 10_000_099, request }).chunks).toHaveLength(100_000);
});

/** So that there are names for as many jobs as the most rows make. */
const LEAST_PER_JOB = 4;

/** A plan for enough rows, with limits that a model may have. */
const planned = fc
  .record({
    minRecords: fc.integer({ min: 1, max: 200 }),
    room: fc.integer({ min: 2, max: 500 }),
    maxRecordsPerJob: fc.integer({ min: LEAST_PER_JOB, max: 100_000 }),
    maxJobs: fc.option(fc.integer({ min: 1, max: 500 }), { nil: undefined }),
    maxRecordsTotal: fc.option(fc.integer({ min: 200, max: 300_000 }), { nil: undefined }),
    rows: fc.integer({ min: 200, max: 300_000 }),
  })
  .map(({ minRecords, room, rows, ...request }) => {
    const limits = { minRecords, maxRecords: Math.max(LEAST_PER_JOB, minRecords * room) };
    const asked = { ...request, maxRecordsPerJob: Math.min(request.maxRecordsPerJob, limits.maxRecords) };
    return { limits, rows, request: asked, plan: planOf({ name: 'any', rows, request: asked, limits }) };
  });

test('chunks cover the rows once and in order, in nearly equal sizes', () => {
  fc.assert(
    fc.property(planned, ({ plan }) => {
      let next = 0;
      const sizes = new Set<number>();
      for (const [i, range] of plan.chunks.entries()) {
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
      const sizes = plan.chunks.map(({ rowCount }) => rowCount);
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
      expect(plan.chunks.length).toBeLessThanOrEqual(maxJobs);
    }),
  );
});

test('whatever the records take, every chunk fits a file, is not under the minimum, and the rows stay whole', () => {
  const sizes = fc.array(fc.nat(100), { minLength: 20, maxLength: 300 });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 300 }), (bytes, maxRecordsPerJob) => {
      const sum = (first: number, end: number) => bytes.slice(first, end).reduce((all, one) => all + one, 0);
      // Two minima always fit, so that there is a plan.
      const limits = { minRecords: 5, maxRecords: 1000, maxFileBytes: 1000 };
      const plan = planChunks({ rows: bytes.length, bytesWithin: sum }, { maxRecordsPerJob }, limits);
      let next = 0;
      for (const { firstRow, rowCount } of plan.chunks) {
        expect(firstRow).toBe(next);
        expect(rowCount).toBeGreaterThanOrEqual(5);
        expect(sum(firstRow, firstRow + rowCount)).toBeLessThanOrEqual(1000);
        next += rowCount;
      }
      expect(next).toBe(bytes.length);
    }),
  );
});
