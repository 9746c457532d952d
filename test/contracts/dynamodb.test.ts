import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ConditionalCheckFailedException,
  type CreateTableCommandInput,
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ListTablesCommand,
  type TableDescription,
  waitUntilTableNotExists,
} from '@aws-sdk/client-dynamodb';
import {
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { type DynamoDBServer, startDynamoDB } from '../../src/local/dynamodb/server.ts';
import { tableDefinition } from '../../src/local/template/tables.ts';

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
const ProvisionedThroughput = { ReadCapacityUnits: 5, WriteCapacityUnits: 5 };
const onDemand = { ...keys, BillingMode: 'PAY_PER_REQUEST', GlobalSecondaryIndexes: [byExecution] };
const provisioned = {
  ...keys,
  ProvisionedThroughput,
  GlobalSecondaryIndexes: [{ ...byExecution, ProvisionedThroughput }],
};

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

describe.each([
  ['on demand', onDemand],
  ['provisioned, as CloudFormation has it by default', provisioned],
])('a table with an index, %s', (_, properties) => {
  it('has the billing mode and the index of the template', async () => {
    await create(properties);
    const { BillingModeSummary, GlobalSecondaryIndexes } = await described();
    expect(BillingModeSummary?.BillingMode ?? 'PROVISIONED').toBe(
      'BillingMode' in properties ? 'PAY_PER_REQUEST' : 'PROVISIONED',
    );
    expect(GlobalSecondaryIndexes).toMatchObject([
      { IndexName: 'byExecution', IndexStatus: 'ACTIVE', Projection: { ProjectionType: 'ALL' } },
    ]);
  });

  it('is queried by its index, in pages, as items come, change and lack the attribute', async () => {
    await create(properties);
    for (const job_name of ['b', 'a', 'c']) await put({ job_name, execution_arn: 'one' });
    await put({ job_name: 'd', execution_arn: 'two' });
    await put({ job_name: 'slots' });
    expect((await jobsOf('one')).names).toEqual(['a', 'b', 'c']);
    const first = await jobsOf('one', { Limit: 2 });
    expect(first.names).toEqual(['a', 'b']);
    const rest = await jobsOf('one', { ExclusiveStartKey: first.LastEvaluatedKey });
    expect(rest.names).toEqual(['c']);
    await put({ job_name: 'b', execution_arn: 'two' });
    expect((await jobsOf('one')).names).toEqual(['a', 'c']);
    expect((await jobsOf('two')).names).toEqual(['b', 'd']);
  });
});

describe('a set of holders', () => {
  const Key = { job_name: 'slots#model' };

  const acquire = (job: string, most = 2) =>
    client.send(
      new UpdateCommand({
        ...{ TableName, Key },
        UpdateExpression: 'ADD holders :one',
        ConditionExpression:
          'attribute_not_exists(holders) OR size(holders) < :most OR contains(holders, :job)',
        ExpressionAttributeValues: { ':one': new Set([job]), ':job': job, ':most': most },
      }),
    );
  const release = (job: string) =>
    client.send(
      new UpdateCommand({
        ...{ TableName, Key },
        UpdateExpression: 'DELETE holders :one',
        ExpressionAttributeValues: { ':one': new Set([job]) },
      }),
    );
  const holders = async () => {
    const { Item } = await client.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
    return Item?.['holders'] === undefined ? [] : [...Item['holders']].sort();
  };

  beforeEach(() => create(onDemand));

  it('takes in no more than it may, and nobody twice', async () => {
    await acquire('a');
    await acquire('b');
    await acquire('a');
    expect(await holders()).toEqual(['a', 'b']);
    await expect(acquire('c')).rejects.toBeInstanceOf(ConditionalCheckFailedException);
    expect(await holders()).toEqual(['a', 'b']);
  });

  it('lets go, of the last one and of one that it does not hold', async () => {
    await acquire('a');
    await release('b');
    expect(await holders()).toEqual(['a']);
    await release('a');
    await release('a');
    expect(await holders()).toEqual([]);
    await acquire('c');
    expect(await holders()).toEqual(['c']);
  });

  it('stays within its size when many come at once', async () => {
    const jobs = Array.from({ length: 30 }, (_, n) => `job-${n}`);
    const outcomes = await Promise.allSettled(jobs.map((job) => acquire(job, 5)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    expect(await holders()).toHaveLength(5);
  });
});

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

it.each([
  [
    'of the table',
    { ...onDemand, StreamSpecification: { StreamViewType: 'NEW_IMAGE' } },
    'StreamSpecification',
  ],
  [
    'of an index',
    { ...onDemand, GlobalSecondaryIndexes: [{ ...byExecution, Sparse: true }] },
    'GlobalSecondaryIndexes.Sparse',
  ],
])('an unknown property %s is refused', (_, properties, name) => {
  expect(() => tableOf(properties)).toThrow(`does not know the property ${name} of Jobs`);
});
