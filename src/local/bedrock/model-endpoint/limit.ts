/** So many at a time; the others wait in the order in which they came, but behind those that are urgent. */
export class Limit {
  readonly #urgent = new Set<() => void>();
  readonly #patient = new Set<() => void>();
  #free: number;

  constructor(most: number) {
    this.#free = most;
  }

  /** @throws the signal's reason where it is aborted before the work's turn */
  async run<Result>(work: () => Promise<Result>, signal: AbortSignal, urgent: boolean): Promise<Result> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await turnIn(urgent ? this.#urgent : this.#patient, signal);
    try {
      return await work();
    } finally {
      this.#handOn();
    }
  }

  /** To the next in line, so that nobody who comes later gets in between. */
  #handOn(): void {
    const line = this.#urgent.size > 0 ? this.#urgent : this.#patient;
    const [next] = line;
    if (next === undefined) this.#free++;
    else {
      line.delete(next);
      next();
    }
  }
}

/** Who no longer wants a turn leaves the line at once: behind slow requests one may wait for minutes. */
function turnIn(line: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      line.delete(enter);
      reject(signal.reason);
    };
    const enter = (): void => {
      signal.removeEventListener('abort', leave);
      resolve();
    };
    signal.addEventListener('abort', leave, { once: true });
    line.add(enter);
  });
}
