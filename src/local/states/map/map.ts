import type { MapState } from '../definition.ts';
import type { Conclusion, Visit } from '../visit.ts';
import { runDistributedMap } from './distributed-map.ts';
import { runInlineMap } from './inline-map.ts';

export function runMap(state: MapState, visit: Visit): Promise<Conclusion> {
  const distributed = state.ItemProcessor.ProcessorConfig?.Mode === 'DISTRIBUTED';
  return distributed ? runDistributedMap(state, visit) : runInlineMap(state, visit);
}
