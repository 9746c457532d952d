import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../../src/local/clock.ts';
import { Queue } from '../../../src/local/sqs/queue.ts';
import { startSqs } from '../../../src/local/sqs/server.ts';

let now = Date.UTC(2026, 0, 1);
const clock: Clock = {
  now: () => now,
  sleep: async (ms) => {
    now += ms;
  },
};
const definition = { name: 'failed', arn: 'arn:aws:sqs:us-east-1:123456789012:failed' };
const attributes = { Why: { DataType: 'String', StringValue: 'it failed' } };

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sqs-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** What can be seen of a queue, without changing what others see of it. */
function seen(queue: Queue) {
  const { createdTime } = queue;
  const counts = queue.counts();
  const messages = queue.receive(10, 0).map(({ receiptHandle: _, ...message }) => message);
  return { createdTime, counts, messages };
}

test('a queue is after a kill what it was after its last whole change', async () => {
  const path = join(directory, 'failed.jsonl');
  const copy = join(directory, 'copy.jsonl');
  const reopened = (log: string) => {
    writeFileSync(copy, log);
    const queue = new Queue(definition, { clock, path: copy });
    const state = seen(queue);
    queue.close();
    return state;
  };
  const queue = new Queue(definition, { clock, path });
  const changes: (() => unknown)[] = [
    () => queue.send('one', attributes),
    () => queue.send('two'),
    () => queue.receive(1, 600),
    () => queue.send('three'),
    () => queue.delete(queue.receive(1, 600)[0]?.receiptHandle ?? ''),
    () => queue.receive(10, 600),
  ];
  // What the queue shows is taken from copies of its log, one change after the other.
  const states = [];
  for (const change of changes) {
    await clock.sleep(1000);
    change();
    states.push(reopened(readFileSync(path, 'utf8')));
  }
  const bodies = states.map(({ messages }) => messages.map(({ body }) => body));
  expect(bodies).toEqual([['one'], ['one', 'two'], ['two'], ['two', 'three'], ['three'], []]);
  expect(states.map(({ counts }) => counts.hidden)).toEqual([0, 0, 1, 1, 1, 2]);
  expect(states[0]?.messages[0]).toMatchObject({ attributes, receiveCount: 1 });
  expect(new Set(states.map(({ createdTime }) => createdTime)).size).toBe(1);

  const lines = readFileSync(path, 'utf8').split(/(?<=\n)/);
  queue.close();
  for (const [n, line] of lines.entries()) {
    const before = lines.slice(0, n).join('');
    const torn = before + line.slice(0, line.length - 1);
    if (n > 0) expect(reopened(torn)).toEqual(reopened(before));
  }
});

test('what one receives another process can delete', () => {
  const path = join(directory, 'failed.jsonl');
  const first = new Queue(definition, { clock, path });
  first.send('letter');
  const [received] = first.receive(1);
  first.close();
  const second = new Queue(definition, { clock, path });
  expect(second.counts()).toEqual({ visible: 0, hidden: 1 });
  second.delete(received?.receiptHandle ?? '');
  expect(second.counts()).toEqual({ visible: 0, hidden: 0 });
  second.close();
});

test('a server on the same directory has the same messages', async () => {
  const options = { clock, account: '123456789012', directory };
  const first = await startSqs(options);
  first.createQueue(definition);
  first.send(definition.arn, 'letter');
  await first.close();
  const second = await startSqs(options);
  second.createQueue(definition);
  const answer = await fetch(second.url, {
    method: 'POST',
    headers: { 'x-amz-target': 'AmazonSQS.ReceiveMessage' },
    body: JSON.stringify({ QueueUrl: 'http://any/123456789012/failed' }),
  });
  expect(await answer.json()).toMatchObject({ Messages: [{ Body: 'letter' }] });
  await second.close();
});
