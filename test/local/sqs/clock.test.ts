// What needs the queue's clock, or another service's way in.
import type { Clock } from '../../../src/local/clock.ts';
import { type SqsServer, startSqs } from '../../../src/local/sqs/server.ts';

/** Time that passes by waiting only. */
let now = Date.UTC(2026, 0, 1);
const clock: Clock = {
  now: () => now,
  sleep: async (ms) => {
    now += ms;
  },
};
const arn = 'arn:aws:sqs:us-east-1:123456789012:failed';
const QueueUrl = 'https://sqs.us-east-1.amazonaws.com/123456789012/failed';

let sqs: SqsServer;

beforeEach(async () => {
  sqs = await startSqs({ clock, account: '123456789012' });
  sqs.createQueue({ name: 'failed', arn });
});
afterEach(() => sqs.close());

async function call(operation: string, request: object) {
  const response = await fetch(sqs.url, {
    method: 'POST',
    headers: { 'x-amz-target': `AmazonSQS.${operation}`, 'content-type': 'application/x-amz-json-1.0' },
    body: JSON.stringify({ QueueUrl, ...request }),
  });
  const body = (await response.json()) as Record<string, unknown>;
  return { status: response.status, queryError: response.headers.get('x-amzn-query-error'), body };
}

async function receive(request: object = {}): Promise<Record<string, unknown>[]> {
  const { body } = await call('ReceiveMessage', request);
  return body['Messages'] as Record<string, unknown>[];
}

test('a message that is not deleted comes back after the visibility timeout', async () => {
  sqs.send(arn, 'again');
  expect(await receive({ VisibilityTimeout: 60 })).toHaveLength(1);
  await clock.sleep(61_000);
  const [message] = await receive({ AttributeNames: ['All'] });
  expect(message).toMatchObject({ Body: 'again', Attributes: { ApproximateReceiveCount: '2' } });
});

test('up to ten messages come at once, the oldest first', async () => {
  for (let n = 0; n < 12; n++) sqs.send(arn, `m${n}`);
  const bodies = (await receive({ MaxNumberOfMessages: 10 })).map(({ Body }) => Body);
  expect(bodies).toEqual(Array.from({ length: 10 }, (_, n) => `m${n}`));
  expect(await receive({ MaxNumberOfMessages: 10 })).toHaveLength(2);
});

test('messages are forgotten after the retention period', async () => {
  sqs.createQueue({ name: 'short', arn: `${arn}-2`, retentionSeconds: 60 });
  const short = { QueueUrl: QueueUrl.replace('failed', 'short') };
  await call('SendMessage', { ...short, MessageBody: 'old' });
  await clock.sleep(61_000);
  expect(await receive(short)).toEqual([]);
});

test('a service cannot send to a queue that the stack does not have', () => {
  expect(() => sqs.send('arn:aws:sqs:us-east-1:123456789012:other', 'x')).toThrow('does not exist');
  expect(() => sqs.send('arn:aws:sqs:eu-west-1:123456789012:failed', 'x')).toThrow('There is no queue');
});
