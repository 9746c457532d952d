import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CreateTableCommandInput,
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ListTablesCommand,
  type TableDescription,
  waitUntilTableNotExists,
} from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { type DynamoDBServer, startDynamoDB } from '../../../src/local/dynamodb/server.ts';
import { tableDefinition } from '../../../src/local/template/tables.ts';

const TableName = 'Stack-Jobs';
const keys = {
  KeySchema: [{ AttributeName: 'job_name', KeyType: 'HASH' }],
  AttributeDefinitions: [
    { AttributeName: 'job_name', AttributeType: 'S' },
    { AttributeName: 'execution_arn', AttributeType: 'S' },
  ],
};
const byExecution = {
  IndexName: 'byExecution',
  KeySchema: [
    { AttributeName: 'execution_arn', KeyType: 'HASH' },
    { AttributeName: 'job_name', KeyType: 'RANGE' },
  ],
  Projection: { ProjectionType: 'ALL' },
};
const onDemand = { ...keys, BillingMode: 'PAY_PER_REQUEST', GlobalSecondaryIndexes: [byExecution] };

let directory: string;
let server: DynamoDBServer;
let client: DynamoDBDocumentClient;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dynamodb-'));
  await start();
});
afterEach(async () => {
  await stop();
  await rm(directory, { recursive: true });
});

async function start(): Promise<void> {
  server = await startDynamoDB({ directory });
  const credentials = { accessKeyId: 'LOCALTEST', secretAccessKey: 'local' };
  client = DynamoDBDocumentClient.from(
    new DynamoDBClient({ endpoint: server.url, region: 'us-east-1', credentials, maxAttempts: 1 }),
  );
}

async function stop(): Promise<void> {
  client.destroy();
  await server.close();
}

/** A table as CloudFormation's properties describe it. */
function tableOf(properties: Readonly<Record<string, unknown>>): CreateTableCommandInput {
  const type = 'AWS::DynamoDB::Table';
  return tableDefinition({ logicalId: 'Jobs', type, ref: TableName, arn: undefined, properties });
}

const create = async (properties: Readonly<Record<string, unknown>>) =>
  server.createTable(tableOf(properties));

async function described(): Promise<TableDescription> {
  const { Table = {} } = await client.send(new DescribeTableCommand({ TableName }));
  return Table;
}

const put = (Item: Record<string, unknown>) => client.send(new PutCommand({ TableName, Item }));

async function jobsOf(execution: string, more: object = {}) {
  const { Items = [], LastEvaluatedKey } = await client.send(
    new QueryCommand({
      ...{ TableName, IndexName: 'byExecution', KeyConditionExpression: 'execution_arn = :arn' },
      ...{ ExpressionAttributeValues: { ':arn': execution }, ...more },
    }),
  );
  return { names: Items.map((item) => item['job_name']), LastEvaluatedKey };
}

describe('a table of an earlier start', () => {
  const earlier = {
    ...{ KeySchema: keys.KeySchema, BillingMode: 'PAY_PER_REQUEST' },
    AttributeDefinitions: keys.AttributeDefinitions.slice(0, 1),
  };

  async function again(properties: Readonly<Record<string, unknown>>): Promise<void> {
    await stop();
    await start();
    await create(properties);
  }

  it('stays as it is when the template has not changed', async () => {
    await create(onDemand);
    await put({ job_name: 'a', execution_arn: 'one' });
    const before = await described();
    await again(onDemand);
    expect((await jobsOf('one')).names).toEqual(['a']);
    expect((await described()).CreationDateTime).toEqual(before.CreationDateTime);
  });

  it('gets the index that the template has since, and keeps its items', async () => {
    await create(earlier);
    for (let n = 0; n < 160; n++) {
      await put({ job_name: `job-${n}`, execution_arn: 'one', set: new Set(['x']), n });
    }
    await again(onDemand);
    expect((await jobsOf('one')).names).toHaveLength(160);
    const { Item } = await client.send(new GetCommand({ TableName, Key: { job_name: 'job-7' } }));
    expect(Item).toEqual({ job_name: 'job-7', execution_arn: 'one', set: new Set(['x']), n: 7 });
  });

  it('is whole after a rebuild that was cut short when the table was gone', async () => {
    await create(earlier);
    await server.createTable({ ...tableOf(earlier), TableName: `${TableName}.rebuild` });
    await client.send(
      new PutCommand({ TableName: `${TableName}.rebuild`, Item: { job_name: 'a', execution_arn: 'one' } }),
    );
    await client.send(new DeleteTableCommand({ TableName }));
    await waitUntilTableNotExists({ client, maxWaitTime: 10, minDelay: 1, maxDelay: 1 }, { TableName });
    await again(onDemand);
    expect((await jobsOf('one')).names).toEqual(['a']);
    const { TableNames } = await client.send(new ListTablesCommand({}));
    expect(TableNames).toEqual([TableName]);
  });

  it('is refused when its key is another, for its items cannot be kept', async () => {
    await create(earlier);
    const other = {
      ...onDemand,
      KeySchema: [{ AttributeName: 'execution_arn', KeyType: 'HASH' }],
      GlobalSecondaryIndexes: undefined,
      AttributeDefinitions: keys.AttributeDefinitions.slice(1),
    };
    await expect(again(other)).rejects.toThrow('has another key');
  });
});
