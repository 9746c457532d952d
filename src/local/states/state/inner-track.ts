import { toStatesError } from '../errors.ts';
import type { Track } from '../history.ts';
import type { Failure } from '../progress/cursor.ts';

export function trackInside(outer: Track, index: number, last: number): Track {
  return { last, path: [...outer.path, index] };
}

/** What a branch does that was stopped for another's failure: that one fails once more and stops it again. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

export function failureOf(failure: unknown): Failure {
  const { error, cause } = toStatesError(failure);
  return { error, ...(cause !== undefined && { cause }) };
}
