import type { Clock } from '../../clock.ts';

/**
 * A clock that does not run behind the journals: one that was fast in the last process and begins anew would have
 * executions wait for hours that have passed.
 */
export class SteadyClock implements Clock {
  readonly #base: Clock;
  #ahead = 0;

  constructor(base: Clock) {
    this.#base = base;
  }

  now(): number {
    return this.#base.now() + this.#ahead;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#base.sleep(ms, signal);
  }

  notBefore(time: number): void {
    this.#ahead = Math.max(0, time - this.#base.now());
  }
}
