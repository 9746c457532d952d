import type { Clock } from '../../../src/local/clock.ts';
import type { PutEvent } from '../../../src/local/events/event.ts';
import {
  deliveriesOf,
  type EventFault,
  EventFaults,
  identityOf,
} from '../../../src/local/faults/event-faults.ts';

const JOB = 'Batch Inference Job State Change';
const EXECUTION = 'Step Functions Execution Status Change';
const jobEvent = (name: string, status: string): PutEvent => ({
  source: 'aws.bedrock',
  'detail-type': JOB,
  detail: { batchJobName: name, status },
});
const executionEvent = (name: string, status: string): PutEvent => ({
  source: 'aws.states',
  'detail-type': EXECUTION,
  detail: { name, status },
});

/** Time that the test moves. */
function handClock() {
  let now = Date.UTC(2026, 0, 1);
  const sleepers: { readonly at: number; readonly wake: () => void }[] = [];
  const clock: Clock = {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        sleepers.push({ at: now + ms, wake: resolve });
        signal?.addEventListener('abort', () => reject(signal.reason));
      }),
  };
  const pass = async (ms: number) => {
    now += ms;
    for (const { at, wake } of sleepers) if (at <= now) wake();
    await new Promise(setImmediate);
  };
  return { clock, pass };
}

function bus(faults: readonly EventFault[], seed?: number) {
  const { clock, pass } = handClock();
  const heard: PutEvent[] = [];
  const events = new EventFaults({ clock, put: (event) => void heard.push(event), faults, seed });
  const told = () =>
    heard.map(({ detail }) => [detail['batchJobName'] ?? detail['name'], detail['status']].join(' '));
  return { events, heard, told, pass };
}

test.each<[EventFault | undefined, readonly number[]]>([
  [undefined, [0]],
  [{}, [0]],
  [{ drop: true }, []],
  [{ copies: 0 }, []],
  [{ copies: 3 }, [0, 0, 0]],
  [{ delayMs: 50 }, [50]],
  [{ delayMs: 50, copies: 2 }, [50, 50]],
  [{ copies: 3, spreadMs: 10 }, [0, 10, 20]],
  [{ copies: 2, spreadMs: 10, delayMs: 5 }, [5, 15]],
])('an event that meets %j is delivered after %j ms', (fault, expected) => {
  expect(deliveriesOf(fault)).toEqual(expected);
});

test.each<[EventFault, readonly string[]]>([
  [{ drop: true }, []],
  [{ drop: true, detailType: JOB }, ['x RUNNING', 'x SUCCEEDED']],
  [{ drop: true, status: 'Completed' }, ['a Submitted', 'b Submitted', 'x RUNNING', 'x SUCCEEDED']],
  [
    { drop: true, detailType: JOB, nth: 3 },
    ['a Submitted', 'b Submitted', 'b Completed', 'x RUNNING', 'x SUCCEEDED'],
  ],
  [{ drop: true, every: 2 }, ['a Submitted', 'a Completed', 'x RUNNING']],
  [
    { copies: 2, status: 'RUNNING' },
    ['a Submitted', 'b Submitted', 'a Completed', 'b Completed', 'x RUNNING', 'x RUNNING', 'x SUCCEEDED'],
  ],
  [
    { drop: true, chance: 0 },
    ['a Submitted', 'b Submitted', 'a Completed', 'b Completed', 'x RUNNING', 'x SUCCEEDED'],
  ],
])('with %j the bus hears %j', (fault, expected) => {
  const { events, told } = bus([fault]);
  for (const [name, status] of [
    ['a', 'Submitted'],
    ['b', 'Submitted'],
    ['a', 'Completed'],
    ['b', 'Completed'],
  ] as const) {
    events.put(jobEvent(name, status));
  }
  for (const status of ['RUNNING', 'SUCCEEDED']) events.put(executionEvent('x', status));
  expect(told()).toEqual(expected);
});

test('chance goes by what changed, not by when or under which id', () => {
  const lost = (names: readonly string[], seed: number) => {
    const { events, told } = bus([{ drop: true, chance: 0.4 }], seed);
    for (const name of names) events.put(jobEvent(name, 'Completed'));
    const heard = new Set(told());
    return names.filter((name) => !heard.has(`${name} Completed`)).sort();
  };
  const names = Array.from({ length: 100 }, (_, n) => `job-${n}`);
  const some = lost(names, 1);
  expect(some.length).toBeGreaterThan(25);
  expect(some.length).toBeLessThan(55);
  expect(lost([...names].reverse(), 1)).toEqual(some);
  expect(lost(names, 2)).not.toEqual(some);
});

test('late events come out of order, with the time and the id of their change', async () => {
  const { events, heard, told, pass } = bus([
    { status: 'InProgress', delayMs: 100 },
    { copies: 2, spreadMs: 500 },
  ]);
  events.put(jobEvent('a', 'InProgress'));
  await pass(10);
  events.put(jobEvent('a', 'Completed'));
  await pass(100);
  expect(told()).toEqual(['a Completed', 'a InProgress']);
  await pass(1000);
  expect(told()).toEqual(['a Completed', 'a InProgress', 'a Completed']);
  expect(heard.map(({ time }) => time)).toEqual(Array(3).fill('2026-01-01T00:00:00Z'));
  expect(heard[0]?.id).toBe(heard[2]?.id);
  expect(heard[0]?.id).not.toBe(heard[1]?.id);
  await events.close();
});

test('what is late when the bus closes is lost', async () => {
  const { events, told } = bus([{ delayMs: 100 }]);
  events.put(jobEvent('a', 'Completed'));
  await events.close();
  expect(told()).toEqual([]);
});

test('another plan counts anew', () => {
  const { events, told } = bus([{ drop: true, nth: 2 }]);
  events.put(jobEvent('a', 'Submitted'));
  events.set([{ drop: true, nth: 1 }]);
  for (const name of ['b', 'c']) events.put(jobEvent(name, 'Submitted'));
  expect(told()).toEqual(['a Submitted', 'c Submitted']);
});

test('a change is known by its job or its execution', () => {
  expect(identityOf(jobEvent('a', 'Failed'))).toBe(`${JOB}/a/Failed`);
  expect(identityOf(executionEvent('x', 'ABORTED'))).toBe(`${EXECUTION}/x/ABORTED`);
});

test.each<[object, string]>([
  [{ drop: true, copies: 2 }, 'drop and copies exclude each other'],
  [{ delayMs: -1 }, 'delayMs must be a whole number from 0'],
  [{ drop: false }, 'drop must be true'],
  [{ detailtype: 'x' }, 'detailtype is no member of it'],
])('%j is refused', (fault, rule) => {
  expect(() => bus([fault as EventFault])).toThrow(rule);
});
