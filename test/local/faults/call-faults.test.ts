import {
  type Call,
  type CallFault,
  CallFaults,
  matches,
  strikes,
} from '../../../src/local/faults/call-faults.ts';
import { CallLog, type FunctionCall } from '../../../src/local/faults/call-log.ts';

const put: Call = {
  service: 's3',
  operation: 'PutObject',
  accessKeyId: 'LOCALStackStepsPrepareInput1',
  functionName: 'Stack-StepsPrepareInput1',
};
const ofStates: Call = { service: 's3', operation: 'GetObject', accessKeyId: 'LOCALSTATES' };

test.each<[string, Omit<CallFault, 'fault'>, Call, boolean]>([
  ['all functions', {}, put, true],
  ['a part of the name', { caller: 'PrepareInput' }, put, true],
  ['a part of the access key id', { caller: 'StackSteps' }, put, true],
  ['another function', { caller: 'RunJob' }, put, false],
  ['the service', { service: 's3' }, put, true],
  ['another service', { service: 'dynamodb' }, put, false],
  ['the operation', { operation: 'PutObject' }, put, true],
  ['another operation', { operation: 'GetObject' }, put, false],
  ['no service by default', {}, ofStates, false],
  ['a service by its whole name', { caller: 'LOCALSTATES' }, ofStates, true],
  ['no service by a part of its name', { caller: 'STATES' }, ofStates, false],
])('matches %s', (_, fault, call, expected) => {
  expect(matches({ ...fault, fault: 'reset-before' }, call)).toBe(expected);
});

test('only functions are killed', () => {
  expect(
    matches({ caller: 'LOCALNOBODY', fault: 'kill-after' }, { ...ofStates, accessKeyId: 'LOCALNOBODY' }),
  ).toBe(false);
});

/** The ordinals, of 1 to 8, of the matching calls that a fault strikes. */
test.each<[string, Omit<CallFault, 'fault'>, readonly number[]]>([
  ['every one', {}, [1, 2, 3, 4, 5, 6, 7, 8]],
  ['the first ones', { times: 3 }, [1, 2, 3]],
  ['the nth', { nth: 4 }, [4]],
  ['the nth and the next', { nth: 4, times: 2 }, [4, 5]],
  ['each third', { every: 3 }, [3, 6]],
  ['each third, once', { every: 3, times: 1 }, [3]],
  ['none by chance', { chance: 0 }, []],
  ['all by chance', { chance: 1 }, [1, 2, 3, 4, 5, 6, 7, 8]],
])('strikes %s', (_, fault, expected) => {
  const struck: number[] = [];
  for (let matching = 1; matching <= 8; matching++) {
    const ordinals = { matching, struck: struck.length };
    if (strikes({ ...fault, fault: 'reset-before' }, ordinals, 0.5)) struck.push(matching);
  }
  expect(struck).toEqual(expected);
});

test('chance is of the seed alone, and fair', () => {
  const fault: CallFault = { chance: 0.25, fault: 'reset-before' };
  const struckBy = (seed: number) => {
    const faults = new CallFaults([fault], seed);
    return Array.from({ length: 2000 }, () => faults.next(put) !== undefined);
  };
  expect(struckBy(7)).toEqual(struckBy(7));
  expect(struckBy(7)).not.toEqual(struckBy(8));
  const share = struckBy(7).filter(Boolean).length / 2000;
  expect(share).toBeGreaterThan(0.2);
  expect(share).toBeLessThan(0.3);
});

test('each fault counts on its own, and the first that would strikes', () => {
  const slow = { status: 503, code: 'SlowDown' };
  const faults = new CallFaults([
    { operation: 'PutObject', nth: 2, fault: 'kill-before' },
    { service: 's3', every: 2, fault: slow },
    { caller: 'LOCALSTATES', fault: 'reset-after' },
  ]);
  const get = { ...put, operation: 'GetObject' };
  const struck = [put, get, put, ofStates, put, put].map((call) => faults.next(call));
  expect(struck).toEqual([undefined, slow, 'kill-before', 'reset-after', slow, undefined]);
});

test.each<[string, object, string]>([
  ['no fault', {}, 'fault must be given'],
  ['an unknown fault', { fault: 'explode' }, 'fault must be one of kill-before'],
  ['a status that is no error', { fault: { status: 200, code: 'OK' } }, 'a status from 400 to 599'],
  ['an error without a code', { fault: { status: 500 } }, 'with a code'],
  ['an unknown member', { fault: 'kill-after', times_: 1 }, 'times_ is no member of it'],
  ['an unknown service', { fault: 'kill-after', service: 'sfn' }, 'service must be one of s3, dynamodb'],
  ['an ordinal from 0', { fault: 'kill-after', nth: 0 }, 'nth must be a whole number from 1'],
  ['a chance beyond 1', { fault: 'kill-after', chance: 2 }, 'chance must be a number from 0 to 1'],
  ['two ways to count', { fault: 'kill-after', nth: 1, every: 2 }, 'exclude each other'],
  ['a service to kill', { fault: 'kill-after', caller: 'LOCALSTATES' }, 'only functions can be killed'],
])('refuses %s', (_, fault, message) => {
  expect(() => new CallFaults([fault as CallFault])).toThrow(message);
});

test('calls are numbered by site and by invocation', () => {
  const told: FunctionCall[] = [];
  const log = new CallLog((call) => told.push(call));
  const call = (environment: string, invocationId: string | undefined, operation: string) =>
    log.add({ functionName: 'worker', service: 's3', operation, path: '/b/k', environment, invocationId });
  call('thread 1', 'a', 'PutObject');
  call('thread 2', 'b', 'PutObject');
  call('thread 1', 'a', 'GetObject');
  call('thread 1', 'c', 'PutObject');
  call('thread 1', undefined, 'PutObject');
  expect(told.map(({ operation, nth, nthInInvocation }) => [operation, nth, nthInInvocation])).toEqual([
    ['PutObject', 1, 1],
    ['PutObject', 2, 1],
    ['GetObject', 1, 2],
    ['PutObject', 3, 1],
    ['PutObject', 4, 1],
  ]);
});
