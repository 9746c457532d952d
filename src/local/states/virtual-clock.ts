import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../clock.ts';

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** Time that jumps to the next sleeper as soon as nothing else happens: days pass in milliseconds, in order. */
export function virtualClock(start = Date.UTC(2026, 0, 1)): Clock {
  let now = start;
  let ticking = false;
  const sleepers = new Set<Sleeper>();
  const tick = async () => {
    while (sleepers.size > 0) {
      for (let idle = 0; idle < 20; idle += 1) await turn();
      const [next] = [...sleepers].sort((a, b) => a.at - b.at);
      if (!next) break;
      now = Math.max(now, next.at);
      sleepers.delete(next);
      next.wake();
    }
    ticking = false;
  };
  const sleep = (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      signal?.throwIfAborted();
      const sleeper = {
        at: now + ms,
        wake: () => {
          signal?.removeEventListener('abort', stop);
          resolve();
        },
      };
      const stop = () => {
        sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', stop, { once: true });
      sleepers.add(sleeper);
      if (!ticking) {
        ticking = true;
        void tick();
      }
    });
  return { now: () => now, sleep };
}
