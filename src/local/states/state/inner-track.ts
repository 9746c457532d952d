import type { StateType } from '../definition.ts';
import { failureOf, Interruption, TrackStopped } from '../errors.ts';
import type { Track } from '../history.ts';
import type { Cursor } from '../progress/cursor.ts';
import type { Frame } from '../visit.ts';
import type { Scope } from '../waiting.ts';

/** Events exist for the abortion of these types of state. */
const ABORTED_EVENTS: readonly StateType[] = ['Task', 'Wait', 'Parallel', 'Map'];

export function trackInside(outer: Track, index: number, last: number): Track {
  return { last, path: [...outer.path, index] };
}

/** What a track does beside which another one failed before a restart: that one fails once more and stops it. */
export function untilStopped(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** A branch of a Parallel state or an iteration of an inline Map. */
export interface InnerTrack {
  readonly outer: Frame;
  readonly track: Track;
  /** Of all tracks of the state. */
  readonly scope: Scope;
  readonly from: Cursor | undefined;
  noteEnd?(ending: 'Failed' | 'Aborted', after: Track): void;
}

/**
 * To be called when a track fails or is stopped. The first to fail stops the others, and AWS lets what it says of their
 * ends follow the last event of that one. Where the whole execution ends, it says nothing of them.
 */
export function endTrack(inner: InnerTrack, error: unknown): void {
  const { outer, track, scope } = inner;
  const first = !scope.signal.aborted;
  const reason = first ? error : scope.signal.reason;
  if (first) outer.track.last = track.last;
  if (!(reason instanceof Interruption) || reason instanceof TrackStopped) {
    inner.noteEnd?.(first ? 'Failed' : 'Aborted', { last: outer.track.last, path: track.path });
    noteAbortion(inner, first ? error : undefined);
  }
  if (first) stopOthers(scope, error);
}

export function stopOthers(scope: Scope, error: unknown): void {
  scope.abort(error instanceof Interruption ? error : new TrackStopped());
}

/** The state that failed is aborted like those beside it. */
function noteAbortion({ outer, track, from }: InnerTrack, error: unknown): void {
  const { within, path } = track;
  if (within === undefined || !ABORTED_EVENTS.includes(within) || from?.aborted) return;
  const extra = error === undefined ? {} : { failure: failureOf(error) };
  outer.history.add({ last: outer.track.last, path }, `${within}StateAborted`, undefined, extra);
}
