import type { Failure } from '../errors.ts';
import type { Attempt, Cursor, DistributedAttempt, VisitProgress } from './cursor.ts';

/**
 * Where a redrive begins: at the states that did not succeed, with their input and fresh retries. Of branches and
 * iterations only those that did not end run again, of a Map Run only its unsuccessful children (page "Redriving
 * state machine executions").
 */
export function redriven(cursor: Cursor): Cursor {
  const { last, variables, position, iteration } = cursor;
  const ended = iteration === 'SUCCEEDED';
  return {
    ...{ last, variables, aborted: false },
    ...(iteration && { iteration: ended ? iteration : 'STARTED' }),
    position: position.at === 'STATE' ? { at: 'STATE', visit: fresh(position.visit) } : position,
  };
}

function fresh(visit: VisitProgress): VisitProgress {
  const { name, input, enteredId, enteredTime, priorId, failure } = visit;
  const attempt = visit.attempt && again(visit.attempt, failure);
  const fresh = { retryCount: 0, retries: {}, settled: false, attempt };
  return { name, input, enteredId, enteredTime, priorId, ...fresh };
}

/** Too large a result is not made smaller by what failed: all of it runs again. */
function again(attempt: Attempt, failure: Failure | undefined): Attempt | undefined {
  if (failure?.error === 'States.DataLimitExceeded') return undefined;
  switch (attempt.kind) {
    case 'task':
    case 'wait':
      return undefined;
    case 'parallel':
    case 'inline':
      return { ...attempt, inner: new Map([...attempt.inner].map(([index, one]) => [index, redriven(one)])) };
    case 'distributed':
      return mapRunAgain(attempt, failure);
    default:
      return attempt satisfies never;
  }
}

function mapRunAgain(attempt: DistributedAttempt, failure: Failure | undefined) {
  // After an error of the run time, AWS starts a new Map Run rather than redrive the old one.
  if (attempt.mapRunArn === undefined || failure?.error === 'States.Runtime') return undefined;
  return attempt.succeeded ? attempt : { ...attempt, redrive: true };
}
