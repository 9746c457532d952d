import {
  InvalidOutput,
  InvalidToken,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  SFNClient,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import { stepFunctionsCallbacks } from '../../src/aws/task-callbacks.ts';

const client = new SFNClient({ region: 'us-east-1' });
const send = jest.spyOn(client, 'send') as jest.SpyInstance;
const tasks = stepFunctionsCallbacks(client);
beforeEach(() => send.mockReset());

const fault = { message: 'no', $metadata: {} };

test('answers with the output as JSON', async () => {
  send.mockResolvedValueOnce({});
  expect(await tasks.succeed('token', { status: 'Completed', message: undefined })).toBe(true);
  const [command] = send.mock.calls[0] as [SendTaskSuccessCommand];
  expect(command).toBeInstanceOf(SendTaskSuccessCommand);
  expect(command.input).toEqual({ taskToken: 'token', output: '{"status":"Completed"}' });
});

test.each([new TaskTimedOut(fault), new TaskDoesNotExist(fault), new InvalidToken(fault)])(
  '$name means that nobody waits',
  async (error) => {
    send.mockRejectedValueOnce(error);
    expect(await tasks.succeed('token', {})).toBe(false);
    send.mockRejectedValueOnce(error);
    expect(await tasks.isAwaited('token')).toBe(false);
  },
);

test('any other fault is passed on, for the answer is still wanted', async () => {
  const error = new InvalidOutput(fault);
  send.mockRejectedValueOnce(error);
  await expect(tasks.succeed('token', {})).rejects.toBe(error);
  send.mockRejectedValueOnce(error);
  await expect(tasks.isAwaited('token')).rejects.toBe(error);
});

test('a heartbeat tells that somebody waits', async () => {
  send.mockResolvedValueOnce({});
  expect(await tasks.isAwaited('token')).toBe(true);
  const [command] = send.mock.calls[0] as [SendTaskHeartbeatCommand];
  expect(command).toBeInstanceOf(SendTaskHeartbeatCommand);
  expect(command.input).toEqual({ taskToken: 'token' });
});
