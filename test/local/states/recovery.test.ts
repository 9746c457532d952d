import { HeartbeatMissed, StatesError } from '../../../src/local/states/errors.ts';
import { matches, retryDelay } from '../../../src/local/states/recovery.ts';

describe('error names', () => {
  test.each([
    [['Bad'], 'Bad', true],
    [['Bad'], 'Worse', false],
    [['States.ALL'], 'Bad', true],
    [['States.ALL'], 'States.Timeout', true],
    [['States.ALL'], 'States.Runtime', false],
    [['States.ALL'], 'States.DataLimitExceeded', false],
    [['States.DataLimitExceeded'], 'States.DataLimitExceeded', true],
    [['States.TaskFailed'], 'Bad', true],
    [['States.TaskFailed'], 'States.Timeout', false],
  ])('%j matches %s: %s', (errorEquals, error, expected) => {
    expect(matches(errorEquals, new StatesError(error))).toBe(expected);
  });

  test.each([
    [['States.Timeout'], true],
    [['States.HeartbeatTimeout'], true],
    [['States.TaskFailed'], false],
  ])('%j matches a missed heartbeat: %s', (errorEquals, expected) => {
    expect(matches(errorEquals, new HeartbeatMissed())).toBe(expected);
    expect(matches(['States.HeartbeatTimeout'], new StatesError('States.Timeout'))).toBe(false);
  });
});

describe('delays', () => {
  const none = () => 0.25;

  test('grow by the rate up to the cap', () => {
    const retrier = { ErrorEquals: ['E'], IntervalSeconds: 3, BackoffRate: 1.5, MaxDelaySeconds: 6 };
    expect([0, 1, 2, 3].map((retry) => retryDelay(retrier, retry, none))).toEqual([3, 4.5, 6, 6]);
  });

  test('with full jitter are a random part', () => {
    expect(retryDelay({ ErrorEquals: ['E'], JitterStrategy: 'FULL' }, 2, none)).toBe(1);
  });
});
