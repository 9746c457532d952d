import type { Catcher, Recovery, Retrier } from './definition.ts';
import { Interruption, type StatesError, toStatesError } from './errors.ts';
import { failureDetails } from './history.ts';
import type { Random } from './random.ts';
import { type Conclusion, conclude, type Visit } from './visit.ts';
import { sleepUntil } from './waiting.ts';

/** States.ALL leaves these two alone; see the page "Handling errors in Step Functions workflows". */
const BEYOND_ALL = ['States.DataLimitExceeded', 'States.Runtime'];

export function matches(errorEquals: readonly string[], error: string): boolean {
  return errorEquals.some((name) => {
    if (name === error) return true;
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
  recovery: Recovery,
  visit: Visit,
  attempt: () => Promise<Conclusion>,
): Promise<Conclusion> {
  const retries = new Map<Retrier, number>();
  for (;;) {
    try {
      return await attempt();
    } catch (failure) {
      const error = catchable(failure, visit);
      const retrier = recovery.Retry?.find((each) => matches(each.ErrorEquals, error.error));
      const done = retrier ? (retries.get(retrier) ?? 0) : 0;
      if (!retrier || done >= (retrier.MaxAttempts ?? 3)) return handOver(recovery.Catch, visit, error);
      retries.set(retrier, done + 1);
      await pause(visit, retryDelay(retrier, done, visit.frame.options.random));
      visit.retryCount += 1;
    }
  }
}

function catchable(failure: unknown, visit: Visit): StatesError {
  if (failure instanceof Interruption) throw failure;
  const error = toStatesError(failure);
  noteEvaluation(visit, error);
  return error;
}

function noteEvaluation(visit: Visit, error: StatesError): void {
  if (error.location === undefined) return;
  const details = { ...failureDetails(error), location: error.location, state: visit.name };
  visit.frame.history.add(visit.frame.track, 'EvaluationFailed', details);
}

function pause(visit: Visit, seconds: number): Promise<void> {
  const { clock } = visit.frame.options;
  return sleepUntil(clock, clock.now() + seconds * 1000, visit.frame.signal);
}

async function handOver(
  catchers: readonly Catcher[] | undefined,
  visit: Visit,
  error: StatesError,
): Promise<Conclusion> {
  const catcher = catchers?.find((each) => matches(each.ErrorEquals, error.error));
  if (!catcher) throw error;
  const errorOutput = { Error: error.error, ...(error.cause !== undefined && { Cause: error.cause }) };
  return conclude(visit, catcher, errorOutput, { errorOutput });
}
