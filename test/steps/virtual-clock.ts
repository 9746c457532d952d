interface Timer {
  readonly at: number;
  readonly fire: () => void;
}

/** Turns of the event loop after which everybody is taken to wait for time to pass. */
const IDLE_TURNS = 8;

/** Time that passes when nothing else happens. */
export class VirtualClock {
  ms = 0;
  readonly slept: number[] = [];
  readonly #timers = new Set<Timer>();
  #passing = false;

  readonly now = () => this.ms;

  readonly sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      this.slept.push(ms);
      const breakOff = () => {
        this.#timers.delete(timer);
        reject(signal?.reason);
      };
      const fire = () => {
        signal?.removeEventListener('abort', breakOff);
        resolve();
      };
      const timer = { at: this.ms + ms, fire };
      this.#timers.add(timer);
      signal?.addEventListener('abort', breakOff);
      if (!this.#passing) void this.#pass();
    });

  async #pass(): Promise<void> {
    this.#passing = true;
    while (this.#timers.size > 0) {
      for (let turn = 0; turn < IDLE_TURNS; turn++) await new Promise(setImmediate);
      const [next] = [...this.#timers].sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.ms = next.at;
      next.fire();
    }
    this.#passing = false;
  }
}
