import { Interruption, toStatesError } from '../errors.ts';
import type { Track } from '../history.ts';
import type { Failure } from '../progress/cursor.ts';
import type { Visit } from '../visit.ts';

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

/** Notes the failure of a state with tracks inside, unless it is being stopped. */
export function noteFailure(visit: Visit, type: 'MapStateFailed' | 'ParallelStateFailed') {
  return (error: unknown): never => {
    const { history, track } = visit.frame;
    if (!(error instanceof Interruption)) history.add(track, type, undefined, { failure: failureOf(error) });
    throw error;
  };
}

export function failureOf(failure: unknown): Failure {
  const { error, cause } = toStatesError(failure);
  return { error, ...(cause !== undefined && { cause }) };
}
