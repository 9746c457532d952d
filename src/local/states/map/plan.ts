import type { MapState } from '../definition.ts';
import { MAX_PAYLOAD_BYTES } from '../payload-limit.ts';
import { evaluateAs, evaluateCount, queryError, type Visit } from '../visit.ts';
import type { Batching, Destination, DistributedPlan } from './distributed-plan.ts';
import { itemsOf } from './items.ts';
import type { Tolerance } from './map-run.ts';
import { planReader } from './reader-plan.ts';
import { textIn } from './text-in.ts';

/** What Step Functions runs at once when MaxConcurrency is 0. */
const MOST_AT_ONCE = 10_000;

export async function planDistributedMap(state: MapState, visit: Visit): Promise<DistributedPlan> {
  const limit = (await evaluateCount(visit, 'MaxConcurrency', state.MaxConcurrency)) || MOST_AT_ONCE;
  return {
    maxConcurrency: Math.min(limit, MOST_AT_ONCE),
    tolerance: await planTolerance(state, visit),
    source: state.ItemReader
      ? await planReader(state.ItemReader, visit)
      : { operation: 'none', items: await itemsOf(state, visit) },
    batching: await planBatching(state, visit),
    destination: await planDestination(state, visit),
    writer: state.ResultWriter,
  };
}

async function planTolerance(state: MapState, visit: Visit): Promise<Tolerance> {
  const { ToleratedFailureCount, ToleratedFailurePercentage: template } = state;
  const field = 'ToleratedFailurePercentage';
  const percentage = template === undefined ? undefined : await evaluateAs(visit, 'number', field, template);
  if (percentage !== undefined && (percentage < 0 || percentage > 100)) {
    throw queryError(
      visit,
      field,
      `The value of the field ${field} must be from 0 to 100, but was: ${percentage}.`,
    );
  }
  return { count: await evaluateCount(visit, 'ToleratedFailureCount', ToleratedFailureCount), percentage };
}

async function planBatching({ ItemBatcher }: MapState, visit: Visit): Promise<Batching | undefined> {
  if (!ItemBatcher) return undefined;
  const { MaxItemsPerBatch, MaxInputBytesPerBatch, BatchInput } = ItemBatcher;
  const maxItems = await evaluateCount(visit, 'ItemBatcher/MaxItemsPerBatch', MaxItemsPerBatch, 1);
  const maxBytes = await evaluateCount(visit, 'ItemBatcher/MaxInputBytesPerBatch', MaxInputBytesPerBatch, 1);
  return {
    maxItems: maxItems ?? Number.POSITIVE_INFINITY,
    maxBytes: Math.min(maxBytes ?? MAX_PAYLOAD_BYTES, MAX_PAYLOAD_BYTES),
    batchInput:
      BatchInput === undefined
        ? undefined
        : await evaluateAs(visit, 'object', 'ItemBatcher/BatchInput', BatchInput),
  };
}

async function planDestination({ ResultWriter }: MapState, visit: Visit): Promise<Destination | undefined> {
  if (ResultWriter?.Resource === undefined) return undefined;
  const field = 'ResultWriter/Arguments';
  const args = await evaluateAs(visit, 'object', field, ResultWriter.Arguments);
  return {
    bucket: textIn(visit, args, field, 'Bucket'),
    prefix: args['Prefix'] === undefined ? '' : textIn(visit, args, field, 'Prefix'),
  };
}
