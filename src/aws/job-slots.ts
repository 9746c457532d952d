import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { foundationModelOf } from '../models/catalog.ts';
import type { SlotHolder, Slots } from '../steps/collaborators.ts';

export interface JobSlotsOptions {
  readonly tableName: string;
  readonly now: () => number;
  /** Slots of each model. A function that only gives slots back needs none. */
  readonly max?: number;
}

/** No job's name has a `#`, so these items of the jobs' table are in no job's way. */
const INDEX = 'slots#';
/** Bedrock counts jobs by the model behind an inference profile, so all its profiles share one item. */
const slotsOf = (modelId: string) => `${INDEX}${foundationModelOf(modelId).id}`;

/**
 * Slots in DynamoDB: an item for each model, in which `holders` maps a job's name to when it last asked; and one item that lists the
 * models. Every change is one conditional write. The item of a model with 4,000 holders comes near DynamoDB's 400 kB.
 */
export function jobSlots(
  dynamodb: DynamoDBDocumentClient,
  { tableName, now, max = 0 }: JobSlotsOptions,
): Slots {
  const item = (name: string) => ({ TableName: tableName, Key: { job_name: name } });
  const read = async (name: string) =>
    (await dynamodb.send(new GetCommand({ ...item(name), ConsistentRead: true }))).Item;

  // The list first: a model with holders must never be missing from it.
  async function open(modelId: string): Promise<void> {
    const { id } = foundationModelOf(modelId);
    const list = { ...item(INDEX), UpdateExpression: 'ADD models :models' };
    await dynamodb.send(
      new UpdateCommand({ ...list, ExpressionAttributeValues: { ':models': new Set([id]) } }),
    );
    const first = {
      ...item(slotsOf(modelId)),
      UpdateExpression: 'SET holders = if_not_exists(holders, :none)',
    };
    await dynamodb.send(new UpdateCommand({ ...first, ExpressionAttributeValues: { ':none': {} } }));
  }

  async function hold(modelId: string, jobName: string): Promise<'held' | 'full' | 'no such item'> {
    const command = new UpdateCommand({
      ...item(slotsOf(modelId)),
      UpdateExpression: 'SET holders.#job = :now',
      ConditionExpression: 'attribute_exists(holders.#job) OR size(holders) < :max',
      ExpressionAttributeNames: { '#job': jobName },
      ExpressionAttributeValues: { ':now': now(), ':max': max },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    return outcomeOf(() => dynamodb.send(command));
  }

  return {
    async acquire(modelId, jobName) {
      const outcome = await hold(modelId, jobName);
      if (outcome !== 'no such item') return outcome === 'held';
      await open(modelId);
      return (await hold(modelId, jobName)) === 'held';
    },

    async release(modelId, jobName, since) {
      const command = new UpdateCommand({ ...item(slotsOf(modelId)), ...removal(jobName, since) });
      await outcomeOf(() => dynamodb.send(command));
    },

    async *holders() {
      for (const modelId of (await read(INDEX))?.['models'] ?? []) {
        yield* holdersIn(modelId, await read(slotsOf(modelId)));
      }
    },
  };
}

function removal(jobName: string, since: number | undefined) {
  return {
    UpdateExpression: 'REMOVE holders.#job',
    ConditionExpression: since === undefined ? 'attribute_exists(holders.#job)' : 'holders.#job = :since',
    ExpressionAttributeNames: { '#job': jobName },
    ...(since === undefined ? {} : { ExpressionAttributeValues: { ':since': since } }),
  };
}

/** A condition that fails on an item without a map of holders is the first of its model. */
async function outcomeOf(write: () => Promise<unknown>): Promise<'held' | 'full' | 'no such item'> {
  try {
    await write();
    return 'held';
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return error.Item?.['holders'] === undefined ? 'no such item' : 'full';
  }
}

function* holdersIn(modelId: string, item: Record<string, unknown> | undefined): Generator<SlotHolder> {
  const holders = (item?.['holders'] ?? {}) as Readonly<Record<string, number>>;
  for (const [jobName, since] of Object.entries(holders)) yield { modelId, jobName, since };
}

export function connectSlots(tableName: string, max?: number): Slots {
  const dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient());
  return jobSlots(dynamodb, { tableName, now: Date.now, ...(max === undefined ? {} : { max }) });
}
