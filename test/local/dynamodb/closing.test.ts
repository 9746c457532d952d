import { mkdtemp, rm } from 'node:fs/promises';
import { type ClientRequest, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { startDynamoDB } from '../../../src/local/dynamodb/server.ts';

const credentials = { accessKeyId: 'LOCALTEST', secretAccessKey: 'local' };

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dynamodb-closing-'));
});
afterAll(() => rm(directory, { recursive: true }));

test('what is being written when it closes is written, and who is gone or half there does not hold it up', async () => {
  const first = await startDynamoDB({ directory });
  const client = new DynamoDBClient({
    endpoint: first.url,
    region: 'us-east-1',
    credentials,
    maxAttempts: 1,
  });
  await client.send(
    new CreateTableCommand({
      TableName: 'table',
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    }),
  );
  const half = await halfARequest(first.url);
  await halfARequest(first.url);
  const writes = Array.from({ length: 50 }, (_, n) => {
    const abort = new AbortController();
    const write = new PutItemCommand({ TableName: 'table', Item: { id: { S: String(n) } } });
    const sent = client.send(write, { abortSignal: abort.signal });
    if (n % 5 === 0) setTimeout(() => abort.abort(), 3);
    return sent;
  });
  const outcomes = Promise.allSettled(writes);
  await writes[1];
  half.destroy();
  await first.close();
  expect((await outcomes).filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
  client.destroy();

  const second = await startDynamoDB({ directory });
  await second.close();
});

/** A client that says that more is to come. */
async function halfARequest(url: string): Promise<ClientRequest> {
  const half = request(url, { method: 'POST', headers: { 'content-length': '1000' } });
  // It is broken off, by this side or by the other.
  half.on('error', () => undefined);
  await new Promise<void>((resolve) => half.write('{', () => resolve()));
  return half;
}
