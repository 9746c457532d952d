import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  ConditionalCheckFailedException,
  CreateTableCommand,
  type CreateTableCommandInput,
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ListTablesCommand,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { holderMap } from '../../src/aws/holder-map.ts';
import { type DynamoDBServer, startDynamoDB } from '../../src/local/dynamodb/server.ts';
import { Contract } from './endpoint.ts';

const contract = new Contract('DYNAMODB');
const keys = {
  KeySchema: [{ AttributeName: 'job_name', KeyType: 'HASH' }],
  AttributeDefinitions: [
    { AttributeName: 'job_name', AttributeType: 'S' },
    { AttributeName: 'execution_arn', AttributeType: 'S' },
  ],
} as const;
const byExecution = {
  IndexName: 'byExecution',
  KeySchema: [
    { AttributeName: 'execution_arn', KeyType: 'HASH' },
    { AttributeName: 'job_name', KeyType: 'RANGE' },
  ],
  Projection: { ProjectionType: 'ALL' },
} as const;
const ProvisionedThroughput = { ReadCapacityUnits: 5, WriteCapacityUnits: 5 };

/** How the local AWS's own stack, and any other, has its tables. */
const TABLES = {
  'on demand': { ...keys, BillingMode: 'PAY_PER_REQUEST', GlobalSecondaryIndexes: [byExecution] },
  provisioned: {
    ...{ ...keys, BillingMode: 'PROVISIONED', ProvisionedThroughput },
    GlobalSecondaryIndexes: [{ ...byExecution, ProvisionedThroughput }],
  },
} as const;

let directory: string | undefined;
let server: DynamoDBServer | undefined;
let client: DynamoDBDocumentClient;

beforeAll(async () => {
  if (contract.isOurs) {
    directory = await mkdtemp(join(tmpdir(), 'dynamodb-contract-'));
    server = await startDynamoDB({ directory });
  }
  const settings = { ...contract.settings(server?.url), maxAttempts: 1 };
  client = DynamoDBDocumentClient.from(new DynamoDBClient(settings));
});
afterAll(async () => {
  client.destroy();
  await server?.close();
  if (directory !== undefined) await rm(directory, { recursive: true });
});

describe.each(Object.keys(TABLES) as (keyof typeof TABLES)[])('a table with an index, %s', (billing) => {
  const TableName = `contract-${randomUUID()}`;

  beforeAll(async () => {
    const definition = TABLES[billing] as unknown as CreateTableCommandInput;
    await client.send(new CreateTableCommand({ ...definition, TableName }));
    await until(async () => {
      const { TableStatus, GlobalSecondaryIndexes = [] } = await described();
      return [TableStatus, ...GlobalSecondaryIndexes.map(({ IndexStatus }) => IndexStatus)].every(isActive);
    });
  });
  afterAll(() => client.send(new DeleteTableCommand({ TableName })));

  const isActive = (status: string | undefined) => status === 'ACTIVE';

  async function described(): Promise<TableDescription> {
    const { Table = {} } = await client.send(new DescribeTableCommand({ TableName }));
    return Table;
  }

  const put = (Item: Record<string, unknown>, more: object = {}) =>
    client.send(new PutCommand({ TableName, Item, ...more }));
  const get = async (job_name: string) =>
    (await client.send(new GetCommand({ TableName, Key: { job_name }, ConsistentRead: true }))).Item;

  async function jobsOf(execution: string, more: object = {}) {
    const { Items = [], LastEvaluatedKey } = await client.send(
      new QueryCommand({
        ...{ TableName, IndexName: 'byExecution', KeyConditionExpression: 'execution_arn = :arn' },
        ...{ ExpressionAttributeValues: { ':arn': execution }, ...more },
      }),
    );
    return { names: Items.map((item) => item['job_name']), LastEvaluatedKey };
  }

  /** Indexes follow their table by and by. */
  const settled = (execution: string, names: readonly string[]) =>
    until(async () => JSON.stringify((await jobsOf(execution)).names) === JSON.stringify(names));

  it('has the billing mode and the index, and is listed', async () => {
    const { BillingModeSummary, GlobalSecondaryIndexes } = await described();
    const mode = billing === 'provisioned' ? 'PROVISIONED' : 'PAY_PER_REQUEST';
    expect(BillingModeSummary?.BillingMode ?? 'PROVISIONED').toBe(mode);
    expect(GlobalSecondaryIndexes).toMatchObject([
      { IndexName: 'byExecution', IndexStatus: 'ACTIVE', Projection: { ProjectionType: 'ALL' } },
    ]);
    const from = { ExclusiveStartTableName: TableName.slice(0, -1), Limit: 1 };
    expect((await client.send(new ListTablesCommand(from))).TableNames).toEqual([TableName]);
  });

  it('is queried by its index, in pages, as items come, change and lack the attribute', async () => {
    for (const job_name of ['b', 'a', 'c']) await put({ job_name, execution_arn: 'one' });
    await put({ job_name: 'd', execution_arn: 'two' });
    await put({ job_name: 'without' });
    await settled('one', ['a', 'b', 'c']);
    const first = await jobsOf('one', { Limit: 2 });
    expect(first.names).toEqual(['a', 'b']);
    const rest = await jobsOf('one', { ExclusiveStartKey: first.LastEvaluatedKey });
    expect(rest.names).toEqual(['c']);
    await put({ job_name: 'b', execution_arn: 'two' });
    await settled('one', ['a', 'c']);
    await settled('two', ['b', 'd']);
  });

  it('keeps every type, and is scanned in pages', async () => {
    const item = {
      ...{ job_name: 'types', text: 'ä', whole: 7, part: 1.5, yes: true, none: null },
      ...{ list: [1, 'a', { deep: [] }], map: { a: { b: 1 } }, set: new Set(['x', 'y']) },
      bytes: new Uint8Array([0, 255]),
    };
    await put(item);
    expect(await get('types')).toEqual(item);
    const seen: unknown[] = [];
    let ExclusiveStartKey: Record<string, unknown> | undefined;
    do {
      const page = await client.send(new ScanCommand({ TableName, Limit: 2, ExclusiveStartKey }));
      seen.push(...(page.Items ?? []).map((found) => found['job_name']));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toContain('types');
  });

  it('takes a write only where its condition holds', async () => {
    const once = { ConditionExpression: 'attribute_not_exists(job_name)' };
    await put({ job_name: 'ledger', n: 1 }, once);
    await expect(put({ job_name: 'ledger', n: 2 }, once)).rejects.toBeInstanceOf(
      ConditionalCheckFailedException,
    );
    const Key = { job_name: 'ledger' };
    const update = (more: object) => client.send(new UpdateCommand({ TableName, Key, ...more }));
    const toDone = {
      ...{ UpdateExpression: 'SET #s = :done, n = n + :one', ConditionExpression: 'n = :was' },
      ExpressionAttributeNames: { '#s': 'status' },
    };
    const values = { ':done': 'done', ':one': 1, ':was': 1 };
    const { Attributes } = await update({
      ...toDone,
      ExpressionAttributeValues: values,
      ReturnValues: 'ALL_NEW',
    });
    expect(Attributes).toEqual({ job_name: 'ledger', n: 2, status: 'done' });
    const again = update({ ...toDone, ExpressionAttributeValues: values });
    await expect(again).rejects.toBeInstanceOf(ConditionalCheckFailedException);
    await client.send(new DeleteCommand({ TableName, Key }));
    expect(await get('ledger')).toBeUndefined();
  });

  it.each([
    { what: 'a reserved word', more: { UpdateExpression: 'SET status = :v' } },
    { what: 'a value that is not used', more: { UpdateExpression: 'REMOVE a' } },
    { what: 'a key', more: { UpdateExpression: 'SET job_name = :v' } },
  ])('refuses an update of $what', async ({ more }) => {
    const values = { ExpressionAttributeValues: { ':v': 1 } };
    const command = new UpdateCommand({ TableName, Key: { job_name: 'x' }, ...values, ...more });
    await expect(client.send(command)).rejects.toMatchObject({ name: 'ValidationException' });
  });

  describe('the holders of slots, by the requests of the stack itself', () => {
    const item = 'slots#model';
    const map = () => holderMap(client, TableName);
    const names = async () => Object.keys(await map().holdersOf(item)).sort();

    afterEach(() => client.send(new DeleteCommand({ TableName, Key: { job_name: item } })));

    it('takes none before it is there, no more than it may, and nobody twice', async () => {
      expect(await map().hold(item, 'a', 1, 2)).toBe('no such item');
      await put({ job_name: item, other: 1 });
      expect(await map().hold(item, 'a', 1, 2)).toBe('no such item');
      await map().open(item);
      for (const [job, since] of [
        ['a', 1],
        ['b', 2],
        ['a', 3],
      ] as const) {
        expect(await map().hold(item, job, since, 2)).toBe('held');
      }
      expect(await map().hold(item, 'c', 4, 2)).toBe('full');
      expect(await map().holdersOf(item)).toEqual({ a: 3, b: 2 });
    });

    it('lets go, of one that it does not hold too, and with a number only of that', async () => {
      await map().open(item);
      await map().hold(item, 'a', 1, 1);
      await map().remove(item, 'b');
      await map().remove(item, 'a', 2);
      expect(await names()).toEqual(['a']);
      await map().remove(item, 'a', 1);
      expect(await map().hold(item, 'c', 5, 1)).toBe('held');
    });

    it('stays within its size when many come at once', async () => {
      await map().open(item);
      const outcomes = await Promise.all(
        Array.from({ length: 30 }, (_, n) => map().hold(item, `job-${n}`, n, 5)),
      );
      expect(outcomes.filter((outcome) => outcome === 'held')).toHaveLength(5);
      expect(outcomes.filter((outcome) => outcome === 'full')).toHaveLength(25);
      expect(await names()).toHaveLength(5);
    });

    it.each([
      { on: 'ALL_OLD', shown: { job_name: { S: item }, n: { N: '1' } } },
      { on: 'NONE', shown: undefined },
      { on: undefined, shown: undefined },
    ] as const)('a refused write shows the item as it was: $on', async ({ on, shown }) => {
      await put({ job_name: item, n: 1 });
      const more = {
        ConditionExpression: 'n > :n',
        ExpressionAttributeValues: { ':n': 1 },
        ...(on && { ReturnValuesOnConditionCheckFailure: on }),
      };
      const refusals = [
        put({ job_name: item, n: 2 }, more),
        client.send(new DeleteCommand({ TableName, Key: { job_name: item }, ...more })),
      ];
      for (const refused of await Promise.allSettled(refusals)) {
        expect(refused).toMatchObject({
          status: 'rejected',
          reason: expect.any(ConditionalCheckFailedException),
        });
        expect((refused as PromiseRejectedResult).reason.Item).toEqual(shown);
      }
    });
  });
});

it('a table that is not there', async () => {
  const command = new DescribeTableCommand({ TableName: `contract-none-${randomUUID()}` });
  await expect(client.send(command)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

/** A test's own time ends it otherwise. */
async function until(reached: () => Promise<boolean>): Promise<void> {
  while (!(await reached())) await delay(20);
}
