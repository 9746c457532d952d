import fc from 'fast-check';
import { type OutcomeCounts, OutcomeTally } from '../../src/batch/outcome-counts.ts';
import type { AnswerRow } from '../../src/batch/output-columns.ts';

function rowOf(change: Partial<AnswerRow>): AnswerRow {
  const nothing = { answer: null, error: null, stopReason: null, inputTokens: null, outputTokens: null };
  return { ...nothing, recordId: 'R0000000000', status: 'succeeded', ...change };
}

const rows: readonly AnswerRow[] = [
  rowOf({ answer: 'a', inputTokens: 3, outputTokens: 5 }),
  rowOf({ answer: '', inputTokens: 4, outputTokens: 0 }),
  rowOf({ answer: 'c' }),
  rowOf({ status: 'failed', error: '400: x' }),
  rowOf({ status: 'failed', error: '400: y: z' }),
  rowOf({ status: 'missing', error: 'NoAnswer: w' }),
];

function counted(of: readonly AnswerRow[]): OutcomeCounts {
  const tally = new OutcomeTally();
  for (const row of of) tally.addRow(row);
  expect(tally.rows).toBe(of.length);
  return tally.counts();
}

test('counts statuses, codes and tokens', () => {
  expect(counted(rows)).toEqual({
    statuses: { succeeded: 3, failed: 2, missing: 1 },
    error_codes: { '400': 2, NoAnswer: 1 },
    input_tokens: 7,
    output_tokens: 5,
  });
});

test('no rows count nothing', () => {
  expect(counted([])).toEqual({
    statuses: { succeeded: 0, failed: 0, missing: 0 },
    error_codes: {},
    input_tokens: 0,
    output_tokens: 0,
  });
});

test('the counts of two parts add up to the counts of both, and neither is changed', () => {
  fc.assert(
    fc.property(fc.subarray([...rows]), fc.subarray([...rows]), (a, b) => {
      const [countsA, countsB] = [counted(a), counted(b)];
      const sum = new OutcomeTally();
      sum.addCounts(countsA);
      sum.addCounts(countsB);
      expect(sum.counts()).toEqual(counted([...a, ...b]));
      expect(sum.rows).toBe(a.length + b.length);
      expect(countsA).toEqual(counted(a));
    }),
  );
});

test('counts that were given out do not change any more', () => {
  const tally = new OutcomeTally();
  tally.addRow(rowOf({ status: 'failed', error: 'A: x' }));
  const before = tally.counts();
  tally.addRow(rowOf({ status: 'failed', error: 'A: x' }));
  expect([before.statuses.failed, before.error_codes]).toEqual([1, { A: 1 }]);
});

test.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
  'counts the code %s, which every object has a property of, as any other',
  (code) => {
    const once = counted([rowOf({ status: 'failed', error: `${code}: x` })]);
    const sum = new OutcomeTally();
    sum.addCounts(once);
    sum.addCounts(once);
    expect(Object.entries(sum.counts().error_codes)).toEqual([[code, 2]]);
  },
);
