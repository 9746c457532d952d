import { Readable } from 'node:stream';
import { StatesError } from '../../../src/local/states/errors.ts';
import { interpret } from '../../../src/local/states/interpreter.ts';
import type { TaskRequest } from '../../../src/local/states/options.ts';
import { callback, distributed, machine, resultWriter, task } from './machines.ts';

const invoke = async ({ arguments: given }: TaskRequest) => ({
  ExecutedVersion: '$LATEST',
  Payload: (given as { Payload: unknown }).Payload,
  StatusCode: 200,
});
const pass = { I: { Type: 'Pass', End: true } };

describe('with nothing given but how tasks are done', () => {
  test('an execution runs, and its result has all members', async () => {
    const definition = machine('A', { A: task('f', { n: '{% $states.input.n %}' }, { End: true }) });
    const result = await interpret(definition, { n: 1 }, { invoke });
    expect(Object.keys(result).sort()).toEqual(['cause', 'error', 'history', 'output', 'status']);
    expect(result).toMatchObject({ status: 'SUCCEEDED', output: { n: 1 }, error: undefined });
  });

  test('a failure has all members too', async () => {
    const result = await interpret(
      machine('A', { A: { Type: 'Fail', Error: 'E', Cause: 'c' } }),
      {},
      { invoke },
    );
    expect(Object.keys(result).sort()).toEqual(['cause', 'error', 'history', 'output', 'status']);
    expect(result).toMatchObject({ status: 'FAILED', output: undefined, error: 'E', cause: 'c' });
  });

  test('names and random numbers repeat, and follow the seed', async () => {
    const Output = '{% [$uuid(), $random(), $states.context.Execution.Name] %}';
    const definition = machine('A', { A: { Type: 'Pass', Output, End: true } });
    const outputs = [{}, {}, { seed: 2 }, { name: 'mine' }].map(async (options) => {
      const { output } = await interpret(definition, {}, { invoke, ...options });
      return output as [string, number, string];
    });
    const [first, second, other, named] = await Promise.all(outputs);
    expect(second).toEqual(first);
    expect(other?.[0]).not.toBe(first?.[0]);
    expect([first?.[2], named?.[2]]).toEqual(['replay', 'mine']);
  });

  test.each([
    ['at once', () => [1, 2]],
    ['later', async () => [1, 2]],
    ['one by one', () => Readable.from([1, 2])],
  ])('items may be read %s', async (_how, readItems) => {
    const { output } = await interpret(
      machine('Each', { Each: distributed(pass, { End: true }) }),
      {},
      {
        ...{ invoke, readItems },
      },
    );
    expect(output).toEqual([1, 2]);
  });

  test('a handler fails its task by a StatesError; any other error is none that States.ALL catches', async () => {
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'B', Output: '{% $states.errorOutput %}' }];
    const definition = machine('A', {
      A: task('f', {}, { Catch, Next: 'B' }),
      B: { Type: 'Succeed' },
    });
    const failing = (failure: Error) => interpret(definition, {}, { invoke: () => Promise.reject(failure) });
    const named = await failing(new StatesError('MyError', 'why'));
    expect(named).toMatchObject({ status: 'SUCCEEDED', output: { Error: 'MyError', Cause: 'why' } });
    expect(await failing(new Error('oops'))).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
  });

  test('a task with credentials tells them to its handler', async () => {
    const Credentials = { RoleArn: '{% $states.input.role %}' };
    const definition = machine('A', { A: task('f', {}, { Credentials, End: true }) });
    const asked: unknown[] = [];
    const noting = async ({ credentials }: TaskRequest) => {
      asked.push(credentials);
      return { Payload: null };
    };
    await interpret(definition, { role: 'arn:aws:iam::210987654321:role/other' }, { invoke: noting });
    expect(asked).toEqual([{ roleArn: 'arn:aws:iam::210987654321:role/other' }]);
  });

  test.each([
    ['less', {}, "Credentials of state 'A' must have a RoleArn"],
    ['more', { RoleArn: 'r', Other: 1 }, "Credentials of state 'A' must have only the fields RoleArn"],
  ])('credentials with %s than a RoleArn are refused', async (_what, Credentials, message) => {
    const definition = machine('A', { A: task('f', {}, { Credentials, End: true }) });
    await expect(interpret(definition, {}, { invoke })).rejects.toThrow(message);
  });

  test('a callback is answered through its request', async () => {
    const definition = machine('A', { A: callback('f', {}, { HeartbeatSeconds: 60, End: true }) });
    const answering = async ({ callback: asked, arguments: given }: TaskRequest) => {
      const { token } = (given as { Payload: { token: string } }).Payload;
      asked?.heartbeat();
      setImmediate(() => asked?.succeed({ same: token === asked?.token }));
      return { StatusCode: 200 };
    };
    const { output, history } = await interpret(definition, {}, { invoke: answering });
    expect(output).toEqual({ same: true });
    expect(history.map(({ type }) => type)).toContain('TaskSubmitted');
  });

  test('a callback that was answered takes no other answer', async () => {
    const definition = machine('A', { A: callback('f', {}, { End: true }) });
    const refusals: unknown[] = [];
    const answering = async ({ callback: asked }: TaskRequest) => {
      asked?.fail('No', 'sorry');
      try {
        asked?.succeed(1);
      } catch (error) {
        refusals.push((error as Error).name);
      }
      return null;
    };
    const result = await interpret(definition, {}, { invoke: answering });
    expect(result).toMatchObject({ status: 'FAILED', error: 'No', cause: 'sorry' });
    expect(refusals).toEqual(['TaskTimedOut']);
  });

  test.each([
    ['reads a dataset', distributed(pass, { End: true }), 'States.ItemReaderFailed', 'readItems'],
    [
      'exports results',
      { ...distributed(pass, { Items: [1], ResultWriter: resultWriter, End: true }), ItemReader: undefined },
      'States.ResultWriterFailed',
      'writeResults',
    ],
  ])('a Map that %s fails and says what is missing', async (_what, state, error, option) => {
    const definition = JSON.parse(JSON.stringify(machine('A', { A: state }))) as unknown;
    const result = await interpret(definition, {}, { invoke });
    expect(result).toMatchObject({ status: 'FAILED', error, cause: expect.stringContaining(option) });
    expect(result.cause).not.toContain('States.');
  });
});
