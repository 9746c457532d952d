import type { WaitState } from '../definition.ts';
import {
  type Conclusion,
  conclude,
  evaluateAs,
  evaluateCount,
  queryError,
  takeAttempt,
  type Visit,
} from '../visit.ts';
import { sleepUntil } from '../waiting.ts';

const MAX_SECONDS = 99_999_999;

/** RFC 3339 with a `T` and a `Z` or offset: the only form Step Functions takes. */
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

export async function runWait(state: WaitState, visit: Visit): Promise<Conclusion> {
  const { options, signal, history, track } = visit.frame;
  const before = takeAttempt(visit, 'wait');
  const until = before?.until ?? (await wakeTime(state, visit));
  if (!before) history.note(track, { kind: 'wait', until });
  await sleepUntil(options.clock, until, signal);
  return conclude(visit, state, visit.input);
}

async function wakeTime(state: WaitState, visit: Visit): Promise<number> {
  const seconds = await evaluateCount(visit, 'Seconds', state.Seconds);
  if (seconds !== undefined && seconds > MAX_SECONDS) throw tooLong(visit, seconds);
  if (seconds !== undefined) return visit.frame.options.clock.now() + seconds * 1000;
  const timestamp = await evaluateAs(visit, 'string', 'Timestamp', state.Timestamp);
  const time = Date.parse(timestamp);
  if (TIMESTAMP.test(timestamp) && !Number.isNaN(time)) return time;
  throw queryError(
    visit,
    'Timestamp',
    `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${timestamp}`,
  );
}

function tooLong(visit: Visit, seconds: number) {
  const cause = `The value of the field Seconds must be at most ${MAX_SECONDS}, but was: ${seconds}.`;
  return queryError(visit, 'Seconds', cause);
}
