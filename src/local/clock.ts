import { setTimeout as delay } from 'node:timers/promises';

/** Time as an argument: milliseconds since the epoch, and a wait that a signal ends with its reason. */
export interface Clock {
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const realClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, { signal }).catch((error: unknown) => {
      throw signal?.reason ?? error;
    });
  },
};

/** A clock on which `factor` seconds pass for each real one. */
export function fastClock(factor: number, base: Clock = realClock): Clock {
  const start = base.now();
  return {
    now: () => start + (base.now() - start) * factor,
    sleep: (ms, signal) => base.sleep(ms / factor, signal),
  };
}
