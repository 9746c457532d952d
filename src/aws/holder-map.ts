import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';

/** Numbers by the names of their holders. */
export type Holders = Readonly<Record<string, number>>;

/** An item that is not there, or has no holders yet, cannot take any. */
export type HoldOutcome = 'held' | 'full' | 'no such item';

/** Items of the jobs' table in which `holders` maps a name to a number. Every change is one conditional write. */
export interface HolderMap {
  /** Makes the item, or leaves the holders that it has. `expiresAt` in seconds since the epoch. */
  open(item: string, expiresAt?: number): Promise<void>;
  /** A holder among fewer than `max` others; one that is there already has its number changed. */
  hold(item: string, holder: string, number: number, max: number): Promise<HoldOutcome>;
  /** Idempotent. With a number, only if it is still that. */
  remove(item: string, holder: string, number?: number): Promise<void>;
  holdersOf(item: string): Promise<Holders>;
}

export function holderMap(dynamodb: DynamoDBDocumentClient, tableName: string): HolderMap {
  const keyOf = (job_name: string) => ({ TableName: tableName, Key: { job_name } });
  return {
    async open(item, expiresAt) {
      const command = new UpdateCommand({
        ...keyOf(item),
        UpdateExpression: `SET holders = if_not_exists(holders, :none)${expiresAt === undefined ? '' : ', expires_at = :end'}`,
        ExpressionAttributeValues: {
          ':none': {},
          ...(expiresAt === undefined ? {} : { ':end': expiresAt }),
        },
      });
      await dynamodb.send(command);
    },

    hold(item, holder, number, max) {
      const command = new UpdateCommand({
        ...keyOf(item),
        UpdateExpression: 'SET holders.#holder = :number',
        ConditionExpression: 'attribute_exists(holders.#holder) OR size(holders) < :max',
        ExpressionAttributeNames: { '#holder': holder },
        ExpressionAttributeValues: { ':number': number, ':max': max },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      return outcomeOf(() => dynamodb.send(command));
    },

    async remove(item, holder, number) {
      const command = new UpdateCommand({
        ...keyOf(item),
        UpdateExpression: 'REMOVE holders.#holder',
        ConditionExpression:
          number === undefined ? 'attribute_exists(holders.#holder)' : 'holders.#holder = :number',
        ExpressionAttributeNames: { '#holder': holder },
        ...(number === undefined ? {} : { ExpressionAttributeValues: { ':number': number } }),
      });
      await outcomeOf(() => dynamodb.send(command));
    },

    async holdersOf(item) {
      const { Item } = await dynamodb.send(new GetCommand({ ...keyOf(item), ConsistentRead: true }));
      return (Item?.['holders'] ?? {}) as Holders;
    },
  };
}

async function outcomeOf(write: () => Promise<unknown>): Promise<HoldOutcome> {
  try {
    await write();
    return 'held';
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return error.Item?.['holders'] === undefined ? 'no such item' : 'full';
  }
}
