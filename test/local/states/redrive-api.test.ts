import {
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListMapRunsCommand,
  RedriveExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { realClock } from '../../../src/local/clock.ts';
import { type StatesServer, startStates } from '../../../src/local/states/server.ts';
import { distributed, machine, task } from './machines.ts';

const region = 'eu-west-1';
let states: StatesServer;
let sfn: SFNClient;
let broken: boolean;

beforeAll(async () => {
  states = await startStates({
    ...{ clock: realClock, region, account: '123456789012', s3Endpoint: 'http://127.0.0.1:1' },
    invokeFunction: async (_, payload) =>
      broken ? { functionError: 'Unhandled', payload: { errorType: 'Broken' } } : { payload },
  });
  const credentials = { accessKeyId: 'LOCALTEST', secretAccessKey: 'x' };
  sfn = new SFNClient({ endpoint: states.url, region, credentials, maxAttempts: 1 });
});

afterAll(async () => {
  sfn.destroy();
  await states.close();
});

async function ended(executionArn: string) {
  for (;;) {
    const execution = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    if (execution.status !== 'RUNNING') return execution;
    await realClock.sleep(5);
  }
}

test('a failed execution is redriven through the SDK', async () => {
  const { ItemReader: _none, ...each } = distributed({ C: task('f', {}, { End: true }) }) as {
    ItemReader: unknown;
  };
  const definition = machine('Each', { Each: { ...each, Items: [1, 2], MaxConcurrency: 1, End: true } });
  const roleArn = 'arn:aws:iam::123456789012:role/machine';
  const { arn: stateMachineArn } = states.createStateMachine({ name: 'm', definition, roleArn });
  broken = true;
  const { executionArn = '' } = await sfn.send(new StartExecutionCommand({ stateMachineArn, name: 'one' }));
  const failed = await ended(executionArn);
  expect(failed).toMatchObject({ status: 'FAILED', redriveCount: 0, redriveStatus: 'REDRIVABLE' });
  expect([failed.redriveStatusReason, failed.redriveDate]).toEqual([undefined, undefined]);
  const { mapRuns = [] } = await sfn.send(new ListMapRunsCommand({ executionArn }));
  const mapRunArn = mapRuns[0]?.mapRunArn;
  const { executions = [] } = await sfn.send(new ListExecutionsCommand({ mapRunArn }));
  const child = executions[0]?.executionArn ?? '';
  expect((await ended(child)).redriveStatus).toBe('REDRIVABLE_BY_MAP_RUN');
  const ofChild = sfn.send(new RedriveExecutionCommand({ executionArn: child }));
  await expect(ofChild).rejects.toMatchObject({ name: 'ExecutionNotRedrivable' });

  broken = false;
  const { redriveDate } = await sfn.send(new RedriveExecutionCommand({ executionArn }));
  const succeeded = await ended(executionArn);
  expect(succeeded).toMatchObject({
    ...{ status: 'SUCCEEDED', redriveCount: 1, redriveDate, redriveStatus: 'NOT_REDRIVABLE' },
    redriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven',
  });
  expect(await sfn.send(new DescribeMapRunCommand({ mapRunArn }))).toMatchObject({
    ...{ status: 'SUCCEEDED', redriveCount: 1, redriveDate: expect.any(Date) },
    executionCounts: { succeeded: 2, total: 2, failed: 0, pendingRedrive: 0 },
  });
  const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
  const redriven = events.find(({ type }) => type === 'ExecutionRedriven');
  expect(redriven?.executionRedrivenEventDetails).toEqual({ redriveCount: 1 });
  const filtered = (redriveFilter: 'REDRIVEN' | 'NOT_REDRIVEN') =>
    sfn.send(new ListExecutionsCommand({ mapRunArn, redriveFilter }));
  expect((await filtered('REDRIVEN')).executions).toHaveLength(1);
  expect((await filtered('NOT_REDRIVEN')).executions).toHaveLength(1);

  const again = sfn.send(new RedriveExecutionCommand({ executionArn }));
  await expect(again).rejects.toMatchObject({ name: 'ExecutionNotRedrivable' });
  const unknown = new RedriveExecutionCommand({ executionArn: executionArn.replace('one', 'two') });
  await expect(sfn.send(unknown)).rejects.toMatchObject({ name: 'ExecutionDoesNotExist' });
});
