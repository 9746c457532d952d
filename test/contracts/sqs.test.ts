import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { realClock } from '../../src/local/clock.ts';
import { type SqsServer, startSqs } from '../../src/local/sqs/server.ts';
import { Contract } from './endpoint.ts';
import { SqsCaller } from './sqs-caller.ts';

const contract = new Contract('SQS');
/** Elsewhere the name of an empty queue that the tests may use, where queues cannot be created by the API. */
const given = contract.isOurs ? undefined : process.env['CONTRACT_QUEUE_NAME'];
const QueueName = given ?? `contract-${randomUUID()}`;

let server: SqsServer | undefined;
let caller: SqsCaller;
let QueueUrl: string;

beforeAll(async () => {
  server = contract.isOurs ? await startSqs({ clock: realClock, account: '123456789012' }) : undefined;
  server?.createQueue({ name: QueueName, arn: `arn:aws:sqs:us-east-1:123456789012:${QueueName}` });
  caller = new SqsCaller(contract, server?.url);
  if (server === undefined && given === undefined) await caller.call('CreateQueue', { QueueName });
  const { status, body } = await caller.call('GetQueueUrl', { QueueName });
  if (status !== 200) throw new Error(`There is no queue to test with: ${JSON.stringify(body)}`);
  QueueUrl = String(body['QueueUrl']);
});
afterEach(drain);
afterAll(async () => {
  if (server === undefined && given === undefined) await caller.call('DeleteQueue', { QueueUrl });
  caller.close();
  await server?.close();
});

const call = (operation: string, request: object) => caller.call(operation, { QueueUrl, ...request });

async function receive(request: object = {}): Promise<Record<string, unknown>[]> {
  const { body } = await call('ReceiveMessage', request);
  return (body['Messages'] ?? []) as Record<string, unknown>[];
}

/** AWS looks at a part of a queue's servers only: it may find nothing at first. */
async function received(count: number, request: object = {}): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = [];
  while (found.length < count) {
    const more = await receive({ MaxNumberOfMessages: Math.min(10, count - found.length), ...request });
    found.push(...more);
    if (more.length === 0) await delay(50);
  }
  return found;
}

const remove = ({ ReceiptHandle }: Record<string, unknown>) => call('DeleteMessage', { ReceiptHandle });

async function drain(): Promise<void> {
  for (let found = await receive({ MaxNumberOfMessages: 10 }); found.length > 0; ) {
    for (const message of found) await remove(message);
    found = await receive({ MaxNumberOfMessages: 10 });
  }
}

test('a message is received once, hidden, and gone when it is deleted', async () => {
  const MessageAttributes = { Why: { DataType: 'String', StringValue: 'it failed' } };
  const sent = await call('SendMessage', { MessageBody: 'hello', MessageAttributes });
  expect(sent).toMatchObject({ status: 200, body: { MD5OfMessageBody: '5d41402abc4b2a76b9719d911017c592' } });
  const asked = { MessageAttributeNames: ['All'], AttributeNames: ['ApproximateReceiveCount'] };
  const [message = {}] = await received(1, asked);
  expect(message).toMatchObject({
    MessageId: sent.body['MessageId'],
    Body: 'hello',
    MD5OfBody: '5d41402abc4b2a76b9719d911017c592',
    Attributes: { ApproximateReceiveCount: '1' },
    MessageAttributes,
  });
  expect(await receive()).toEqual([]);
  await remove(message);
  expect((await remove(message)).status).toBe(200);
  expect(await receive()).toEqual([]);
});

test('a message that is not deleted comes back after the visibility timeout', async () => {
  await call('SendMessage', { MessageBody: 'again' });
  await received(1, { VisibilityTimeout: 1 });
  const [message = {}] = await received(1, { AttributeNames: ['All'] });
  expect(message).toMatchObject({ Body: 'again', Attributes: { ApproximateReceiveCount: '2' } });
  await remove(message);
});

test('twelve messages come in all, ten at most at a time', async () => {
  const bodies = Array.from({ length: 12 }, (_, n) => `m${n}`);
  for (const MessageBody of bodies) await call('SendMessage', { MessageBody });
  const found = await received(12);
  expect(found.map(({ Body }) => Body).sort()).toEqual([...bodies].sort());
  for (const message of found) await remove(message);
});

test('a queue tells what it is', async () => {
  const AttributeNames = ['QueueArn', 'ApproximateNumberOfMessages', 'VisibilityTimeout'];
  const { body } = await call('GetQueueAttributes', { AttributeNames });
  expect(body).toEqual({
    Attributes: {
      QueueArn: expect.stringMatching(new RegExp(`^arn:[^:]+:sqs:[^:]+:\\d{12}:${QueueName}$`)),
      ApproximateNumberOfMessages: expect.stringMatching(/^\d+$/),
      VisibilityTimeout: expect.stringMatching(/^\d+$/),
    },
  });
});

test.each([
  ['too many messages', 'ReceiveMessage', { MaxNumberOfMessages: 11 }, /InvalidParameterValue/],
  ['no body', 'SendMessage', {}, /MissingRequiredParameter|MissingParameter/],
  ['a large body', 'SendMessage', { MessageBody: 'x'.repeat(2 ** 20 + 1) }, /InvalidParameterValue/],
  ['an unknown attribute', 'GetQueueAttributes', { AttributeNames: ['Nope'] }, /InvalidAttributeName/],
])('%s is refused', async (_, operation, request, type) => {
  const { status, queryError, body } = await call(operation, request);
  expect({ status, type: body['__type'] }).toEqual({ status: 400, type: expect.stringMatching(type) });
  expect(queryError).toMatch(/;Sender$/);
});

test('a queue that is not there', async () => {
  const { status, body } = await caller.call('GetQueueUrl', { QueueName: `contract-none-${randomUUID()}` });
  expect([status, body['__type']]).toEqual([400, expect.stringContaining('QueueDoesNotExist')]);
});

contract.describeOurs('what ours does not have is refused', 'AWS has it', () => {
  test.each([
    ['an operation', 'PurgeQueue', {}],
    ['a wait', 'ReceiveMessage', { WaitTimeSeconds: 5 }],
    ['a delay', 'SendMessage', { MessageBody: 'x', DelaySeconds: 5 }],
  ])('%s', async (_, operation, request) => {
    const { status, body } = await call(operation, request);
    expect([status, body['__type']]).toEqual([400, 'com.amazonaws.sqs#UnsupportedOperation']);
  });
});
