import type { Clock } from '../clock.ts';
import { Interruption } from './errors.ts';

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
}

export type Details = Readonly<Record<string, unknown>>;

/** The quota of a standard execution; the last place is kept for the event that ends it. */
const MAX_EVENTS = 25_000;

export class History {
  readonly events: HistoryEvent[] = [];
  readonly #clock: Clock;
  readonly #onEvent: (event: HistoryEvent) => void;

  constructor(clock: Clock, onEvent: (event: HistoryEvent) => void = () => undefined) {
    this.#clock = clock;
    this.#onEvent = onEvent;
  }

  add(track: Track, type: string, details?: Details): number {
    this.#refuseBeyondQuota(type);
    const event: HistoryEvent = {
      id: this.events.length + 1,
      previousEventId: track.last,
      timestamp: this.#clock.now(),
      type,
      ...(details && { [detailsKey(type)]: details }),
    };
    this.events.push(event);
    track.last = event.id;
    this.#onEvent(event);
    return event.id;
  }

  #refuseBeyondQuota(type: string): void {
    if (this.events.length < MAX_EVENTS - 1 || type.startsWith('Execution')) return;
    const cause = `The execution reached the maximum number of history events (${MAX_EVENTS}).`;
    throw new Interruption('FAILED', 'States.Runtime', cause);
  }
}

/** Entering and leaving share one shape for every type of state. */
function detailsKey(type: string): `${string}EventDetails` {
  if (type.endsWith('StateEntered')) return 'stateEnteredEventDetails';
  if (type.endsWith('StateExited')) return 'stateExitedEventDetails';
  return `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`;
}

export const notTruncated = { truncated: false } as const;

/** Leaves out what is undefined, so that histories compare and serialise alike. */
export function failureDetails(failure: { readonly error?: string; readonly cause?: unknown }): Details {
  return {
    ...(failure.error !== undefined && { error: failure.error }),
    ...(failure.cause !== undefined && { cause: failure.cause }),
  };
}
