/** One task at a time for each name; tasks for different names run side by side. */
export class KeyedLock {
  readonly #tails = new Map<string, Promise<unknown>>();

  async run<T>(name: string, task: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(name);
    const current = before ? before.then(task, task) : task();
    this.#tails.set(name, current);
    try {
      return await current;
    } finally {
      if (this.#tails.get(name) === current) this.#tails.delete(name);
    }
  }
}
