import type { MapState } from '../definition.ts';
import { Interruption, StatesError } from '../errors.ts';
import type { Visit } from '../visit.ts';
import type { Batching, DistributedPlan, S3Source } from './distributed-plan.ts';
import { mapItem, selectItem } from './items.ts';
import { valuesOf } from './members.ts';
import { readerFailed } from './reader-failed.ts';
import type { ChildInput } from './recall.ts';

/** Read, selected and batched one by one: no more is in memory than the children at work and one batch. */
export function childInputs(
  state: MapState,
  visit: Visit,
  plan: DistributedPlan,
  signal: AbortSignal,
): AsyncGenerator<ChildInput> {
  const { source } = plan;
  const raw = source.operation === 'none' ? valuesOf(source.items) : readSource(source, visit, signal);
  const selected = selectItems(state, visit, raw, sourceName(source));
  return plan.batching ? inBatches(selected, plan.batching) : oneByOne(selected);
}

/** As `Map.Item.Source` has it (page "Accessing execution data from the Context object"). */
function sourceName(source: DistributedPlan['source']): string | undefined {
  if (source.operation === 'none') return undefined;
  return `S3://${source.bucket}${source.operation === 'getObject' ? `/${source.key}` : ''}`;
}

async function* readSource(source: S3Source, visit: Visit, signal: AbortSignal): AsyncGenerator<unknown> {
  const { maxItems, ...request } = source;
  let count = 0;
  // AWS looks at it only here, when the Map Run has been started.
  if (maxItems !== undefined && maxItems <= 0) throw readerFailed('field MaxItems must be positive');
  try {
    for await (const item of await visit.frame.options.readItems({ ...request, signal })) {
      yield item;
      count += 1;
      if (maxItems !== undefined && count >= maxItems) return;
    }
  } catch (failure) {
    throw readerFailure(failure);
  }
}

function readerFailure(failure: unknown): unknown {
  if (failure instanceof StatesError || failure instanceof Interruption) return failure;
  return new StatesError(
    'States.ItemReaderFailed',
    failure instanceof Error ? failure.message : String(failure),
  );
}

async function* selectItems(
  state: MapState,
  visit: Visit,
  raw: Iterable<unknown> | AsyncIterable<unknown>,
  source: string | undefined,
): AsyncGenerator<unknown> {
  let index = 0;
  for await (const value of raw) {
    yield await selectItem(state, visit, mapItem(index, value, source));
    index += 1;
  }
}

async function* oneByOne(items: AsyncIterable<unknown>): AsyncGenerator<ChildInput> {
  let index = 0;
  for await (const input of items) {
    yield { index, input, items: 1 };
    index += 1;
  }
}

/** A batch is closed by its number of items or by the bytes of its JSON, whichever comes first. */
async function* inBatches(items: AsyncIterable<unknown>, batching: Batching): AsyncGenerator<ChildInput> {
  const frame = { ...(batching.batchInput !== undefined && { BatchInput: batching.batchInput }), Items: [] };
  const emptyBytes = Buffer.byteLength(JSON.stringify(frame));
  let index = 0;
  let batch: unknown[] = [];
  let bytes = emptyBytes;
  for await (const item of items) {
    const size = Buffer.byteLength(JSON.stringify(item)) + (batch.length > 0 ? 1 : 0);
    if (batch.length > 0 && (batch.length >= batching.maxItems || bytes + size > batching.maxBytes)) {
      yield { index, input: { ...frame, Items: batch }, items: batch.length };
      index += 1;
      batch = [];
      bytes = emptyBytes;
    }
    batch.push(item);
    bytes += size;
  }
  if (batch.length > 0) yield { index, input: { ...frame, Items: batch }, items: batch.length };
}
