/** What a Map state iterates over: the elements of an array, or the members of an object. */
export type Items = readonly unknown[] | Readonly<Record<string, unknown>>;

/** A member of an object that is iterated over: the item is the pair, its value what `Map.Item.Value` holds. */
export class Member {
  readonly key: string;
  readonly value: unknown;

  constructor(key: string, value: unknown) {
    this.key = key;
    this.value = value;
  }
}

export function* valuesOf(items: Items): Generator<unknown> {
  if (Array.isArray(items)) yield* items;
  else for (const [key, value] of Object.entries(items)) yield new Member(key, value);
}

export function lengthOf(items: Items): number {
  return Array.isArray(items) ? items.length : Object.keys(items).length;
}
