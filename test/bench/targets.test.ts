import { reachedTargets, type Target } from '../../bench/targets.ts';

const measures = new Map(
  Object.entries({ a: 2, b: 3, slow: 20, quick: 4 }).map(([name, seconds]) => [
    name,
    { seconds, rows: 1, bytes: 1, cpuSeconds: seconds, peakMb: 1 },
  ]),
);
const against = { name: 'x', ours: ['a', 'b'] };

test.each<[Target, number, boolean]>([
  [{ ...against, peers: ['slow'], atLeast: 4 }, 4, true],
  [{ ...against, peers: ['slow'], atLeast: 4.1 }, 4, false],
  [{ ...against, peers: ['quick'], atMost: 1.25 }, 1.25, true],
  [{ ...against, peers: ['quick', 'quick'], atMost: 0.6 }, 0.625, false],
])('%j is reached with %d: %s', (target, reached, ok) => {
  expect(reachedTargets(measures, [target])).toEqual([expect.objectContaining({ reached, ok })]);
});

test('a target is left out where a case was not measured', () => {
  expect(reachedTargets(measures, [{ ...against, peers: ['nobody'], atLeast: 1 }])).toEqual([]);
});
