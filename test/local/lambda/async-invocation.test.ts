import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../../src/local/clock.ts';
import type { QueueMessage } from '../../../src/local/lambda/async-invocation.ts';
import type { FunctionConfig } from '../../../src/local/lambda/function-config.ts';
import { createFunctions } from '../../../src/local/lambda/functions.ts';

const arn = 'arn:aws:lambda:us-east-1:123456789012:function:worker';
const time = Date.UTC(2026, 0, 1);
let directory: string;

/** Fails as often as the event says, counted in the thread that is reused. */
const code = `
let calls = 0;
exports.handler = async ({ failures }) => {
  calls += 1;
  if (calls <= failures) throw new RangeError('failure ' + calls);
};`;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lambda-'));
  await writeFile(join(directory, 'index.cjs'), code);
});
afterAll(() => rm(directory, { recursive: true }));

async function invoke(failures: number, change: Partial<FunctionConfig> = {}, sleep?: Clock['sleep']) {
  const waits: number[] = [];
  const letters: [string, QueueMessage][] = [];
  const output: string[] = [];
  let now = time;
  const config = { name: 'worker', arn, directory, handler: 'index.handler', environment: {}, ...change };
  const advance: Clock['sleep'] = async (ms) => {
    waits.push(ms);
    now += ms;
  };
  const functions = createFunctions({
    functions: [{ timeoutSeconds: 10, memoryMb: 128, ...config }],
    variables: {},
    clock: { now: () => now, sleep: sleep ?? advance },
    onOutput: (_, text) => output.push(text),
    sendToQueue: (queueArn, message) => letters.push([queueArn, message]),
  });
  const over = functions.invokeAsync(arn, { failures });
  if (sleep === undefined) await over;
  return { waits, letters, output, functions, over };
}

test('an event is tried again after one minute and after two, and then leaves nothing behind', async () => {
  const { waits, letters, functions } = await invoke(2, { deadLetterArn: 'arn:q' });
  await functions.close();
  expect({ waits, letters }).toEqual({ waits: [60_000, 120_000], letters: [] });
});

test('what fails three times goes to the dead-letter queue as it was', async () => {
  const { letters, functions } = await invoke(3, { deadLetterArn: 'arn:q' });
  await functions.close();
  const RequestID = { DataType: 'String', StringValue: expect.stringMatching(/^[0-9a-f-]{36}$/) };
  const ErrorMessage = { DataType: 'String', StringValue: 'failure 3' };
  const attributes = { RequestID, ErrorCode: { DataType: 'Number', StringValue: '200' }, ErrorMessage };
  expect(letters).toEqual([['arn:q', { body: '{"failures":3}', attributes }]]);
});

test.each([
  ['no retries', { maxRetries: 0 }, 'RetriesExhausted', 1, []],
  ['an age that a retry would exceed', { maxAgeSeconds: 100 }, 'EventAgeExceeded', 2, [60_000]],
])('with %s the destination gets a record of the invocation', async (_, given, condition, count, waited) => {
  const { letters, waits, functions } = await invoke(9, {
    asyncInvocation: { ...given, onFailureArn: 'arn:d' },
  });
  await functions.close();
  expect(waits).toEqual(waited);
  expect(letters.map(([queue]) => queue)).toEqual(['arn:d']);
  expect(JSON.parse(letters[0]?.[1].body ?? '')).toEqual({
    version: '1.0',
    timestamp: new Date(time + waited.reduce((sum, ms) => sum + ms, 0)).toISOString(),
    requestContext: {
      requestId: expect.any(String),
      functionArn: `${arn}:$LATEST`,
      condition,
      approximateInvokeCount: count,
    },
    requestPayload: { failures: 9 },
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload: { errorType: 'RangeError', errorMessage: `failure ${count}`, trace: expect.any(Array) },
  });
});

test('closing drops an event that waits for its retry, and takes no other', async () => {
  const waiting: Clock['sleep'] = (_, signal) =>
    new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
  const { over, functions, letters, output } = await invoke(9, { deadLetterArn: 'arn:q' }, waiting);
  while (output.length === 0) await new Promise(setImmediate);
  await functions.close();
  await over;
  await functions.invokeAsync(arn, { failures: 0 });
  expect(letters).toEqual([]);
  expect(output.at(-1)).toContain('dropped, for the local AWS is closing');
});
