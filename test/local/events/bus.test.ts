import { fastClock } from '../../../src/local/clock.ts';
import { clock, done, pattern, recordingBus } from './recording-bus.ts';

it('fills in the envelope and delivers to every target of every rule that matches', async () => {
  const { bus, delivered } = recordingBus();
  bus.putRule({
    name: 'one',
    pattern,
    targets: [
      { id: 'a', arn: 'arn:a' },
      { id: 'b', arn: 'arn:b' },
    ],
  });
  bus.putRule({ name: 'other', pattern: { source: ['x'] }, targets: [{ id: 'c', arn: 'arn:c' }] });
  bus.putRule({ name: 'off', pattern, enabled: false, targets: [{ id: 'd', arn: 'arn:d' }] });
  const event = bus.put(done);
  await bus.idle();
  expect(event).toEqual({
    ...done,
    version: '0',
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    account: '123456789012',
    region: 'eu-west-1',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    resources: [],
  });
  expect(delivered).toEqual([
    ['arn:a', event],
    ['arn:b', event],
  ]);
});

it('replaces a rule of the same name', async () => {
  const { bus, delivered } = recordingBus();
  bus.putRule({ name: 'one', pattern, targets: [{ id: 'a', arn: 'arn:old' }] });
  bus.putRule({ name: 'one', pattern, targets: [{ id: 'a', arn: 'arn:new' }] });
  bus.put(done);
  await bus.idle();
  expect(delivered.map(([arn]) => arn)).toEqual(['arn:new']);
});

describe('what a target is given', () => {
  it.each([
    ['constant input', { input: '{"a":1}' }, { a: 1 }],
    ['a part of the event', { inputPath: '$.detail.status' }, 'Completed'],
    ['a part by quoted name', { inputPath: "$['detail-type']" }, 'Change'],
    [
      'a transformed event',
      {
        inputTransformer: {
          inputPathsMap: { status: '$.detail.status', n: '$.detail.count', gone: '$.detail.gone' },
          inputTemplate: '{"said":"is <status>, <gone>","n":<n>,"gone":<gone>,"rule":<aws.events.rule-name>}',
        },
      },
      { said: 'is Completed, ', n: 3, gone: null, rule: 'one' },
    ],
  ])('%s', async (_, input, expected) => {
    const { bus, delivered } = recordingBus();
    bus.putRule({ name: 'one', pattern, targets: [{ id: 'a', arn: 'arn:a', ...input }] });
    bus.put(done);
    await bus.idle();
    expect(delivered).toEqual([['arn:a', expected]]);
  });
});

describe('a rule is refused', () => {
  it.each<[string, object, string]>([
    ['with days twice', { scheduleExpression: 'cron(0 10 * * * *)' }, 'its day-of-month or its day-of-week'],
    ['with a cron of five fields', { scheduleExpression: 'cron(0 10 * * *)' }, 'cron(…) of six fields'],
    [
      'with a time of its own',
      { scheduleExpression: 'at(2026-01-01T00:00:00)' },
      'its schedule must be such as',
    ],
    ['with six targets', { pattern, targets: [...'abcdef'].map((id) => ({ id, arn: id })) }, 'five targets'],
    [
      'with a target twice',
      { pattern, targets: ['b', 'c'].map((arn) => ({ id: 'a', arn })) },
      'ids of their own',
    ],
    ...[{ maxRetries: 186 }, { maxAgeSeconds: 59 }, { maxAgeSeconds: 86_401 }].map(
      (retryPolicy): [string, object, string] => [
        `with ${JSON.stringify(retryPolicy)}`,
        { pattern, targets: [{ id: 'a', arn: 'b', retryPolicy }] },
        'may be retried 0 to 185 times, for 60 to 86400 seconds',
      ],
    ),
    ['with a rate of nothing', { scheduleExpression: 'rate(0 minutes)' }, 'its schedule must be such as'],
    ['with one minutes', { scheduleExpression: 'rate(1 minutes)' }, 'its schedule must be such as'],
    ['with two hour', { scheduleExpression: 'rate(2 hour)' }, 'its schedule must be such as'],
    ['without a pattern or a schedule', {}, 'must have an event pattern or a schedule'],
    ['with an unknown filter', { pattern: { source: [{ regex: 'x' }] } }, 'not known'],
    [
      'with input that is not JSON',
      { pattern, targets: [{ id: 'a', arn: 'b', input: '{' }] },
      'must be JSON',
    ],
    [
      'with two inputs',
      { pattern, targets: [{ id: 'a', arn: 'b', input: '1', inputPath: '$' }] },
      'may have one of',
    ],
    ['with a wrong path', { pattern, targets: [{ id: 'a', arn: 'b', inputPath: '$..x' }] }, 'JSON path'],
  ])('%s', (_, rule, reason) => {
    expect(() => recordingBus().bus.putRule({ name: 'r', targets: [], ...rule })).toThrow(reason);
  });
});

it('tries a delivery again, waiting longer each time, until it succeeds', async () => {
  const waits: number[] = [];
  let calls = 0;
  const { bus, failed } = recordingBus({
    clock: { now: clock.now, sleep: async (ms) => void waits.push(ms) },
    deliver: async () => {
      calls++;
      if (calls < 4) throw new Error('busy');
    },
  });
  bus.putRule({ name: 'one', pattern, targets: [{ id: 'a', arn: 'arn:a' }] });
  bus.put(done);
  await bus.idle();
  expect({ calls, waits, failed }).toEqual({ calls: 4, waits: [1000, 2000, 4000], failed: [] });
});

it('reports a delivery that fails for good', async () => {
  const { bus, failed } = recordingBus({
    deliver: () => Promise.reject(new Error('no such function')),
  });
  const target = { id: 'a', arn: 'arn:a', retryPolicy: { maxRetries: 3 } };
  bus.putRule({ name: 'one', pattern, targets: [target] });
  const event = bus.put(done);
  await bus.idle();
  expect(failed).toEqual([{ rule: 'one', target, event, error: new Error('no such function') }]);
});

it('is idle only when the deliveries that deliveries caused are done', async () => {
  const seen: unknown[] = [];
  const { bus } = recordingBus({
    deliver: async (_, event) => {
      seen.push(event);
      if (seen.length < 3) bus.put(done);
    },
  });
  bus.putRule({ name: 'one', pattern, targets: [{ id: 'a', arn: 'arn:a' }] });
  bus.put(done);
  await bus.idle();
  expect(seen).toHaveLength(3);
});

it('gives up waiting retries when it closes, and says so', async () => {
  const { bus, failed } = recordingBus({
    clock: fastClock(1),
    firstRetryMs: 3_600_000,
    deliver: () => Promise.reject(new Error('busy')),
  });
  bus.putRule({ name: 'one', pattern, targets: [{ id: 'a', arn: 'arn:a' }] });
  bus.put(done);
  await bus.close();
  expect(failed).toMatchObject([{ error: { message: 'busy' } }]);
  expect(() => bus.put(done)).toThrow('closed');
});
