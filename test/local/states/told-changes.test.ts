import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  ListStateMachinesCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { realClock } from '../../../src/local/clock.ts';
import { type StatesServer, startStates } from '../../../src/local/states/server.ts';
import { StatesSuite, taskOf } from '../../contracts/states/suite.ts';

const states = StatesSuite.forTests();
const roleArn = 'arn:aws:iam::123456789012:role/machine';
const pass = { QueryLanguage: 'JSONata', StartAt: 'A', States: { A: { Type: 'Pass', End: true } } };

/** What EventBridge hears of executions is no part of the API. */
states.contract.describeOurs('status changes', 'nobody else tells the test of them', () => {
  const toldOf = (arn: string) => states.changes.filter((change) => change.executionArn === arn);

  test('are told with milliseconds and nulls', async () => {
    const arn = await states.machine('told', { Type: 'Fail', Error: 'E', Cause: 'c' });
    const executionArn = await states.start(arn, 'one');
    await states.ended(executionArn);
    const told = toldOf(executionArn);
    expect(told.map(({ status }) => status)).toEqual(['RUNNING', 'FAILED']);
    expect(told[0]).toMatchObject({ stopDate: null, output: null, outputDetails: null, input: '{}' });
    expect(told[1]).toMatchObject({ error: 'E', cause: 'c', stopDate: expect.any(Number), name: 'one' });
  });

  test.each([
    [
      'SUCCEEDED',
      taskOf('echo', { Output: 1 }),
      { output: '1', outputDetails: { included: true }, error: null },
    ],
    ['FAILED', taskOf('hang', { TimeoutSeconds: 1 }), { error: 'States.Timeout', output: null, cause: null }],
  ])('%s is told', async (status, state, detail) => {
    const executionArn = await states.start(await states.machine(`told-${status}`, state), 'one');
    await states.ended(executionArn);
    expect(toldOf(executionArn)).toMatchObject([
      { status: 'RUNNING' },
      { status, stopDate: expect.any(Number), ...detail },
    ]);
  });

  test('ABORTED is told when an execution is stopped, with the error and the cause of who stopped it', async () => {
    const executionArn = await states.start(await states.machine('told-aborted', taskOf('hang')), 'one');
    await states.sfn.send(new StopExecutionCommand({ executionArn, error: 'Enough', cause: 'for today' }));
    const told = toldOf(executionArn);
    expect(told.map(({ status }) => status)).toEqual(['RUNNING', 'ABORTED']);
    expect(told[1]).toMatchObject({ error: 'Enough', cause: 'for today', output: null });
  });
});

describe('a service of its own', () => {
  let directory: string;
  const told: string[] = [];
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'states-own-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const startOwn = () =>
    startStates({
      ...{ clock: realClock, region: 'us-east-1', account: '123456789012', s3Endpoint: 'http://127.0.0.1:9' },
      ...{ directory, invokeFunction: () => new Promise(() => undefined) },
      onStatusChange: ({ status }) => told.push(status),
    });

  async function withClient<T>({ url }: StatesServer, act: (sfn: SFNClient) => Promise<T>): Promise<T> {
    const credentials = { accessKeyId: 'LOCALTEST', secretAccessKey: 'x' };
    const sfn = new SFNClient({ endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 });
    return act(sfn).finally(() => sfn.destroy());
  }

  const names = (server: StatesServer) =>
    withClient(server, async (sfn) =>
      (await sfn.send(new ListStateMachinesCommand({}))).stateMachines?.map(({ name }) => name),
    );

  test('tells of no executions when it closes', async () => {
    const server = await startOwn();
    const definition = { ...pass, States: { A: { ...taskOf('hang'), End: true } } };
    const { arn } = server.createStateMachine({ name: 'closing', definition, roleArn });
    await withClient(server, (sfn) => sfn.send(new StartExecutionCommand({ stateMachineArn: arn })));
    await server.close();
    expect(told).toEqual(['RUNNING']);
  });

  test('has the machines that were created by the API again, and those of a template not', async () => {
    const first = await startOwn();
    first.createStateMachine({ name: 'of-a-template', definition: pass, roleArn });
    await withClient(first, async (sfn) => {
      const create = (name: string) =>
        sfn.send(new CreateStateMachineCommand({ name, definition: JSON.stringify(pass), roleArn }));
      await create('kept');
      const { stateMachineArn } = await create('deleted');
      await sfn.send(new DeleteStateMachineCommand({ stateMachineArn }));
    });
    await first.close();
    const second = await startOwn();
    expect(await names(second)).toEqual(['kept']);
    await second.close();
  });
});

test('a template with a machine that cannot run here is refused', async () => {
  const server = await startStates({
    ...{ clock: realClock, region: 'us-east-1', account: '123456789012', s3Endpoint: 'http://127.0.0.1:9' },
    invokeFunction: async () => ({ payload: null }),
  });
  const A = { Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage', End: true };
  expect(() =>
    server.createStateMachine({ name: 'refused', definition: { ...pass, States: { A } }, roleArn }),
  ).toThrow('Cannot create the state machine: ');
  await server.close();
});
