import type { Clock } from '../clock.ts';
import type { StateType } from './definition.ts';
import { Interruption } from './errors.ts';
import type { Extra, Note, Path } from './progress/notes.ts';

/** As GetExecutionHistory names it; `timestamp` in milliseconds. Details are under e.g. `taskFailedEventDetails`. */
export interface HistoryEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly timestamp: number;
  readonly type: string;
  readonly [details: `${string}EventDetails`]: unknown;
}

/** The line of events one branch follows: each event names the one before it in its own branch. */
export interface Track {
  last: number;
  readonly path: Path;
  /** Of the state that was entered and not left. */
  within?: StateType | undefined;
}

/** Told of everything before it has an effect, so that a journal of it is enough to go on after a sudden end. */
export interface HistoryObserver {
  onEvent?(event: HistoryEvent, path: Path, extra: Extra): void;
  onNote?(note: Note, path: Path): void;
}

interface HistoryOptions {
  readonly observer: HistoryObserver;
  /** How many events there are already. */
  readonly events: number;
  readonly keep: boolean;
}

export type Details = Readonly<Record<string, unknown>>;

/** The quota of a standard execution; the last place is kept for the event that ends it. */
export const MAX_EVENTS = 25_000;

export class History {
  readonly events: HistoryEvent[] = [];
  readonly #clock: Clock;
  readonly #observer: HistoryObserver;
  readonly #keep: boolean;
  #count: number;

  constructor(clock: Clock, { observer, events, keep }: HistoryOptions) {
    this.#clock = clock;
    this.#observer = observer;
    this.#count = events;
    this.#keep = keep;
  }

  add(track: Track, type: string, details?: Details, extra: Extra = {}): number {
    this.#refuseBeyondQuota(type);
    const event: HistoryEvent = {
      id: this.#count + 1,
      previousEventId: track.last,
      timestamp: this.#clock.now(),
      type,
      ...(details && { [detailsKey(type)]: details }),
    };
    this.#observer.onEvent?.(event, track.path, extra);
    this.#count = event.id;
    if (isFollowed(type)) track.last = event.id;
    if (this.#keep) this.events.push(event);
    return event.id;
  }

  note(track: Track, note: Note): void {
    this.#observer.onNote?.(note, track.path);
  }

  #refuseBeyondQuota(type: string): void {
    if (this.#count < MAX_EVENTS - 1 || type.startsWith('Execution')) return;
    const cause = `The execution reached the maximum number of history events (${MAX_EVENTS}).`;
    throw new Interruption('FAILED', 'States.Runtime', cause);
  }
}

const NOT_FOLLOWED = [
  ...['ExecutionStarted', 'MapStateSucceeded', 'ParallelStateSucceeded'],
  ...['MapIterationFailed', 'MapIterationAborted'],
];

/** Whether the next event names this one as the one before it: in AWS's histories it passes over these. */
export function isFollowed(type: string): boolean {
  return !NOT_FOLLOWED.includes(type) && !type.endsWith('StateAborted');
}

/** Entering and leaving share one shape for every type of state. */
function detailsKey(type: string): `${string}EventDetails` {
  if (type.endsWith('StateEntered')) return 'stateEnteredEventDetails';
  if (type.endsWith('StateExited')) return 'stateExitedEventDetails';
  return `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`;
}

export const notTruncated = { truncated: false } as const;

/** Leaves out what was not given, so that histories compare and serialise alike. */
export function failureDetails(failure: { readonly error?: string; readonly cause?: unknown }): Details {
  return {
    ...(failure.error && { error: failure.error }),
    ...(failure.cause !== undefined && { cause: failure.cause }),
  };
}
