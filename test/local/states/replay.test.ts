import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { realClock } from '../../../src/local/clock.ts';
import { interpret } from '../../../src/local/states/interpreter.ts';
import type { InvokeFunction } from '../../../src/local/states/lambda-task.ts';
import type { RecordedEvent } from '../../../src/local/states/recorded-tasks.ts';
import { replayOf } from '../../../src/local/states/replay.ts';
import { type StatesServer, startStates } from '../../../src/local/states/server.ts';
import { callback, inner, machine, task } from './machines.ts';

const region = 'eu-west-1';
let states: StatesServer;
let sfn: SFNClient;
let calls = 0;

/** Answers that no second run would get from it. */
const invokeFunction: InvokeFunction = async (name, payload) => {
  calls += 1;
  if (name === 'slow') await realClock.sleep(60);
  if (name === 'flaky' && calls === 1)
    return { functionError: 'Unhandled', payload: { errorType: 'Flaky', errorMessage: 'once' } };
  if (name === 'ask') {
    const { token: taskToken } = payload as { token: string };
    setTimeout(() => void sfn.send(new SendTaskSuccessCommand({ taskToken, output: '{"by":"hand"}' })), 50);
  }
  return { payload: { calls, payload } };
};

beforeAll(async () => {
  states = await startStates({
    ...{
      clock: realClock,
      region,
      account: '123456789012',
      s3Endpoint: 'http://127.0.0.1:9',
      invokeFunction,
    },
  });
  const credentials = { accessKeyId: 'LOCALTEST', secretAccessKey: 'x' };
  sfn = new SFNClient({ endpoint: states.url, region, credentials });
});

afterAll(async () => {
  await states.close();
  sfn.destroy();
});

/** Runs it on the server to its end. */
async function recorded(name: string, definition: object, input: object) {
  const roleArn = 'arn:aws:iam::123456789012:role/machine';
  const { arn: stateMachineArn } = states.createStateMachine({ name, definition, roleArn });
  const start = new StartExecutionCommand({ stateMachineArn, name: 'one', input: JSON.stringify(input) });
  const { executionArn = '' } = await sfn.send(start);
  for (let status = 'RUNNING'; status === 'RUNNING'; await realClock.sleep(20)) {
    ({ status = '' } = await sfn.send(new DescribeExecutionCommand({ executionArn })));
  }
  const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
  return { executionArn, events };
}

/** All of an event but its time, and the tokens, which are new in every run. */
function comparable(events: readonly RecordedEvent[]): unknown {
  const text = JSON.stringify(events.map(({ timestamp: _time, ...event }) => event));
  return JSON.parse(text.replace(/AQ[0-9a-f]{96}/g, 'TOKEN'));
}

describe('a recorded execution', () => {
  const definition = machine('Try', {
    Try: task('flaky', { n: '{% $states.input.n %}' }, { Retry: [{ ErrorEquals: ['Flaky'] }], Next: 'Ask' }),
    Ask: callback('ask', {}, { Assign: { by: '{% $states.result.by %}' }, Next: 'Both' }),
    Both: {
      Type: 'Parallel',
      Branches: [
        inner('Slow', { Slow: task('slow', { at: 'a' }, { End: true }) }),
        inner('Fast', { Fast: task('fast', { at: 'b' }, { End: true }) }),
      ],
      Output: '{% [$states.result, $by] %}',
      Next: 'Bad',
    },
    Bad: task(
      '{% $states.input[2] %}',
      {},
      { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Last' }], Next: 'Last' },
    ),
    Last: { Type: 'Wait', Seconds: 0, End: true },
  });

  test('gets the same events again, without its functions', async () => {
    const { executionArn, events } = await recorded('recorded', definition, { n: 1 });
    const before = calls;
    const { input, options } = replayOf(events, { executionArn });
    const { status, output, history } = await interpret(definition, input, options);
    expect(calls).toBe(before);
    expect(comparable(history)).toEqual(comparable(events));
    expect({ status, output: JSON.stringify(output) }).toEqual({
      status: 'SUCCEEDED',
      output: events.at(-1)?.executionSucceededEventDetails?.output,
    });
  });

  test('of another machine says what it has no record of', async () => {
    const short = machine('A', { A: task('fast', {}, { End: true }) });
    const { events } = await recorded('short', short, {});
    const { input, options } = replayOf(events);
    const longer = machine('A', { A: task('fast', {}, { Next: 'B' }), B: task('fast', {}, { End: true }) });
    await expect(interpret(longer, input, options)).resolves.toMatchObject({
      ...{ status: 'FAILED', error: 'States.Runtime' },
      cause: 'The history has no further task of lambda:invoke.',
    });
  });
});
