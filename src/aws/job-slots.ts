import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { foundationModelOf } from '../models/catalog.ts';
import type { SlotHolder, Slots } from '../steps/collaborators.ts';
import { holderMap } from './holder-map.ts';

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
 * Slots in DynamoDB: an item for each model, with the jobs that hold one and when they last asked; and one item that lists the models.
 * The item of a model with 4,000 holders comes near DynamoDB's 400 kB.
 */
export function jobSlots(
  dynamodb: DynamoDBDocumentClient,
  { tableName, now, max = 0 }: JobSlotsOptions,
): Slots {
  const holders = holderMap(dynamodb, tableName);
  const index = { TableName: tableName, Key: { job_name: INDEX } };

  // The list first: a model with holders must never be missing from it.
  async function open(modelId: string): Promise<void> {
    const ExpressionAttributeValues = { ':models': new Set([foundationModelOf(modelId).id]) };
    const UpdateExpression = 'ADD models :models';
    await dynamodb.send(new UpdateCommand({ ...index, UpdateExpression, ExpressionAttributeValues }));
    await holders.open(slotsOf(modelId));
  }

  return {
    async acquire(modelId, jobName) {
      const hold = () => holders.hold(slotsOf(modelId), jobName, now(), max);
      const outcome = await hold();
      if (outcome !== 'no such item') return outcome === 'held';
      await open(modelId);
      return (await hold()) === 'held';
    },

    release: (modelId, jobName, since) => holders.remove(slotsOf(modelId), jobName, since),

    async *holders() {
      const { Item } = await dynamodb.send(new GetCommand({ ...index, ConsistentRead: true }));
      for (const modelId of Item?.['models'] ?? []) {
        yield* holdersIn(modelId, await holders.holdersOf(slotsOf(modelId)));
      }
    },
  };
}

function* holdersIn(modelId: string, holders: Readonly<Record<string, number>>): Generator<SlotHolder> {
  for (const [jobName, since] of Object.entries(holders)) yield { modelId, jobName, since };
}

export function connectSlots(tableName: string, max?: number): Slots {
  const dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient());
  return jobSlots(dynamodb, { tableName, now: Date.now, ...(max === undefined ? {} : { max }) });
}
