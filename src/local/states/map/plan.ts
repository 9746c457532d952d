import type { MapState } from '../definition.ts';
import { MAX_PAYLOAD_BYTES } from '../payload-limit.ts';
import { evaluateAs, evaluateCount, queryError, type Visit } from '../visit.ts';
import type { Batching, Destination, DistributedPlan, S3Source } from './distributed-plan.ts';
import { itemsOf } from './items.ts';
import type { Tolerance } from './map-run.ts';

/** What Step Functions runs at once when MaxConcurrency is 0. */
const MOST_AT_ONCE = 10_000;

export async function planDistributedMap(state: MapState, visit: Visit): Promise<DistributedPlan> {
  const limit = (await evaluateCount(visit, 'MaxConcurrency', state.MaxConcurrency)) || MOST_AT_ONCE;
  return {
    maxConcurrency: Math.min(limit, MOST_AT_ONCE),
    tolerance: await planTolerance(state, visit),
    source: state.ItemReader ? await planReader(state, visit) : await itemsOf(state, visit),
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

async function planReader({ ItemReader }: MapState, visit: Visit): Promise<S3Source> {
  const args = await evaluateAs(visit, 'object', 'ItemReader/Arguments', ItemReader?.Arguments);
  const { InputType = 'JSON', MaxItems } = ItemReader?.ReaderConfig ?? {};
  return {
    bucket: textOf(visit, 'ItemReader/Arguments/Bucket', args['Bucket']),
    key: textOf(visit, 'ItemReader/Arguments/Key', args['Key']),
    ...(args['VersionId'] !== undefined && {
      versionId: textOf(visit, 'ItemReader/Arguments/VersionId', args['VersionId']),
    }),
    inputType: InputType,
    maxItems: await evaluateCount(visit, 'ItemReader/ReaderConfig/MaxItems', MaxItems, 1),
  };
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
  const args = await evaluateAs(visit, 'object', 'ResultWriter/Arguments', ResultWriter.Arguments);
  return {
    bucket: textOf(visit, 'ResultWriter/Arguments/Bucket', args['Bucket']),
    prefix:
      args['Prefix'] === undefined ? '' : textOf(visit, 'ResultWriter/Arguments/Prefix', args['Prefix']),
  };
}

function textOf(visit: Visit, field: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw queryError(
    visit,
    field,
    `The value of the field ${field} must be a string, but was: ${JSON.stringify(value)}.`,
  );
}
