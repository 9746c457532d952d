import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DeleteTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  type KeySchemaElement,
  type Projection,
  PutItemCommand,
  paginateScan,
  ResourceNotFoundException,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';
import { LocalAwsError } from '../local-aws-error.ts';

/**
 * Creates the table, or keeps the one of an earlier start. dynalite adds no index to a table, so one whose indexes are
 * not the template's is made anew by way of a copy. Whenever that is cut short, the next start takes it up.
 */
export async function ensureTable(
  client: DynamoDBClient,
  definition: CreateTableCommandInput,
): Promise<void> {
  const name = String(definition.TableName);
  const copy = `${name}.rebuild`;
  const table = await describe(client, name);
  if (table !== undefined) refuseOtherKey(table, definition);
  if (table !== undefined && !isDeepStrictEqual(indexesOf(table), indexesOf(definition))) {
    // Of an attempt that ended before the copy was whole, and so before the table was dropped.
    await drop(client, copy);
    await create(client, copyDefinition(table, copy));
    await copyItems(client, name, copy);
    await drop(client, name);
  }
  if ((await describe(client, name)) === undefined) await create(client, definition);
  else await until(client, name, (found) => found?.TableStatus === 'ACTIVE');
  if ((await describe(client, copy)) === undefined) return;
  await copyItems(client, copy, name);
  await drop(client, copy);
}

async function describe(client: DynamoDBClient, TableName: string): Promise<TableDescription | undefined> {
  try {
    return (await client.send(new DescribeTableCommand({ TableName }))).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

interface Index {
  readonly IndexName?: string | undefined;
  readonly KeySchema?: readonly KeySchemaElement[] | undefined;
  readonly Projection?: Projection | undefined;
}

interface WithIndexes {
  readonly GlobalSecondaryIndexes?: readonly Index[] | undefined;
  readonly LocalSecondaryIndexes?: readonly Index[] | undefined;
}

/** What makes an index another one; its capacity does not. */
function indexesOf({ GlobalSecondaryIndexes = [], LocalSecondaryIndexes = [] }: WithIndexes): unknown {
  const entries = [...GlobalSecondaryIndexes, ...LocalSecondaryIndexes].map(
    ({ IndexName = '', KeySchema, Projection = {} }): [string, unknown] => {
      const { ProjectionType, NonKeyAttributes = [] } = Projection;
      return [IndexName, { KeySchema, ProjectionType, NonKeyAttributes }];
    },
  );
  return Object.fromEntries(entries);
}

function refuseOtherKey({ KeySchema }: TableDescription, definition: CreateTableCommandInput): void {
  if (isDeepStrictEqual(KeySchema, definition.KeySchema)) return;
  throw new LocalAwsError(
    `The local table ${definition.TableName} has another key than the template. ${ADVICE}`,
  );
}

function copyDefinition(table: TableDescription, TableName: string): CreateTableCommandInput {
  const { KeySchema = [], AttributeDefinitions = [] } = table;
  const keys = KeySchema.map(({ AttributeName }) => AttributeName);
  return {
    TableName,
    KeySchema,
    AttributeDefinitions: AttributeDefinitions.filter(({ AttributeName }) => keys.includes(AttributeName)),
    BillingMode: 'PAY_PER_REQUEST',
  };
}

const ADVICE = 'Delete the folder dynamodb of the local state to start without its items.';

async function create(client: DynamoDBClient, definition: CreateTableCommandInput): Promise<void> {
  await client.send(new CreateTableCommand(definition));
  await until(client, String(definition.TableName), (table) => table?.TableStatus === 'ACTIVE');
}

async function drop(client: DynamoDBClient, TableName: string): Promise<void> {
  const table = await describe(client, TableName);
  if (table === undefined) return;
  if (table.TableStatus !== 'DELETING') await client.send(new DeleteTableCommand({ TableName }));
  await until(client, TableName, (table) => table === undefined);
}

/** A process that was killed in just that moment leaves a table that is created or deleted for ever. */
async function until(
  client: DynamoDBClient,
  name: string,
  reached: (table: TableDescription | undefined) => boolean,
): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    if (reached(await describe(client, name))) return;
    await delay(2);
  }
  throw new LocalAwsError(`The local table ${name} was left half made by an earlier process. ${ADVICE}`);
}

async function copyItems(client: DynamoDBClient, from: string, to: string): Promise<void> {
  for await (const { Items = [] } of paginateScan({ client, pageSize: 100 }, { TableName: from })) {
    await Promise.all(Items.map((Item) => client.send(new PutItemCommand({ TableName: to, Item }))));
  }
}
