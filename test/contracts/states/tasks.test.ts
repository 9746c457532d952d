import {
  GetExecutionHistoryCommand,
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { StatesSuite, taskOf } from './suite.ts';

const states = StatesSuite.forTests();

function waiting(more: object = {}): object {
  const Payload = { token: '{% $states.context.Task.Token %}' };
  const Resource = 'arn:aws:states:::lambda:invoke.waitForTaskToken';
  return { Type: 'Task', Resource, Arguments: { FunctionName: 'keep-token', Payload }, ...more };
}

states.describeWithEcho('a task that calls a function (CONTRACT_FUNCTION_ARN_ECHO)', () => {
  test('has its answer as the result, and its events in the history', async () => {
    const Output = '{% $states.result.Payload %}';
    const executionArn = await states.start(
      await states.machine('echo', taskOf(states.echo, { Output })),
      'one',
      {
        a: 1,
      },
    );
    expect(await states.ended(executionArn)).toMatchObject({ status: 'SUCCEEDED', output: '{"a":1}' });
    const { events = [] } = await states.sfn.send(new GetExecutionHistoryCommand({ executionArn }));
    expect(events.map(({ type }) => type)).toEqual([
      ...['ExecutionStarted', 'TaskStateEntered', 'TaskScheduled', 'TaskStarted', 'TaskSucceeded'],
      ...['TaskStateExited', 'ExecutionSucceeded'],
    ]);
    expect(events[2]?.taskScheduledEventDetails).toMatchObject({
      ...{ resourceType: 'lambda', resource: 'invoke', region: states.contract.region },
    });
    expect(events[2]?.previousEventId).toBe(2);
  });
});

states.contract.describeOurs('a task that hangs', 'its function never answers', () => {
  test('ends when its execution is stopped', async () => {
    const executionArn = await states.start(await states.machine('hang', taskOf('hang')), 'one');
    await states.sfn.send(new StopExecutionCommand({ executionArn }));
    const { events = [] } = await states.sfn.send(new GetExecutionHistoryCommand({ executionArn }));
    expect(events.slice(-2).map(({ type }) => type)).toEqual(['TaskStarted', 'ExecutionAborted']);
  });
});

states.contract.describeOurs('task tokens', 'the test hears of them as the function does', () => {
  const callback = async (name: string, more: object = {}) =>
    states.start(await states.machine(`callback-${name}`, waiting(more)), name);

  test('success is the result, once', async () => {
    const executionArn = await callback('success');
    const taskToken = await states.nextToken();
    await states.sfn.send(new SendTaskHeartbeatCommand({ taskToken }));
    await states.sfn.send(new SendTaskSuccessCommand({ taskToken, output: '{"r":1}' }));
    expect(await states.ended(executionArn)).toMatchObject({ status: 'SUCCEEDED', output: '{"r":1}' });
    const again = [
      new SendTaskSuccessCommand({ taskToken, output: '{}' }),
      new SendTaskHeartbeatCommand({ taskToken }),
    ];
    for (const command of again) {
      const late = states.sfn.send(command as SendTaskSuccessCommand);
      await expect(late).rejects.toMatchObject({ name: 'TaskTimedOut' });
    }
  });

  test('failure is the error', async () => {
    const executionArn = await callback('failure');
    const taskToken = await states.nextToken();
    await states.sfn.send(new SendTaskFailureCommand({ taskToken, error: 'No', cause: 'sorry' }));
    expect(await states.ended(executionArn)).toMatchObject({ status: 'FAILED', error: 'No', cause: 'sorry' });
  });

  test('an output that is not JSON leaves the task waiting', async () => {
    const executionArn = await callback('invalid-output');
    const taskToken = await states.nextToken();
    const bad = new SendTaskSuccessCommand({ taskToken, output: '{' });
    await expect(states.sfn.send(bad)).rejects.toMatchObject({ name: 'InvalidOutput' });
    await states.sfn.send(new SendTaskSuccessCommand({ taskToken, output: 'null' }));
    expect(await states.ended(executionArn)).toMatchObject({ status: 'SUCCEEDED', output: 'null' });
  });

  test('a token is dead after a timeout and after a stop', async () => {
    const timedOut = await callback('impatient', { TimeoutSeconds: 1 });
    const first = await states.nextToken();
    const stopped = await callback('stopped');
    const second = await states.nextToken();
    await states.sfn.send(new StopExecutionCommand({ executionArn: stopped }));
    expect(await states.ended(timedOut)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
    for (const taskToken of [first, second]) {
      const late = states.sfn.send(new SendTaskSuccessCommand({ taskToken, output: '{}' }));
      await expect(late).rejects.toMatchObject({ name: 'TaskTimedOut' });
    }
  });

  test('one that was never issued', async () => {
    const forged = new SendTaskSuccessCommand({ taskToken: `AQ${'0'.repeat(96)}`, output: '{}' });
    await expect(states.sfn.send(forged)).rejects.toMatchObject({ name: 'TaskDoesNotExist' });
  });
});

test('what is no token is refused', async () => {
  const malformed = new SendTaskSuccessCommand({ taskToken: 'no', output: '{}' });
  await expect(states.sfn.send(malformed)).rejects.toMatchObject({ name: 'InvalidToken' });
});
