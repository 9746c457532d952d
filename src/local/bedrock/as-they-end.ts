interface Turn<Result> {
  readonly place: number;
  /** Undefined where no item is left. */
  readonly ended: { readonly result: Result } | undefined;
}

/**
 * Works on so many items at a time and yields each result once it is there: with one at a time in the order of the items.
 * An item is read only when there is a place for it, and a place is free only when its result was taken.
 */
export async function* asTheyEnd<Item, Result>(
  items: AsyncIterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const iterator = items[Symbol.asyncIterator]();
  const take = async (place: number): Promise<Turn<Result>> => {
    const next = await iterator.next();
    return { place, ended: next.done === true ? undefined : { result: await work(next.value) } };
  };
  const turns = new Map<number, Promise<Turn<Result>>>();
  for (let place = 0; place < atOnce; place++) turns.set(place, take(place));
  try {
    while (turns.size > 0) {
      const { place, ended } = await Promise.race(turns.values());
      turns.delete(place);
      if (ended === undefined) continue;
      yield ended.result;
      turns.set(place, take(place));
    }
  } finally {
    // The race heard every turn that is left, so that none of them rejects unheard.
    await iterator.return?.();
  }
}
