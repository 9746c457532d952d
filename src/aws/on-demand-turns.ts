import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Execution } from '../batch/manifest.ts';
import type { Turns } from '../steps/collaborators.ts';
import { holderMap } from './holder-map.ts';

export interface OnDemandTurnsOptions {
  readonly tableName: string;
  readonly now: () => number;
}

/** A function works for 15 minutes at most, so a turn that was taken longer ago is of one that was killed. */
const LONGEST_MS = 16 * 60_000;
/** Longer than a run lasts; no job's name has a `#`. */
const KEPT_SECONDS = 90 * 24 * 3600;
const itemOf = (run: Execution) => `turns#${run.execution_arn}#${run.started_at}`;

/** Turns in DynamoDB: an item for each run, with its chunks that have one and when they took it. */
export function onDemandTurns(
  dynamodb: DynamoDBDocumentClient,
  { tableName, now }: OnDemandTurnsOptions,
): Turns {
  const holders = holderMap(dynamodb, tableName);

  async function removeDead(item: string): Promise<void> {
    for (const [holder, since] of Object.entries(await holders.holdersOf(item))) {
      if (now() - since > LONGEST_MS) await holders.remove(item, holder, since);
    }
  }

  return {
    async take(run, chunk, most) {
      const item = itemOf(run);
      const hold = () => holders.hold(item, String(chunk), now(), most);
      const outcome = await hold();
      if (outcome === 'held') return true;
      if (outcome === 'no such item') await holders.open(item, Math.floor(now() / 1000) + KEPT_SECONDS);
      await removeDead(item);
      return (await hold()) === 'held';
    },

    giveBack: (run, chunk) => holders.remove(itemOf(run), String(chunk)),
  };
}

export function connectTurns(tableName: string): Turns {
  return onDemandTurns(DynamoDBDocumentClient.from(new DynamoDBClient()), { tableName, now: Date.now });
}
