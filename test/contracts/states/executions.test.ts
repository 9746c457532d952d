import {
  CreateActivityCommand,
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { HANGING, StatesSuite } from './suite.ts';

const states = StatesSuite.forTests();
const { region } = states.contract;

describe('executions', () => {
  test('an execution starts, ends, and is described with dates', async () => {
    const stateMachineArn = await states.machine('pass', {
      Type: 'Pass',
      Output: { b: '{% $states.input.a %}' },
    });
    const executionArn = await states.start(stateMachineArn, 'one', { a: 1 });
    expect(executionArn).toBe(`${stateMachineArn.replace(':stateMachine:', ':execution:')}:one`);
    const execution = await states.ended(executionArn);
    expect(execution).toMatchObject({
      ...{ status: 'SUCCEEDED', name: 'one', input: '{"a":1}', output: '{"b":1}', stateMachineArn },
      ...{ inputDetails: { included: true }, outputDetails: { included: true } },
      redriveStatus: 'NOT_REDRIVABLE',
    });
    expect(Math.abs(Date.now() - Number(execution.startDate))).toBeLessThan(60_000);
    expect(Number(execution.stopDate)).toBeGreaterThanOrEqual(Number(execution.startDate));
  });

  test('an execution that fails has the error and the cause', async () => {
    const arn = await states.machine('fail', { Type: 'Fail', Error: 'Mine', Cause: 'because' });
    expect(await states.ended(await states.start(arn, 'one'))).toMatchObject({
      ...{ status: 'FAILED', error: 'Mine', cause: 'because' },
    });
  });

  test('an expression that gives nothing fails with its own words', async () => {
    const arn = await states.machine('nothing', { Type: 'Pass', Output: '{% $states.input.none %}' });
    const { error, cause } = await states.ended(await states.start(arn, 'one'));
    expect(error).toBe('States.QueryEvaluationError');
    expect(cause).toContain("The JSONata expression '$states.input.none' specified for the field 'Output'");
    expect(cause).toContain('returned nothing (undefined).');
  });

  test('the same name and input while running is the same execution; else the name is taken', async () => {
    const arn = await states.machine('names', HANGING);
    const first = await states.start(arn, 'same', { a: 1 });
    expect(await states.start(arn, 'same', { a: 1 })).toBe(first);
    const other = states.start(arn, 'same', { a: 2 });
    await expect(other).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
    await states.sfn.send(new StopExecutionCommand({ executionArn: first }));
    await states.ended(first);
    const again = states.start(arn, 'same', { a: 1 });
    await expect(again).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
  });

  test.each([
    ['a space', { name: 'a b' }, 'InvalidName'],
    ['a long name', { name: 'a'.repeat(81) }, 'InvalidName'],
    ['input that is not JSON', { input: '{' }, 'InvalidExecutionInput'],
    [
      'a machine that is not there',
      { stateMachineArn: `arn:aws:states:${region}:123456789012:stateMachine:no` },
      'StateMachineDoesNotExist',
    ],
    ['something that is no ARN', { stateMachineArn: 'no' }, 'InvalidArn'],
  ])('StartExecution refuses %s', async (_what, request, error) => {
    const stateMachineArn = await states.machine('refusals', { Type: 'Pass' });
    const command = new StartExecutionCommand({ stateMachineArn, ...request });
    await expect(states.sfn.send(command)).rejects.toMatchObject({ name: error });
  });

  test('a name is made up where none is given', async () => {
    const stateMachineArn = await states.machine('nameless', { Type: 'Pass' });
    const { executionArn = '' } = await states.sfn.send(new StartExecutionCommand({ stateMachineArn }));
    expect((await states.ended(executionArn)).output).toBe('{}');
  });

  test('StopExecution ends a state that waits, with the error given', async () => {
    const executionArn = await states.start(await states.machine('stopped', HANGING), 'one');
    const stop = { executionArn, error: 'Mine', cause: 'enough' };
    const { stopDate } = await states.sfn.send(new StopExecutionCommand(stop));
    const execution = await states.ended(executionArn);
    expect(execution).toMatchObject({ status: 'ABORTED', error: 'Mine', cause: 'enough', stopDate });
    const { events = [] } = await states.sfn.send(new GetExecutionHistoryCommand({ executionArn }));
    expect(events.map(({ type }) => type)).toEqual([
      ...['ExecutionStarted', 'WaitStateEntered', 'ExecutionAborted'],
    ]);
    expect(events.at(-1)?.previousEventId).toBe(0);
    expect(events.at(-1)?.executionAbortedEventDetails).toEqual({ error: 'Mine', cause: 'enough' });
  });

  test('executions are listed newest first, by status, a page at a time', async () => {
    const stateMachineArn = await states.machine('listed', { Type: 'Pass' });
    for (const name of ['one', 'two', 'three']) await states.ended(await states.start(stateMachineArn, name));
    const list = (more: object) =>
      states.sfn.send(new ListExecutionsCommand({ stateMachineArn, maxResults: 2, ...more }));
    const first = await list({});
    expect(first.executions?.map(({ name }) => name)).toEqual(['three', 'two']);
    await states.ended(await states.start(stateMachineArn, 'four'));
    const second = await list({ nextToken: first.nextToken });
    expect(second.executions?.map(({ name }) => name)).toEqual(['one']);
    expect(second.nextToken).toBeUndefined();
    expect((await list({ statusFilter: 'RUNNING' })).executions).toEqual([]);
  });

  test.each([
    [
      { maxResults: 1001 },
      "Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000",
    ],
    [
      { maxResults: -1 },
      "Value '-1' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 0",
    ],
    [
      { statusFilter: 'succeeded' as 'SUCCEEDED' },
      "Value 'succeeded' at 'statusFilter' failed to satisfy constraint: Member must satisfy enum value set: [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]",
    ],
  ])('ListExecutions refuses %j', async (more, fault) => {
    const stateMachineArn = await states.machine('constraints', { Type: 'Pass' });
    const listed = states.sfn.send(new ListExecutionsCommand({ stateMachineArn, ...more }));
    const message = `1 validation error detected: ${fault}`;
    await expect(listed).rejects.toMatchObject({ name: 'ValidationException', message });
  });

  test.each([
    ['what is no ARN', 'no', "Invalid Arn: 'Invalid ARN prefix: no'"],
    [
      'the ARN of another resource',
      `arn:aws:states:${region}:123456789012:stateMachine:one`,
      "Invalid Arn: 'Resource type not valid in this context: stateMachine'",
    ],
  ])('DescribeExecution refuses %s', async (_what, executionArn, message) => {
    const described = states.sfn.send(new DescribeExecutionCommand({ executionArn }));
    await expect(described).rejects.toMatchObject({ name: 'InvalidArn', message });
  });

  states.contract.testOurs(
    'what is not offered is an unknown operation',
    'it offers less than AWS',
    async () => {
      const command = new CreateActivityCommand({ name: 'a' });
      await expect(states.sfn.send(command)).rejects.toMatchObject({ name: 'UnknownOperationException' });
    },
  );
});

describe('history', () => {
  test('is paged, reversed and stripped of data', async () => {
    const machine = await states.machine(
      'history',
      { Type: 'Pass', End: undefined, Next: 'B' },
      {
        B: { Type: 'Succeed' },
      },
    );
    const executionArn = await states.start(machine, 'one', { a: 1 });
    await states.ended(executionArn);
    const history = (more: object) =>
      states.sfn.send(new GetExecutionHistoryCommand({ executionArn, ...more }));
    const { events = [] } = await history({});
    expect(events.map(({ id, type }) => [id, type])).toEqual([
      ...[
        [1, 'ExecutionStarted'],
        [2, 'PassStateEntered'],
        [3, 'PassStateExited'],
      ],
      ...[
        [4, 'SucceedStateEntered'],
        [5, 'SucceedStateExited'],
        [6, 'ExecutionSucceeded'],
      ],
    ]);
    expect(events[1]).toMatchObject({
      timestamp: expect.any(Date),
      stateEnteredEventDetails: { name: 'A', input: '{"a":1}' },
    });
    const page = await history({ maxResults: 3, reverseOrder: true, includeExecutionData: false });
    expect(page.events?.map(({ id }) => id)).toEqual([6, 5, 4]);
    expect(page.events?.[0]?.executionSucceededEventDetails?.output).toBeUndefined();
    const rest = await history({ maxResults: 9, reverseOrder: true, nextToken: page.nextToken });
    expect(rest.events?.map(({ id }) => id)).toEqual([3, 2, 1]);
  });

  test('of an execution that is not there', async () => {
    const executionArn = `arn:aws:states:${region}:123456789012:execution:no:no`;
    const command = new GetExecutionHistoryCommand({ executionArn });
    await expect(states.sfn.send(command)).rejects.toMatchObject({ name: 'ExecutionDoesNotExist' });
  });
});
