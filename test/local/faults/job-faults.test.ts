import { type JobFault, JobFaults, recordsBefore } from '../../../src/local/faults/job-faults.ts';
import { drawOf } from '../../../src/local/faults/selection.ts';

const names = Array.from({ length: 200 }, (_, i) => `run-chunk-${i}-1`);
const fail = { at: 'Validating', end: 'Failed' } as const;
/** The ordinals of the jobs that a fault befalls. */
function befallen(fault: JobFault, { seed = 1, jobs = names } = {}): number[] {
  const faults = new JobFaults([fault], seed);
  return jobs.flatMap((name, i) => (faults.fateOf({ ordinal: i + 1, name }) === undefined ? [] : [i + 1]));
}

describe('a fault befalls', () => {
  test.each<[string, JobFault, readonly number[]]>([
    ['all jobs by default', fail, [1, 2, 3, 4, 5, 6]],
    ['the nth', { ...fail, nth: 3 }, [3]],
    ['each so-many-eth', { ...fail, every: 2 }, [2, 4, 6]],
    ['none by no chance', { ...fail, chance: 0 }, []],
    ['all by a sure chance', { ...fail, chance: 1 }, [1, 2, 3, 4, 5, 6]],
    ['those of a name', { ...fail, jobName: 'run-chunk-4-1' }, [5]],
    ['those of a pattern', { ...fail, jobName: '*-chunk-*-1' }, [1, 2, 3, 4, 5, 6]],
    ['no name that only begins like it', { ...fail, jobName: 'run-chunk-' }, []],
    ['names to the letter', { ...fail, jobName: 'run.chunk*' }, []],
    ['those that both the name and the number choose', { ...fail, jobName: '*-3-1', every: 2 }, [4]],
  ])('%s', (_, fault, expected) => {
    expect(befallen(fault, { jobs: names.slice(0, 6) })).toEqual(expected);
  });

  test('about its chance of them, by name and seed alone', () => {
    const some = befallen({ ...fail, chance: 0.3 });
    expect(some.length).toBeGreaterThan(40);
    expect(some.length).toBeLessThan(80);
    expect(befallen({ ...fail, chance: 0.3 })).toEqual(some);
    expect(befallen({ ...fail, chance: 0.3 }, { seed: 2 })).not.toEqual(some);
    const backwards = befallen({ ...fail, chance: 0.3 }, { jobs: [...names].reverse() });
    expect(backwards.map((ordinal) => 201 - ordinal).sort((a, b) => a - b)).toEqual(some);
  });

  test('first come, first served; of two of one chance each chooses for itself', () => {
    const [first, second] = [
      { ...fail, chance: 0.5 },
      { at: 'InProgress', end: 'Stopped', chance: 0.5 },
    ] as const;
    const faults = new JobFaults([first, second], 1);
    const ends = names.map((name, i) => faults.fateOf({ ordinal: i + 1, name })?.end ?? 'none');
    for (const end of ['Failed', 'Stopped', 'none']) {
      expect(ends.filter((one) => one === end).length).toBeGreaterThan(30);
    }
  });
});

test('draws are even, and the same for the same', () => {
  const draws = names.map((name) => drawOf(7, 0, name));
  expect(names.map((name) => drawOf(7, 0, name))).toEqual(draws);
  expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true);
  expect(draws.reduce((sum, draw) => sum + draw, 0) / draws.length).toBeCloseTo(0.5, 1);
});

test.each<[Partial<JobFault>, number]>([
  [{}, 0],
  [{ afterRecords: 7 }, 7],
  [{ afterShare: 0.5 }, 50],
  [{ afterShare: 0.999 }, 100],
  [{ afterShare: 1 }, 101],
])('%j of 101 records leaves %i', (fault, expected) => {
  expect(recordsBefore({ at: 'InProgress', end: 'Failed', ...fault }, 101)).toBe(expected);
});

describe('ends that Bedrock has', () => {
  const all = ['Failed', 'Expired', 'Stopped', 'PartiallyCompleted', 'Completed'] as const;
  test.each([
    ['Submitted', ['Failed', 'Expired', 'Stopped']],
    ['Validating', ['Failed', 'Expired', 'Stopped']],
    ['Scheduled', ['Failed', 'Expired', 'Stopped']],
    ['InProgress', ['Failed', 'Stopped', 'PartiallyCompleted', 'Completed']],
  ] as const)('at %s', (at, possible) => {
    const accepted = all.filter((end) => {
      try {
        return new JobFaults([{ at, end }]);
      } catch {
        return false;
      }
    });
    expect(accepted).toEqual(possible);
  });
});

test.each<[object, string]>([
  [
    { at: 'Scheduled', end: 'Completed' },
    'a job that is Scheduled must end as one of Failed, Expired, Stopped',
  ],
  [{ at: 'Ended', end: 'Failed' }, 'at must be one of Submitted, Validating, Scheduled, InProgress'],
  [{ end: 'Failed' }, 'at must be given'],
  [{ at: 'Submitted' }, 'either end or stuck must be given'],
  [{ at: 'Submitted', end: 'Failed', stuck: true }, 'end and stuck exclude each other'],
  [{ at: 'Submitted', stuck: false }, 'stuck must be true'],
  [{ at: 'Submitted', stuck: true, message: 'x' }, 'stuck and message exclude each other'],
  [{ ...fail, afterRecords: 5 }, 'no record is answered while a job is Validating'],
  [{ at: 'InProgress', end: 'Failed', afterRecords: -1 }, 'afterRecords must be a whole number from 0'],
  [{ at: 'InProgress', end: 'Failed', afterShare: 2 }, 'afterShare must be a number from 0 to 1'],
  [
    { at: 'InProgress', end: 'Failed', afterShare: 0.5, afterRecords: 2 },
    'afterRecords and afterShare exclude each other',
  ],
  [{ ...fail, nth: 0 }, 'nth must be a whole number from 1'],
  [{ ...fail, nth: 1, every: 2 }, 'nth and every exclude each other'],
  [{ ...fail, chanse: 1 }, 'chanse is no member of it'],
])('%j is refused', (fault, rule) => {
  expect(() => new JobFaults([fault as JobFault])).toThrow(
    `Cannot plan the fault ${JSON.stringify(fault)}: ${rule}.`,
  );
});
