/** Counts the places at work; `take` waits for a free one. */
class Places {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async take(): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }
}

/**
 * Works on `limit` items at a time and takes the next item only when a place is free. On the first error it takes no
 * more, calls `onError` so that the caller may stop the others, waits for them and rejects with that error.
 */
export async function eachConcurrently<T>(
  items: AsyncIterable<T> | Iterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
  onError: (error: unknown) => void,
): Promise<void> {
  const places = new Places(limit);
  const running = new Set<Promise<void>>();
  const errors: unknown[] = [];
  const fail = (error: unknown) => {
    if (errors.push(error) === 1) onError(error);
  };
  const start = (item: T) => {
    const job = work(item)
      .catch(fail)
      .finally(() => {
        running.delete(job);
        places.give();
      });
    running.add(job);
  };
  await startEach(items, places, start, () => errors.length > 0).catch(fail);
  await Promise.all(running);
  if (errors.length > 0) throw errors[0];
}

async function startEach<T>(
  items: AsyncIterable<T> | Iterable<T>,
  places: Places,
  start: (item: T) => void,
  failed: () => boolean,
): Promise<void> {
  await places.take();
  for await (const item of items) {
    if (failed()) return;
    start(item);
    await places.take();
    if (failed()) return;
  }
}
