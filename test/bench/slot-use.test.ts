import { slotUse } from '../../bench/slot-use.ts';

const cases = [
  {
    name: 'jobs one behind the other fill their slots',
    jobs: [
      [0, 10],
      [0, 10],
      [10, 20],
      [10, 20],
      [20, 30],
    ],
    use: { share: 1, steadyShare: 1, most: 2 },
  },
  {
    name: 'a slot that is empty between two jobs is lost',
    jobs: [
      [0, 10],
      [0, 10],
      [10, 20],
      [15, 25],
      [20, 30],
    ],
    use: { share: 35 / 40, steadyShare: 35 / 40, most: 2 },
  },
  {
    name: 'so is the time until all are taken, which the steady share leaves out',
    jobs: [
      [0, 10],
      [5, 15],
      [10, 20],
      [15, 25],
      [20, 30],
    ],
    use: { share: 35 / 40, steadyShare: 1, most: 2 },
  },
] as const;

test.each(cases)('$name', ({ jobs, use }) => {
  const times = jobs.map(([from, to]) => ({ from, to }));
  expect(slotUse(times, 2)).toEqual({
    share: expect.closeTo(use.share, 10),
    steadyShare: expect.closeTo(use.steadyShare, 10),
    most: use.most,
  });
});
