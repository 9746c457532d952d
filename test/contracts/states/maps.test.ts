import {
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListMapRunsCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { HANGING, StatesSuite, until } from './suite.ts';

const states = StatesSuite.forTests();
const isRunnable = states.contract.isOurs || process.env['CONTRACT_STATES_ROLE_ARN'] !== undefined;

/** Elsewhere the role must be allowed to start the machines' executions, and to read and write in any bucket. */
const describeMaps = isRunnable ? describe : describe.skip;

describeMaps('distributed maps over S3 (elsewhere as CONTRACT_STATES_ROLE_ARN)', () => {
  const reader = {
    Resource: 'arn:aws:states:::s3:getObject',
    Arguments: { Bucket: states.bucket, Key: 'chunks.jsonl' },
    ReaderConfig: { InputType: 'JSONL' },
  };
  const writer = {
    Resource: 'arn:aws:states:::s3:putObject',
    Arguments: { Bucket: states.bucket, Prefix: 'results' },
  };
  const ProcessorConfig = { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' };
  const oddFails = {
    ProcessorConfig,
    StartAt: 'Which',
    States: {
      Which: {
        Type: 'Choice',
        Choices: [{ Condition: '{% $states.input.n % 2 = 1 %}', Next: 'Odd' }],
        Default: 'Even',
      },
      Odd: { Type: 'Fail', Error: 'Odd', Cause: 'odd' },
      Even: { Type: 'Succeed', Output: '{% $states.input.n %}' },
    },
  };

  beforeAll(() => states.put('chunks.jsonl', [0, 1, 2, 3].map((n) => `${JSON.stringify({ n })}\n`).join('')));

  const distributed = (name: string, more: object) =>
    states.machine(name, {
      ...{ Type: 'Map', Label: 'Each', ItemReader: reader, ItemProcessor: oddFails },
      ...more,
    });

  async function mapRunOf(executionArn: string): Promise<string> {
    const { mapRuns = [] } = await states.sfn.send(new ListMapRunsCommand({ executionArn }));
    return mapRuns[0]?.mapRunArn ?? '';
  }

  const folderOf = (mapRunArn: string) => `results/${mapRunArn.split(':').at(-1)}`;
  const childrenOf = async (mapRunArn: string, more: object = {}) =>
    (await states.sfn.send(new ListExecutionsCommand({ mapRunArn, ...more }))).executions ?? [];

  test('results are files', async () => {
    const more = { ResultWriter: writer, ToleratedFailurePercentage: 100, MaxConcurrency: 2 };
    const executionArn = await states.start(await distributed('exported', more), 'one');
    const { output = '', status } = await states.ended(executionArn);
    expect(status).toBe('SUCCEEDED');
    const MapRunArn = await mapRunOf(executionArn);
    const folder = folderOf(MapRunArn);
    const ResultWriterDetails = { Bucket: states.bucket, Key: `${folder}/manifest.json` };
    expect(JSON.parse(output)).toEqual({ MapRunArn, ResultWriterDetails });
    expect(await states.stored(`${folder}/manifest.json`)).toEqual({
      ...{ DestinationBucket: states.bucket, MapRunArn },
      ResultFiles: {
        FAILED: [{ Key: `${folder}/FAILED_0.json`, Size: expect.any(Number) }],
        PENDING: [],
        SUCCEEDED: [{ Key: `${folder}/SUCCEEDED_0.json`, Size: expect.any(Number) }],
      },
    });
    const failed = (await states.stored(`${folder}/FAILED_0.json`)) as { Error: string; Input: string }[];
    expect(failed.map(({ Error: error, Input }) => [error, Input]).sort()).toEqual([
      ['Odd', '{"n":1}'],
      ['Odd', '{"n":3}'],
    ]);
  });

  test('children are executions of their own', async () => {
    const more = { ToleratedFailurePercentage: 100, MaxConcurrency: 2, ResultWriter: writer };
    const arn = await distributed('children', more);
    const executionArn = await states.start(arn, 'one');
    await states.ended(executionArn);
    const mapRunArn = await mapRunOf(executionArn);
    expect(await states.sfn.send(new DescribeMapRunCommand({ mapRunArn }))).toMatchObject({
      ...{ status: 'SUCCEEDED', executionArn, maxConcurrency: 2, toleratedFailurePercentage: 100 },
      itemCounts: { total: 4, succeeded: 2, failed: 2, running: 0, resultsWritten: 4 },
    });
    const children = await childrenOf(mapRunArn);
    expect(children.map((each) => each.status).sort()).toEqual([
      ...['FAILED', 'FAILED', 'SUCCEEDED', 'SUCCEEDED'],
    ]);
    const child = { executionArn: children[0]?.executionArn ?? '' };
    expect(child.executionArn).toContain(`:execution:${states.nameOf('children')}/Each:`);
    const { events = [] } = await states.sfn.send(new GetExecutionHistoryCommand(child));
    expect(events[0]?.type).toBe('ExecutionStarted');
    expect(await states.sfn.send(new DescribeExecutionCommand(child))).toMatchObject({
      ...{ mapRunArn, input: expect.stringContaining('"n"') },
    });
    const parents = await states.sfn.send(new ListExecutionsCommand({ stateMachineArn: arn }));
    expect(parents.executions).toHaveLength(1);
  });

  test('a run with too many failures fails, and what was finished is exported', async () => {
    const arn = await distributed('intolerant', { ResultWriter: writer, MaxConcurrency: 1 });
    const executionArn = await states.start(arn, 'one');
    expect(await states.ended(executionArn)).toMatchObject({
      ...{ status: 'FAILED', error: 'States.ExceedToleratedFailureThreshold' },
      cause: expect.stringContaining('The specified tolerated failure threshold was exceeded'),
    });
    const folder = folderOf(await mapRunOf(executionArn));
    expect(await states.stored(`${folder}/SUCCEEDED_0.json`)).toMatchObject([
      { Output: '0', Status: 'SUCCEEDED' },
    ]);
  });

  test('stopping the parent stops its children', async () => {
    const ItemProcessor = { ProcessorConfig, StartAt: 'T', States: { T: { ...HANGING, End: true } } };
    const executionArn = await states.start(await distributed('halted', { ItemProcessor }), 'one');
    const mapRunArn = await until(async () => (await mapRunOf(executionArn)) || undefined);
    await until(async () => {
      const running = await childrenOf(mapRunArn, { statusFilter: 'RUNNING' });
      return running.length === 4 ? true : undefined;
    });
    await states.sfn.send(new StopExecutionCommand({ executionArn }));
    const run = await until(async () => {
      const { status, executionCounts } = await states.sfn.send(new DescribeMapRunCommand({ mapRunArn }));
      return status === 'RUNNING' ? undefined : { status, executionCounts };
    });
    expect(run).toMatchObject({ status: 'ABORTED', executionCounts: { aborted: 4, running: 0 } });
  });

  test('a dataset or a bucket that is not there', async () => {
    const ItemReader = { ...reader, Arguments: { Bucket: states.bucket, Key: 'none' } };
    const unread = await states.ended(await states.start(await distributed('unread', { ItemReader }), 'one'));
    expect(unread).toMatchObject({ status: 'FAILED', error: 'States.ItemReaderFailed' });
    const ResultWriter = { ...writer, Arguments: { Bucket: `${states.bucket}-none`, Prefix: 'p' } };
    const arn = await distributed('unwritten', { ResultWriter, ToleratedFailurePercentage: 100 });
    const unwritten = await states.ended(await states.start(arn, 'one'));
    expect(unwritten).toMatchObject({ error: 'States.ResultWriterFailed' });
  });
});
