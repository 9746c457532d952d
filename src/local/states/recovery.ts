import type { Catcher, Recovery, Retrier, State } from './definition.ts';
import { failureOf, HeartbeatMissed, Interruption, StatesError, toStatesError } from './errors.ts';
import type { Random } from './random.ts';
import { type Conclusion, conclude, type Visit } from './visit.ts';
import { sleepUntil } from './waiting.ts';

/** States.ALL leaves these two alone; see the page "Handling errors in Step Functions workflows". */
const BEYOND_ALL = ['States.DataLimitExceeded', 'States.Runtime'];

export function matches(errorEquals: readonly string[], failure: StatesError): boolean {
  const { error } = failure;
  return errorEquals.some((name) => {
    if (name === error) return true;
    if (name === 'States.HeartbeatTimeout') return failure instanceof HeartbeatMissed;
    if (name === 'States.ALL') return !BEYOND_ALL.includes(error);
    return name === 'States.TaskFailed' && error !== 'States.Timeout';
  });
}

/** Seconds before retry number `retry` (0 for the first). */
export function retryDelay(retrier: Retrier, retry: number, random: Random): number {
  const { IntervalSeconds = 1, BackoffRate = 2, MaxDelaySeconds = Number.POSITIVE_INFINITY } = retrier;
  const delay = Math.min(IntervalSeconds * BackoffRate ** retry, MaxDelaySeconds);
  return retrier.JitterStrategy === 'FULL' ? random() * delay : delay;
}

/** Attempts until one succeeds, the retriers give up or a catcher takes over. */
export async function recover(
  state: State,
  visit: Visit,
  attempt: () => Promise<Conclusion>,
): Promise<Conclusion> {
  const { Retry = [], Catch } = recoveryOf(state);
  const retries = { ...visit.before?.retries };
  for (let go = firstAttempt(visit, attempt); ; go = attempt) {
    try {
      return await go();
    } catch (failure) {
      const error = catchable(failure);
      const index = Retry.findIndex((each) => matches(each.ErrorEquals, error));
      const retrier = Retry[index];
      const done = retries[index] ?? 0;
      if (!retrier || done >= (retrier.MaxAttempts ?? 3)) {
        noteFailure(state, visit, error);
        return handOver(Catch, visit, error);
      }
      retries[index] = done + 1;
      visit.settled = false;
      await pause(visit, index, retryDelay(retrier, done, visit.frame.options.random));
      visit.retryCount += 1;
    }
  }
}

function recoveryOf(state: State): Recovery {
  return state.Type === 'Task' || state.Type === 'Parallel' || state.Type === 'Map' ? state : {};
}

/** AWS notes it when no retry is left, and not where the work succeeded and only its result was of no use. */
function noteFailure({ Type }: State, { frame, settled }: Visit, error: StatesError): void {
  if ((Type !== 'Map' && Type !== 'Parallel') || settled) return;
  frame.history.add(frame.track, `${Type}StateFailed`, undefined, { failure: failureOf(error) });
}

/** Of a stay that goes on: first the failure that nothing was done about yet, or the rest of a wait for a retry. */
function firstAttempt(visit: Visit, attempt: () => Promise<Conclusion>): () => Promise<Conclusion> {
  const { failure, retryAt } = visit.before ?? {};
  if (failure) {
    visit.attempt = undefined;
    return () => Promise.reject(new StatesError(failure.error, failure.cause));
  }
  if (retryAt === undefined || visit.attempt) return attempt;
  const { options, signal } = visit.frame;
  return () => sleepUntil(options.clock, retryAt, signal).then(attempt);
}

function catchable(failure: unknown): StatesError {
  if (failure instanceof Interruption) throw failure;
  return toStatesError(failure);
}

function pause({ frame }: Visit, retrier: number, seconds: number): Promise<void> {
  const { clock } = frame.options;
  const at = clock.now() + seconds * 1000;
  frame.history.note(frame.track, { kind: 'retry', at, retrier });
  return sleepUntil(clock, at, frame.signal);
}

async function handOver(
  catchers: readonly Catcher[] | undefined,
  visit: Visit,
  error: StatesError,
): Promise<Conclusion> {
  const catcher = catchers?.find((each) => matches(each.ErrorEquals, error));
  if (!catcher) throw error;
  const errorOutput = errorOutputOf(error);
  return conclude(visit, catcher, errorOutput, { errorOutput });
}

/** An error that was not named (a callback's, a Fail state's) is null. */
function errorOutputOf({ error, cause }: StatesError) {
  if (error === '') return { Error: null, Cause: cause ?? null };
  return { Error: error, ...(cause !== undefined && { Cause: cause }) };
}
