import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  DescribeExecutionCommand,
  ListExecutionsCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { realClock } from '../../../src/local/clock.ts';
import { startStates } from '../../../src/local/states/server.ts';
import { durableWorld, ended, temporaryFolders, theParent, turns } from './durable-world.ts';
import { killAfter, linesIn, outcomeOf } from './killed.ts';
import { callback, distributed, inner, machine, task } from './machines.ts';

const newFolder = temporaryFolders();
const HOUR = 3600;
const wait = machine('W', { W: { Type: 'Wait', Seconds: HOUR, Output: 'waited', End: true } });
const never = { never: () => new Promise(() => undefined) };

describe('a start on the directory of another', () => {
  test('knows the names of executions', async () => {
    const directory = newFolder();
    const first = await durableWorld({ directory, definition: wait });
    const { arn } = first.start({ a: 1 }, 'same');
    await first.executions.close();
    const second = await durableWorld({ directory, definition: wait });
    second.resume();
    expect(second.start({ a: 1 }, 'same').arn).toBe(arn);
    expect(() => second.start({ a: 2 }, 'same')).toThrow('Execution Already Exists');
    await ended(theParent(second));
    expect(() => second.start({ a: 1 }, 'same')).toThrow('Execution Already Exists');
    await second.executions.close();
  });

  test('finds running what was running at a close, and tells of it once', async () => {
    const directory = newFolder();
    const first = await durableWorld({ directory, definition: wait });
    first.start();
    await turns();
    await first.executions.close();
    const second = await durableWorld({ directory, definition: wait, now: first.clock.now() + 10_000 });
    expect(theParent(second).status).toBe('RUNNING');
    second.resume();
    const { startTime, stopTime, status } = await ended(theParent(second));
    expect([status, (stopTime ?? 0) - startTime]).toEqual(['SUCCEEDED', HOUR * 1000]);
    expect([...first.told, ...second.told].map((each) => each.status)).toEqual(['RUNNING', 'SUCCEEDED']);
    await second.executions.close();
  });

  test('does at once what was due meanwhile', async () => {
    const directory = newFolder();
    const first = await durableWorld({ directory, definition: wait });
    first.start();
    await turns();
    await first.executions.close();
    const now = first.clock.now() + 2 * HOUR * 1000;
    const second = await durableWorld({ directory, definition: wait, now });
    second.resume();
    expect((await ended(theParent(second))).stopTime).toBe(now);
    await second.executions.close();
  });

  test.each([
    ['TimeoutSeconds', { TimeoutSeconds: 60 }, 60],
    ['HeartbeatSeconds', { HeartbeatSeconds: 40 }, 30 + 40],
  ])('counts %s from before', async (_, more, seconds) => {
    const tokens: string[] = [];
    const functions = { keep: ({ token }: { token?: unknown }) => void tokens.push(String(token)) };
    const definition = machine('T', { T: callback('keep', {}, { ...more, End: true }) });
    const directory = newFolder();
    const first = await durableWorld({ directory, definition, functions });
    first.start();
    await first.clock.sleep(30_000);
    first.tokens.heartbeat(tokens[0]);
    await first.executions.close();
    const second = await durableWorld({ directory, definition, functions, now: first.clock.now() + 20_000 });
    second.resume();
    const { status, startTime, stopTime } = await ended(theParent(second));
    expect([status, ((stopTime ?? 0) - startTime) / 1000]).toEqual(['FAILED', seconds]);
    expect(tokens).toHaveLength(1);
    await second.executions.close();
  });

  test('takes an answer before executions go on, and keeps it', async () => {
    const tokens: string[] = [];
    const functions = { keep: ({ token }: { token?: unknown }) => void tokens.push(String(token)) };
    const definition = machine('T', {
      T: callback('keep', {}, { Output: '{% $states.result %}', End: true }),
    });
    const directory = newFolder();
    const first = await durableWorld({ directory, definition, functions });
    first.start();
    await turns();
    await first.executions.close();
    const second = await durableWorld({ directory, definition, functions });
    second.tokens.succeed(tokens[0], 'accepted');
    expect(() => second.tokens.succeed(tokens[0], 'again')).toThrow('Task Timed Out');
    await second.executions.close();
    const third = await durableWorld({ directory, definition, functions });
    third.resume();
    const record = await ended(theParent(third));
    expect(third.executions.store.data(record).output).toBe('"accepted"');
    expect(tokens).toHaveLength(1);
    await third.executions.close();
  });

  test('goes on with the definition of the start', async () => {
    const directory = newFolder();
    const first = await durableWorld({ directory, definition: wait });
    first.start();
    await first.executions.close();
    const other = machine('Other', { Other: { Type: 'Pass', End: true } });
    const second = await durableWorld({ directory, definition: other });
    second.resume();
    const record = await ended(theParent(second));
    expect(second.executions.store.data(record).output).toBe('"waited"');
    expect((await ended(second.start({}, 'new'))).eventCount).toBe(4);
    await second.executions.close();
  });

  test.each([
    ['the state machine', () => false, () => undefined, 'does not exist'],
    [
      'the definition',
      () => true,
      (folder: string) => rmSync(join(folder, 'definitions'), { recursive: true }),
      'ENOENT',
    ],
  ])('fails what lost %s', async (_, hasMachine, lose, cause) => {
    const definition = machine('Each', {
      Each: distributed({ C: task('never', {}, { End: true }) }, { End: true }),
    });
    const options = { directory: newFolder(), definition, functions: never, datasets: { 'b/k': '1\n2' } };
    const first = await durableWorld(options);
    first.start();
    while (first.calls.length < 2) await turns();
    await first.executions.close();
    lose(options.directory);
    const second = await durableWorld(options);
    lose(options.directory);
    second.executions.resume(hasMachine);
    const [parent, ...children] = second.executions.store.list();
    expect(parent && second.executions.store.data(parent)).toMatchObject({
      error: 'States.Runtime',
      cause: expect.stringContaining(cause),
    });
    expect(children.map(({ status }) => status)).toEqual(['ABORTED', 'ABORTED']);
    const [run] = second.executions.store.mapRuns.values();
    expect(run).toMatchObject({ status: 'ABORTED', executionCounts: { aborted: 2, running: 0 } });
    expect(second.told.map(({ status }) => status)).toEqual(['FAILED']);
    await second.executions.close();
  });
});

test('an accepted stop happens, killed after any line from then on', async () => {
  const definition = machine('Both', {
    Both: {
      Type: 'Parallel',
      Branches: [
        inner('A', { A: task('never', {}, { End: true }) }),
        inner('Each', { Each: distributed({ C: { Type: 'Wait', Seconds: 60, End: true } }, { End: true }) }),
      ],
      End: true,
    },
  });
  const options = { definition, functions: never, datasets: { 'b/k': '1\n2' } };
  const original = newFolder();
  const first = await durableWorld({ ...options, directory: original });
  const record = first.start();
  await first.clock.sleep(5_000);
  await first.executions.stop(record, 'Mine', 'enough');
  await first.executions.close();
  const expected = outcomeOf(first);
  expect(expected).toMatchObject({ status: 'ABORTED', data: { error: 'Mine', cause: 'enough' } });
  const lines = linesIn(original);
  const accepted = lines.findIndex((line) => line.includes('"StopAccepted"'));
  expect(lines.length - accepted).toBeGreaterThan(5);
  for (let count = accepted + 1; count < lines.length; count += 1) {
    const directory = newFolder();
    killAfter(count, original, directory);
    const world = await durableWorld({ ...options, directory, now: first.clock.now(), seed: count });
    world.resume();
    await ended(theParent(world));
    expect({ count, ...outcomeOf(world) }).toEqual({ count, ...expected });
    expect(world.calls).toEqual([]);
    await world.executions.close();
  }
});

test('what cannot be written is not accepted', async () => {
  const directory = newFolder();
  const world = await durableWorld({ directory, definition: wait });
  const journals = join(directory, 'executions');
  rmSync(journals, { recursive: true });
  expect(() => world.start()).toThrow('ENOENT');
  expect([...world.executions.store.list()]).toEqual([]);
  mkdirSync(journals);
  const record = world.start();
  expect((await ended(record)).status).toBe('SUCCEEDED');
  await world.executions.close();
});

test('an execution whose journal breaks off does not end, and close() says why', async () => {
  const directory = newFolder();
  const world = await durableWorld({ directory, definition: wait });
  const record = world.start();
  const full = jest.spyOn(record.log, 'append').mockImplementation(() => {
    throw new Error('no space left');
  });
  await world.clock.sleep(2 * HOUR * 1000);
  expect(record.status).toBe('RUNNING');
  await expect(world.executions.close()).rejects.toThrow('no space left');
  full.mockRestore();
  const second = await durableWorld({ directory, definition: wait, now: world.clock.now() });
  second.resume();
  expect((await ended(theParent(second))).status).toBe('SUCCEEDED');
  await second.executions.close();
});

test('the service itself starts again on its directory', async () => {
  const tokens: string[] = [];
  const region = 'eu-west-1';
  const options = {
    ...{ clock: realClock, region, account: '123456789012', s3Endpoint: 'http://127.0.0.1:1' },
    directory: newFolder(),
    invokeFunction: async (_: string, payload: unknown) => {
      tokens.push((payload as { token: string }).token);
      return { payload: null };
    },
  };
  const definition = machine('T', { T: callback('keep', {}, { Output: '{% $states.result %}', End: true }) });
  const start = async () => {
    const states = await startStates(options);
    const { arn } = states.createStateMachine({ name: 'm', definition, roleArn: 'arn:aws:iam::1:role/r' });
    const credentials = { accessKeyId: 'LOCALTEST', secretAccessKey: 'x' };
    return { states, arn, sfn: new SFNClient({ endpoint: states.url, region, credentials, maxAttempts: 1 }) };
  };
  const before = await start();
  before.states.resume();
  const { executionArn } = await before.sfn.send(new StartExecutionCommand({ stateMachineArn: before.arn }));
  const second = await before.sfn.send(new StartExecutionCommand({ stateMachineArn: before.arn }));
  while (tokens.length < 2) await realClock.sleep(5);
  before.states.suspend();
  const tooLate = before.sfn.send(new SendTaskSuccessCommand({ taskToken: tokens[0], output: '1' }));
  await expect(tooLate).rejects.toMatchObject({ name: 'ServiceUnavailable' });
  await before.states.close();
  before.sfn.destroy();

  const { states, sfn, arn: stateMachineArn } = await start();
  const listed = await sfn.send(new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING' }));
  expect(listed.executions).toHaveLength(2);
  await sfn.send(new SendTaskSuccessCommand({ taskToken: tokens[0], output: '"late"' }));
  // Nothing can be stopped until it goes on.
  const stopped = sfn.send(new StopExecutionCommand({ executionArn: second.executionArn }));
  states.resume();
  await stopped;
  const describe = (arn: string | undefined) => sfn.send(new DescribeExecutionCommand({ executionArn: arn }));
  while ((await describe(executionArn)).status === 'RUNNING') await realClock.sleep(5);
  expect(await describe(executionArn)).toMatchObject({ status: 'SUCCEEDED', output: '"late"' });
  expect(await describe(second.executionArn)).toMatchObject({ status: 'ABORTED' });
  expect(tokens).toHaveLength(2);
  sfn.destroy();
  await states.close();
});
