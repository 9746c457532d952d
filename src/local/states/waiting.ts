import { setMaxListeners } from 'node:events';
import type { Clock } from '../clock.ts';

/** Node's timers overflow past 2^31 ms, and a state may wait for three years. */
const LONGEST_SLEEP = 2 ** 30;

/** An AbortController that also follows a parent, for its reason or one derived from it, until it is released. */
export interface Scope {
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
  release(): void;
}

export function childScope(parent?: AbortSignal, reasonFor = (reason: unknown) => reason): Scope {
  const controller = new AbortController();
  // A map has one listener for each iteration in flight.
  setMaxListeners(0, controller.signal);
  const follow = () => controller.abort(reasonFor(parent?.reason));
  if (parent?.aborted) follow();
  parent?.addEventListener('abort', follow);
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    release: () => parent?.removeEventListener('abort', follow),
  };
}

/** Settles as `work` does, or rejects with the signal's reason: what cannot be cancelled is no longer waited for. */
export function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

export async function sleepUntil(clock: Clock, time: number, signal: AbortSignal): Promise<void> {
  for (let left = time - clock.now(); left > 0; left = time - clock.now()) {
    await clock.sleep(Math.min(left, LONGEST_SLEEP), signal);
  }
}

/** When the work must be over, a fixed time or one that heartbeats move, and what it is if it is not. */
export interface Deadline {
  time(): number;
  expired(): Error;
}

/** Runs `work`, whose signal aborts as the earliest deadline says when it passes; `work` must heed it. */
export async function beforeDeadlines<T>(
  clock: Clock,
  parent: AbortSignal,
  deadlines: readonly Deadline[],
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const scope = childScope(parent);
  const timer = childScope(scope.signal);
  const watches = deadlines.map((deadline) =>
    watch(clock, deadline, timer.signal, () => scope.abort(deadline.expired())),
  );
  try {
    return await work(scope.signal);
  } catch (failure) {
    throw scope.signal.aborted ? scope.signal.reason : failure;
  } finally {
    timer.abort(new Error('The work is over.'));
    await Promise.all(watches);
    timer.release();
    scope.release();
  }
}

async function watch(
  clock: Clock,
  deadline: Deadline,
  signal: AbortSignal,
  expire: () => void,
): Promise<void> {
  try {
    while (clock.now() < deadline.time()) await sleepUntil(clock, deadline.time(), signal);
    if (!signal.aborted) expire();
  } catch (error) {
    // The only way out of the sleep before its time is that the work is over.
    if (!signal.aborted) throw error;
  }
}
