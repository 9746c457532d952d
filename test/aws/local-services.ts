import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { realClock } from '../../src/local/clock.ts';
import { startDynamoDB } from '../../src/local/dynamodb/server.ts';
import { startS3 } from '../../src/local/s3/server.ts';

export const connection = (endpoint: string) => ({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'LOCALTEST', secretAccessKey: 'local' },
});

const temporary = () => mkdtemp(join(tmpdir(), 'aws-'));

export interface LocalS3 {
  readonly url: string;
  readonly client: S3Client;
  close(): Promise<void>;
}

/** S3 on loopback, with these buckets. */
export async function localS3(...buckets: string[]): Promise<LocalS3> {
  const directory = await temporary();
  const server = await startS3({ directory, clock: realClock });
  for (const bucket of buckets) await server.createBucket(bucket);
  const client = new S3Client(connection(server.url));
  return {
    url: server.url,
    client,
    async close() {
      client.destroy();
      await server.close();
      await rm(directory, { recursive: true });
    },
  };
}

export interface LocalDynamoDB {
  readonly client: DynamoDBDocumentClient;
  close(): Promise<void>;
}

/** DynamoDB on loopback, with a table of jobs like the stack's. */
export async function localDynamoDB(tableName: string): Promise<LocalDynamoDB> {
  const directory = await temporary();
  const server = await startDynamoDB({ directory });
  await server.createTable({
    TableName: tableName,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [{ AttributeName: 'job_name', KeyType: 'HASH' }],
    AttributeDefinitions: [
      { AttributeName: 'job_name', AttributeType: 'S' },
      { AttributeName: 'execution_arn', AttributeType: 'S' },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'byExecution',
        KeySchema: [
          { AttributeName: 'execution_arn', KeyType: 'HASH' },
          { AttributeName: 'job_name', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'ALL' },
      },
    ],
  });
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(connection(server.url)));
  return {
    client,
    async close() {
      client.destroy();
      await server.close();
      await rm(directory, { recursive: true });
    },
  };
}
