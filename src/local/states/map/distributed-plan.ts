import type { ResultWriter } from '../definition.ts';
import type { ItemsSource } from './item-format.ts';
import type { Tolerance } from './map-run.ts';
import type { Items } from './members.ts';

export type S3Source = ItemsSource & { readonly maxItems: number | undefined };

/** Items that are read from nowhere: the state has them. */
export interface StateData {
  readonly operation: 'none';
  readonly items: Items;
}

export interface Batching {
  readonly maxItems: number;
  readonly maxBytes: number;
  readonly batchInput: unknown;
}

export interface Destination {
  readonly bucket: string;
  readonly prefix: string;
}

/** Every field of a distributed map, evaluated once before the first child starts. */
export interface DistributedPlan {
  readonly maxConcurrency: number;
  readonly tolerance: Tolerance;
  readonly source: S3Source | StateData;
  readonly batching: Batching | undefined;
  readonly destination: Destination | undefined;
  readonly writer: ResultWriter | undefined;
}

/** As it was before it went through JSON. */
export function restorePlan(plan: DistributedPlan): DistributedPlan {
  const { batching } = plan;
  if (!batching) return plan;
  // Infinity is null there.
  return { ...plan, batching: { ...batching, maxItems: batching.maxItems ?? Number.POSITIVE_INFINITY } };
}
