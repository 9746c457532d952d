import { ModelInvocationJobStatus } from '@aws-sdk/client-bedrock';
import { isJobStatus, isTerminal, rankOf } from '../../src/batch/job-status.ts';

const terminal = ['Completed', 'PartiallyCompleted', 'Failed', 'Stopped', 'Expired'];

test.each(Object.values(ModelInvocationJobStatus))('%s of the SDK is known', (status) => {
  expect(isJobStatus(status)).toBe(true);
  expect(isTerminal(status)).toBe(terminal.includes(status));
  expect(rankOf(status)).toBeGreaterThan(0);
});

test('ranks rise along the life of a job, and no end comes after another', () => {
  const life = ['Submitted', 'Validating', 'Scheduled', 'InProgress', 'Stopping', 'Stopped'].map(rankOf);
  expect(life).toEqual([...new Set(life)].sort((a, b) => a - b));
  expect(new Set(terminal.map(rankOf)).size).toBe(1);
});

test.each(['Paused', 'completed', '', 'constructor', '__proto__'])(
  'a status of no known name, %j, neither ends a job nor moves it',
  (status) => {
    expect(isJobStatus(status)).toBe(false);
    expect(isTerminal(status)).toBe(false);
    expect(rankOf(status)).toBe(0);
  },
);
