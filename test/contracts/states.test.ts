import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateActivityCommand,
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListMapRunsCommand,
  ListStateMachinesCommand,
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { realClock } from '../../src/local/clock.ts';
import { startS3 } from '../../src/local/s3/server.ts';
import type { StatusChangeDetail } from '../../src/local/states/api/status-change.ts';
import type { InvokeFunction } from '../../src/local/states/lambda-task.ts';
import { type StatesServer, startStates } from '../../src/local/states/server.ts';

const credentials = { accessKeyId: 'LOCALTEST', secretAccessKey: 'x' };
const region = 'eu-west-1';
const roleArn = 'arn:aws:iam::123456789012:role/machine';

let directory: string;
let s3: Awaited<ReturnType<typeof startS3>>;
let s3Client: S3Client;
let states: StatesServer;
let sfn: SFNClient;
const changes: StatusChangeDetail[] = [];
const tokens: string[] = [];

const invokeFunction: InvokeFunction = async (name, payload) => {
  if (name === 'keep-token') tokens.push((payload as { token: string }).token);
  if (name === 'hang') return new Promise(() => undefined);
  if (name === 'odd-fails' && (payload as { n: number }).n % 2 === 1) {
    return { functionError: 'Unhandled', payload: { errorType: 'Odd', errorMessage: 'odd', trace: [] } };
  }
  return { payload };
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'states-contract-'));
  s3 = await startS3({ directory, clock: realClock });
  await s3.createBucket('data');
  s3Client = new S3Client({ endpoint: s3.url, region, credentials });
  states = await startStates({
    ...{ clock: realClock, region, account: '123456789012', s3Endpoint: s3.url, invokeFunction, seed: 1 },
    onStatusChange: (detail) => changes.push(detail),
  });
  sfn = new SFNClient({ endpoint: states.url, region, credentials, maxAttempts: 1 });
});

afterAll(async () => {
  await states.close();
  await s3.close();
  sfn.destroy();
  s3Client.destroy();
  await rm(directory, { recursive: true });
});

function machine(name: string, state: object): string {
  const ends = (state as { Type?: string }).Type === 'Fail' ? {} : { End: true };
  const definition = { QueryLanguage: 'JSONata', StartAt: 'A', States: { A: { ...ends, ...state } } };
  return states.createStateMachine({ name, definition, roleArn }).arn;
}

function task(functionName: string, more: object = {}): object {
  const Arguments = { FunctionName: functionName, Payload: '{% $states.input %}' };
  return { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Arguments, ...more };
}

function waiting(more: object = {}): object {
  const Payload = { token: '{% $states.context.Task.Token %}' };
  const Resource = 'arn:aws:states:::lambda:invoke.waitForTaskToken';
  return { Type: 'Task', Resource, Arguments: { FunctionName: 'keep-token', Payload }, ...more };
}

async function start(stateMachineArn: string, name: string, input: unknown = {}): Promise<string> {
  const command = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) });
  return (await sfn.send(command)).executionArn ?? '';
}

async function until<T>(probe: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 500; tries += 1) {
    const found = await probe();
    if (found !== undefined) return found;
    await realClock.sleep(5);
  }
  throw new Error('It did not come about.');
}

async function ended(executionArn: string) {
  return until(async () => {
    const execution = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    return execution.status === 'RUNNING' ? undefined : execution;
  });
}

async function nextToken(): Promise<string> {
  return until(() => tokens.shift());
}

describe('executions', () => {
  test('an execution starts, ends, and is described with dates', async () => {
    const stateMachineArn = machine('echo', task('echo', { Output: '{% $states.result.Payload %}' }));
    const executionArn = await start(stateMachineArn, 'one', { a: 1 });
    expect(executionArn).toBe('arn:aws:states:eu-west-1:123456789012:execution:echo:one');
    const execution = await ended(executionArn);
    expect(execution).toMatchObject({
      ...{ status: 'SUCCEEDED', name: 'one', input: '{"a":1}', output: '{"a":1}', stateMachineArn },
      ...{
        inputDetails: { included: true },
        outputDetails: { included: true },
        redriveStatus: 'NOT_REDRIVABLE',
      },
    });
    expect(Math.abs(Date.now() - Number(execution.startDate))).toBeLessThan(60_000);
    expect(Number(execution.stopDate)).toBeGreaterThanOrEqual(Number(execution.startDate));
  });

  test('status changes are told with milliseconds and nulls', async () => {
    const executionArn = await start(machine('told', { Type: 'Fail', Error: 'E', Cause: 'c' }), 'one');
    await ended(executionArn);
    const told = changes.filter((change) => change.executionArn === executionArn);
    expect(told.map(({ status }) => status)).toEqual(['RUNNING', 'FAILED']);
    expect(told[0]).toMatchObject({ stopDate: null, output: null, outputDetails: null, input: '{}' });
    expect(told[1]).toMatchObject({ error: 'E', cause: 'c', stopDate: expect.any(Number), name: 'one' });
  });

  test.each([
    [
      'SUCCEEDED',
      task('echo', { Output: 1 }),
      { output: '1', outputDetails: { included: true }, error: null },
    ],
    [
      'TIMED_OUT',
      task('hang', { TimeoutSeconds: 1 }),
      { error: 'States.Timeout', output: null, cause: null },
    ],
  ])('%s is told', async (status, state, detail) => {
    const executionArn = await start(machine(`told-${status}`, state), 'one');
    await ended(executionArn);
    const told = changes.filter((change) => change.executionArn === executionArn);
    expect(told).toMatchObject([{ status: 'RUNNING' }, { status, stopDate: expect.any(Number), ...detail }]);
  });

  test('ABORTED is told when an execution is stopped, with the error and the cause of who stopped it', async () => {
    const executionArn = await start(machine('told-aborted', task('hang')), 'one');
    await sfn.send(new StopExecutionCommand({ executionArn, error: 'Enough', cause: 'for today' }));
    const told = changes.filter((change) => change.executionArn === executionArn);
    expect(told.map(({ status }) => status)).toEqual(['RUNNING', 'ABORTED']);
    expect(told[1]).toMatchObject({ error: 'Enough', cause: 'for today', output: null });
  });

  test('a service that closes tells of no executions', async () => {
    const told: string[] = [];
    const closing = await startStates({
      ...{ clock: realClock, region, account: '123456789012', s3Endpoint: s3.url, invokeFunction },
      onStatusChange: ({ status }) => told.push(status),
    });
    const definition = {
      QueryLanguage: 'JSONata',
      StartAt: 'A',
      States: { A: { ...task('hang'), End: true } },
    };
    const { arn: stateMachineArn } = closing.createStateMachine({ name: 'closing', definition, roleArn });
    const client = new SFNClient({ endpoint: closing.url, region, credentials });
    await client.send(new StartExecutionCommand({ stateMachineArn }));
    client.destroy();
    await closing.close();
    expect(told).toEqual(['RUNNING']);
  });

  test('the same name and input while running is the same execution; else the name is taken', async () => {
    const arn = machine('names', task('hang'));
    const first = await start(arn, 'same', { a: 1 });
    expect(await start(arn, 'same', { a: 1 })).toBe(first);
    await expect(start(arn, 'same', { a: 2 })).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
    await sfn.send(new StopExecutionCommand({ executionArn: first }));
    await expect(start(arn, 'same', { a: 1 })).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
  });

  test.each([
    ['a space', { name: 'a b' }, 'InvalidName'],
    ['a long name', { name: 'a'.repeat(81) }, 'InvalidName'],
    ['input that is not JSON', { input: '{' }, 'InvalidExecutionInput'],
    [
      'a machine that is not there',
      { stateMachineArn: `arn:aws:states:${region}:1:stateMachine:no` },
      'StateMachineDoesNotExist',
    ],
    ['something that is no ARN', { stateMachineArn: 'no' }, 'InvalidArn'],
  ])('StartExecution refuses %s', async (_what, request, error) => {
    const stateMachineArn = machine('refusals', { Type: 'Pass' });
    const command = new StartExecutionCommand({ stateMachineArn, ...request });
    await expect(sfn.send(command)).rejects.toMatchObject({ name: error });
  });

  test('a name is made up where none is given', async () => {
    const stateMachineArn = machine('nameless', { Type: 'Pass' });
    const { executionArn = '' } = await sfn.send(new StartExecutionCommand({ stateMachineArn }));
    expect((await ended(executionArn)).output).toBe('{}');
  });

  test('StopExecution ends a task that hangs, with the error given', async () => {
    const executionArn = await start(machine('stopped', task('hang')), 'one');
    const { stopDate } = await sfn.send(
      new StopExecutionCommand({ executionArn, error: 'Mine', cause: 'enough' }),
    );
    const execution = await ended(executionArn);
    expect(execution).toMatchObject({ status: 'ABORTED', error: 'Mine', cause: 'enough', stopDate });
    const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
    expect(events.slice(-2).map(({ type }) => type)).toEqual(['TaskStateAborted', 'ExecutionAborted']);
    expect(events.at(-1)?.executionAbortedEventDetails).toEqual({ error: 'Mine', cause: 'enough' });
  });

  test('executions are listed newest first, by status, a page at a time', async () => {
    const stateMachineArn = machine('listed', { Type: 'Pass' });
    for (const name of ['one', 'two', 'three']) await ended(await start(stateMachineArn, name));
    const first = await sfn.send(new ListExecutionsCommand({ stateMachineArn, maxResults: 2 }));
    expect(first.executions?.map(({ name }) => name)).toEqual(['three', 'two']);
    await ended(await start(stateMachineArn, 'four'));
    const { nextToken: token } = first;
    const second = await sfn.send(
      new ListExecutionsCommand({ stateMachineArn, maxResults: 2, nextToken: token }),
    );
    expect(second.executions?.map(({ name }) => name)).toEqual(['one']);
    expect(second.nextToken).toBeUndefined();
    const running = await sfn.send(new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING' }));
    expect(running.executions).toEqual([]);
  });

  test('what is not offered is an unknown operation', async () => {
    await expect(sfn.send(new CreateActivityCommand({ name: 'a' }))).rejects.toMatchObject({
      name: 'UnknownOperationException',
    });
  });
});

describe('state machines', () => {
  test('are described and listed', async () => {
    const stateMachineArn = machine('described', { Type: 'Pass' });
    const described = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn }));
    expect(described).toMatchObject({ name: 'described', status: 'ACTIVE', type: 'STANDARD', roleArn });
    expect(JSON.parse(described.definition ?? '').States.A.Type).toBe('Pass');
    const { stateMachines = [] } = await sfn.send(new ListStateMachinesCommand({ maxResults: 1000 }));
    expect(
      stateMachines.find((each) => each.stateMachineArn === stateMachineArn)?.creationDate,
    ).toBeInstanceOf(Date);
  });

  test('are refused when they cannot run here', () => {
    expect(() => machine('refused', { Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage' })).toThrow(
      'Cannot create the state machine: Resource of state',
    );
  });
});

describe('history', () => {
  test('is paged, reversed and stripped of data', async () => {
    const executionArn = await start(machine('history', task('echo')), 'one', { a: 1 });
    await ended(executionArn);
    const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
    expect(events.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(events[1]).toMatchObject({
      ...{ type: 'TaskStateEntered', previousEventId: 1, timestamp: expect.any(Date) },
      stateEnteredEventDetails: { name: 'A', input: '{"a":1}' },
    });
    expect(events[2]?.taskScheduledEventDetails).toMatchObject({
      resourceType: 'lambda',
      resource: 'invoke',
      region,
    });
    const page = await sfn.send(
      new GetExecutionHistoryCommand({
        executionArn,
        maxResults: 3,
        reverseOrder: true,
        includeExecutionData: false,
      }),
    );
    expect(page.events?.map(({ id }) => id)).toEqual([7, 6, 5]);
    expect(page.events?.[0]?.executionSucceededEventDetails?.output).toBeUndefined();
    const rest = await sfn.send(
      new GetExecutionHistoryCommand({
        executionArn,
        maxResults: 9,
        reverseOrder: true,
        nextToken: page.nextToken,
      }),
    );
    expect(rest.events?.map(({ id }) => id)).toEqual([4, 3, 2, 1]);
  });

  test('of an execution that is not there', async () => {
    const executionArn = `arn:aws:states:${region}:123456789012:execution:no:no`;
    const command = new GetExecutionHistoryCommand({ executionArn });
    await expect(sfn.send(command)).rejects.toMatchObject({ name: 'ExecutionDoesNotExist' });
  });
});

describe('task tokens', () => {
  test('success is the result, once', async () => {
    const executionArn = await start(machine('callback', waiting()), 'success');
    const taskToken = await nextToken();
    await sfn.send(new SendTaskHeartbeatCommand({ taskToken }));
    await sfn.send(new SendTaskSuccessCommand({ taskToken, output: '{"r":1}' }));
    expect(await ended(executionArn)).toMatchObject({ status: 'SUCCEEDED', output: '{"r":1}' });
    const again = new SendTaskSuccessCommand({ taskToken, output: '{}' });
    await expect(sfn.send(again)).rejects.toMatchObject({ name: 'TaskTimedOut' });
    await expect(sfn.send(new SendTaskHeartbeatCommand({ taskToken }))).rejects.toMatchObject({
      name: 'TaskTimedOut',
    });
  });

  test('failure is the error', async () => {
    const executionArn = await start(machine('callback', waiting()), 'failure');
    const taskToken = await nextToken();
    await sfn.send(new SendTaskFailureCommand({ taskToken, error: 'No', cause: 'sorry' }));
    expect(await ended(executionArn)).toMatchObject({ status: 'FAILED', error: 'No', cause: 'sorry' });
  });

  test('an output that is not JSON leaves the task waiting', async () => {
    const executionArn = await start(machine('callback', waiting()), 'invalid-output');
    const taskToken = await nextToken();
    const bad = new SendTaskSuccessCommand({ taskToken, output: '{' });
    await expect(sfn.send(bad)).rejects.toMatchObject({ name: 'InvalidOutput' });
    await sfn.send(new SendTaskSuccessCommand({ taskToken, output: 'null' }));
    expect(await ended(executionArn)).toMatchObject({ status: 'SUCCEEDED', output: 'null' });
  });

  test('a token is dead after a timeout and after a stop', async () => {
    const timedOut = await start(machine('impatient', waiting({ TimeoutSeconds: 1 })), 'one');
    const first = await nextToken();
    const stopped = await start(machine('callback', waiting()), 'stopped');
    const second = await nextToken();
    await sfn.send(new StopExecutionCommand({ executionArn: stopped }));
    expect(await ended(timedOut)).toMatchObject({ status: 'TIMED_OUT', error: 'States.Timeout' });
    for (const taskToken of [first, second]) {
      const late = new SendTaskSuccessCommand({ taskToken, output: '{}' });
      await expect(sfn.send(late)).rejects.toMatchObject({ name: 'TaskTimedOut' });
    }
  });

  test('what is no token, and a token that was never issued', async () => {
    const malformed = new SendTaskSuccessCommand({ taskToken: 'no', output: '{}' });
    await expect(sfn.send(malformed)).rejects.toMatchObject({ name: 'InvalidToken' });
    const forged = new SendTaskSuccessCommand({ taskToken: `AQ${'0'.repeat(96)}`, output: '{}' });
    await expect(sfn.send(forged)).rejects.toMatchObject({ name: 'TaskDoesNotExist' });
  });
});

describe('distributed maps over S3', () => {
  const reader = {
    Resource: 'arn:aws:states:::s3:getObject',
    Arguments: { Bucket: 'data', Key: 'chunks.jsonl' },
    ReaderConfig: { InputType: 'JSONL' },
  };
  const writer = {
    Resource: 'arn:aws:states:::s3:putObject',
    Arguments: { Bucket: 'data', Prefix: 'results' },
  };
  const processor = {
    ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
    StartAt: 'T',
    States: { T: { ...task('odd-fails', { Output: '{% $states.result.Payload.n %}' }), End: true } },
  };

  beforeAll(async () => {
    const Body = [0, 1, 2, 3].map((n) => `${JSON.stringify({ n })}\n`).join('');
    await s3Client.send(new PutObjectCommand({ Bucket: 'data', Key: 'chunks.jsonl', Body }));
  });

  async function stored(Key: string): Promise<unknown> {
    const { Body } = await s3Client.send(new GetObjectCommand({ Bucket: 'data', Key }));
    return JSON.parse((await Body?.transformToString()) ?? '');
  }

  function distributed(name: string, more: object): string {
    return machine(name, {
      Type: 'Map',
      Label: 'Each',
      ItemReader: reader,
      ItemProcessor: processor,
      ...more,
    });
  }

  test('children are executions of their own, results are files', async () => {
    const arn = distributed('exported', {
      ResultWriter: writer,
      ToleratedFailurePercentage: 100,
      MaxConcurrency: 2,
    });
    const executionArn = await start(arn, 'one');
    const { output = '', status } = await ended(executionArn);
    expect(status).toBe('SUCCEEDED');
    const { mapRuns = [] } = await sfn.send(new ListMapRunsCommand({ executionArn }));
    const mapRunArn = mapRuns[0]?.mapRunArn ?? '';
    const folder = `results/${mapRunArn.split(':').at(-1)}`;
    const details = { Bucket: 'data', Key: `${folder}/manifest.json` };
    expect(JSON.parse(output)).toEqual({ MapRunArn: mapRunArn, ResultWriterDetails: details });
    expect(await stored(`${folder}/manifest.json`)).toEqual({
      DestinationBucket: 'data',
      MapRunArn: mapRunArn,
      ResultFiles: {
        FAILED: [{ Key: `${folder}/FAILED_0.json`, Size: expect.any(Number) }],
        PENDING: [],
        SUCCEEDED: [{ Key: `${folder}/SUCCEEDED_0.json`, Size: expect.any(Number) }],
      },
    });
    const failed = (await stored(`${folder}/FAILED_0.json`)) as { Error: string; Input: string }[];
    expect(failed.map(({ Error: error, Input }) => [error, Input]).sort()).toEqual([
      ['Odd', '{"n":1}'],
      ['Odd', '{"n":3}'],
    ]);
    const run = await sfn.send(new DescribeMapRunCommand({ mapRunArn }));
    expect(run).toMatchObject({
      ...{ status: 'SUCCEEDED', executionArn, maxConcurrency: 2, toleratedFailurePercentage: 100 },
      itemCounts: { total: 4, succeeded: 2, failed: 2, running: 0, resultsWritten: 4 },
    });
    const { executions = [] } = await sfn.send(new ListExecutionsCommand({ mapRunArn }));
    expect(executions.map((each) => each.status).sort()).toEqual([
      'FAILED',
      'FAILED',
      'SUCCEEDED',
      'SUCCEEDED',
    ]);
    const child = executions[0]?.executionArn ?? '';
    expect(child).toContain(':execution:exported/Each:');
    const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn: child }));
    expect(events[0]?.type).toBe('ExecutionStarted');
    const described = await sfn.send(new DescribeExecutionCommand({ executionArn: child }));
    expect(described).toMatchObject({ mapRunArn, input: expect.stringContaining('"n"') });
    const parents = await sfn.send(new ListExecutionsCommand({ stateMachineArn: arn }));
    expect(parents.executions).toHaveLength(1);
  });

  test('a run with too many failures fails, and what was finished is exported', async () => {
    const executionArn = await start(
      distributed('intolerant', { ResultWriter: writer, MaxConcurrency: 1 }),
      'one',
    );
    expect(await ended(executionArn)).toMatchObject({
      ...{ status: 'FAILED', error: 'States.ExceedToleratedFailureThreshold' },
      cause: 'The specified tolerated failure threshold was exceeded.',
    });
    const { mapRuns = [] } = await sfn.send(new ListMapRunsCommand({ executionArn }));
    const folder = `results/${mapRuns[0]?.mapRunArn?.split(':').at(-1)}`;
    expect(await stored(`${folder}/SUCCEEDED_0.json`)).toMatchObject([{ Output: '0', Status: 'SUCCEEDED' }]);
  });

  test('stopping the parent stops its children', async () => {
    const States = { T: { ...task('hang'), End: true } };
    const executionArn = await start(
      distributed('halted', { ItemProcessor: { ...processor, States } }),
      'one',
    );
    const mapRunArn = await until(async () => {
      const { mapRuns = [] } = await sfn.send(new ListMapRunsCommand({ executionArn }));
      return mapRuns[0]?.mapRunArn;
    });
    await until(async () => {
      const { executions = [] } = await sfn.send(
        new ListExecutionsCommand({ mapRunArn, statusFilter: 'RUNNING' }),
      );
      return executions.length === 4 ? true : undefined;
    });
    await sfn.send(new StopExecutionCommand({ executionArn }));
    const run = await sfn.send(new DescribeMapRunCommand({ mapRunArn }));
    expect(run).toMatchObject({ status: 'ABORTED', executionCounts: { aborted: 4, running: 0 } });
  });

  test('a dataset or a bucket that is not there', async () => {
    const missing = { ...reader, Arguments: { Bucket: 'data', Key: 'none' } };
    const unread = await ended(await start(distributed('unread', { ItemReader: missing }), 'one'));
    expect(unread).toMatchObject({ status: 'FAILED', error: 'States.ItemReaderFailed' });
    const nowhere = { ...writer, Arguments: { Bucket: 'none', Prefix: 'p' } };
    const machineArn = distributed('unwritten', { ResultWriter: nowhere, ToleratedFailurePercentage: 100 });
    expect(await ended(await start(machineArn, 'one'))).toMatchObject({ error: 'States.ResultWriterFailed' });
  });
});
