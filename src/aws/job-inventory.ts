import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  paginateQuery,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { rankOf } from '../batch/job-status.ts';
import type { Inventory, InventoryItem } from '../steps/collaborators.ts';

/** How long a job stays in the ledger after its submit; Step Functions forgets executions after 90 days as well. */
const KEPT_SECONDS = 90 * 24 * 3600;
/** The table's index of jobs by the execution that they are of: `execution_arn`, then `job_name`. */
const BY_EXECUTION = 'byExecution';

export interface InventoryOptions {
  readonly tableName: string;
  readonly now: () => number;
}

/** The ledger in DynamoDB, one item a job. Every change is one conditional write, so no transaction is needed. */
export function jobInventory(
  dynamodb: DynamoDBDocumentClient,
  { tableName, now }: InventoryOptions,
): Inventory {
  const at = (jobName: string) => ({ TableName: tableName, Key: { job_name: jobName } });
  const timestamp = () => new Date(now()).toISOString();
  const update = (
    jobName: string,
    UpdateExpression: string,
    values: Record<string, unknown>,
    condition: string,
  ) => {
    const ExpressionAttributeValues = values;
    const ConditionExpression = condition;
    return dynamodb.send(
      new UpdateCommand({ ...at(jobName), UpdateExpression, ExpressionAttributeValues, ConditionExpression }),
    );
  };
  return {
    add(item) {
      const expires_at = Math.floor(now() / 1000) + KEPT_SECONDS;
      const Item = { ...attributesOf(item), created_at: timestamp(), expires_at };
      const ConditionExpression = 'attribute_not_exists(job_name)';
      return whenTrue(() =>
        dynamodb.send(new PutCommand({ TableName: tableName, Item, ConditionExpression })),
      );
    },

    async get(jobName) {
      const { Item } = await dynamodb.send(new GetCommand({ ...at(jobName), ConsistentRead: true }));
      return Item === undefined ? undefined : itemOf(Item);
    },

    async handOver(jobName, taskToken, askedAt) {
      // A delivery that was overtaken by a later one has nobody who waits for it any more.
      const isLater = `${EXISTS} AND (attribute_not_exists(asked_at) OR asked_at <= :asked)`;
      const values = { ':token': taskToken, ':asked': askedAt, ':now': timestamp() };
      const set = 'SET task_token = :token, asked_at = :asked, delivered_at = :now';
      await whenTrue(() => update(jobName, set, values, isLater));
    },

    async recordArn(jobName, jobArn) {
      await update(jobName, 'SET job_arn = :arn', { ':arn': jobArn }, EXISTS);
    },

    advance(jobName, { jobArn, status, message = '' }) {
      const values = {
        ':arn': jobArn,
        ':status': status,
        ':message': message,
        ':rank': rankOf(status),
        ':now': timestamp(),
      };
      const set =
        'SET job_arn = :arn, job_status = :status, job_message = :message, job_rank = :rank, updated_at = :now';
      return whenTrue(() =>
        update(jobName, set, values, `${EXISTS} AND (attribute_not_exists(job_rank) OR job_rank < :rank)`),
      );
    },

    ofExecution: (executionArn) => jobsOf(executionArn, dynamodb, tableName),
  };
}

async function* jobsOf(
  executionArn: string,
  client: DynamoDBDocumentClient,
  TableName: string,
): AsyncGenerator<InventoryItem> {
  const query = {
    TableName,
    IndexName: BY_EXECUTION,
    KeyConditionExpression: 'execution_arn = :execution',
    ExpressionAttributeValues: { ':execution': executionArn },
  };
  for await (const { Items = [] } of paginateQuery({ client }, query)) yield* Items.map(itemOf);
}

/** An update alone would make a new item of a job that is not in the ledger. */
const EXISTS = 'attribute_exists(job_name)';

async function whenTrue(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

function attributesOf(item: Omit<InventoryItem, 'deliveredAt'>): Record<string, unknown> {
  return {
    job_name: item.jobName,
    run_id: item.runId,
    execution_arn: item.executionArn,
    chunk: item.chunk,
    attempt: item.attempt,
    model_id: item.modelId,
    task_token: item.taskToken,
    asked_at: item.askedAt,
  };
}

function itemOf(attributes: Record<string, unknown>): InventoryItem {
  return {
    jobName: attributes['job_name'] as string,
    runId: attributes['run_id'] as string,
    executionArn: attributes['execution_arn'] as string,
    chunk: attributes['chunk'] as number,
    attempt: attributes['attempt'] as number,
    modelId: attributes['model_id'] as string,
    taskToken: attributes['task_token'] as string,
    askedAt: (attributes['asked_at'] as number | undefined) ?? 0,
    deliveredAt: Date.parse(String(attributes['delivered_at'] ?? attributes['created_at'])),
    jobArn: attributes['job_arn'] as string | undefined,
    status: attributes['job_status'] as string | undefined,
  };
}

export function connectInventory(tableName: string): Inventory {
  return jobInventory(DynamoDBDocumentClient.from(new DynamoDBClient()), { tableName, now: Date.now });
}
