import type { MapState } from '../definition.ts';
import { evaluate, type MapItem, queryError, requireType, type Visit } from '../visit.ts';
import { type Items, Member } from './members.ts';

/** Where an item comes from that is no object's or listing's in S3, in the words of `Map.Item.Source`. */
const STATE_DATA = 'STATE_DATA';

/** Those of the field Items, or the state's input where that is not given. */
export async function itemsOf(state: MapState, visit: Visit): Promise<Items> {
  const { Items: template } = state;
  const items = template === undefined ? visit.input : await evaluate(visit, 'Items', template);
  if (Array.isArray(items)) return items;
  if (items !== null && typeof items === 'object') return items as Items;
  if (template !== undefined) return requireType(visit, items, 'array', 'Items', template);
  const cause = `Map state input must be an array but was: ${JSON.stringify(items)}`;
  throw queryError(visit, undefined, cause);
}

/** An item as the context object shows it. */
export function mapItem(Index: number, value: unknown, Source = STATE_DATA): MapItem {
  if (value instanceof Member) return { Index, Key: value.key, Value: value.value, Source };
  return { Index, Value: value, Source };
}

/** What an iteration gets for an item. */
export async function selectItem(state: MapState, visit: Visit, item: MapItem): Promise<unknown> {
  if (state.ItemSelector !== undefined) return evaluate(visit, 'ItemSelector', state.ItemSelector, { item });
  const { Key, Value } = item;
  return Key === undefined ? Value : { Key, Value };
}
