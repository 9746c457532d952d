import type { MapState } from '../definition.ts';
import { evaluate, evaluateAs, queryError, type Visit } from '../visit.ts';

/** The array of Items, or the state's input where Items is not given. */
export async function itemsOf(state: MapState, visit: Visit): Promise<readonly unknown[]> {
  if (state.Items !== undefined) return evaluateAs(visit, 'array', 'Items', state.Items);
  if (Array.isArray(visit.input)) return visit.input;
  throw queryError(
    visit,
    'Items',
    `Map state input must be an array but was: ${JSON.stringify(visit.input)}`,
  );
}

/** What an iteration gets for an item. */
export async function selectItem(
  state: MapState,
  visit: Visit,
  index: number,
  value: unknown,
): Promise<unknown> {
  if (state.ItemSelector === undefined) return value;
  return evaluate(visit, 'ItemSelector', state.ItemSelector, { item: { Index: index, Value: value } });
}
