import type { Machine, ParallelState } from '../definition.ts';
import { StatesError } from '../errors.ts';
import type { ParallelAttempt } from '../progress/cursor.ts';
import { type Conclusion, conclude, evaluate, type Frame, takeAttempt, type Visit } from '../visit.ts';
import { childScope, type Scope } from '../waiting.ts';
import { endTrack, stopOthers, trackInside, untilStopped } from './inner-track.ts';

export async function runParallel(state: ParallelState, visit: Visit): Promise<Conclusion> {
  const attempt = takeAttempt(visit, 'parallel') ?? (await startBranches(state, visit));
  const { history, track } = visit.frame;
  const result = await runBranches(state, visit, attempt);
  if (!attempt.succeeded) history.add(track, 'ParallelStateSucceeded');
  visit.settled = true;
  return conclude(visit, state, result, { result });
}

async function startBranches(state: ParallelState, visit: Visit): Promise<ParallelAttempt> {
  const input =
    state.Arguments === undefined ? visit.input : await evaluate(visit, 'Arguments', state.Arguments);
  const { history, track } = visit.frame;
  const startedId = history.add(track, 'ParallelStateStarted', undefined, { input });
  return { kind: 'parallel', startedId, input, inner: new Map(), succeeded: false };
}

/** The first branch to fail stops the others; the state fails with that branch's error once all have ended. */
async function runBranches(state: ParallelState, visit: Visit, attempt: ParallelAttempt): Promise<unknown[]> {
  const scope = childScope(visit.frame.signal);
  const branches = state.Branches.map((branch, index) => runBranch(branch, index, visit, attempt, scope));
  try {
    return await Promise.all(branches);
  } catch (error) {
    stopOthers(scope, error);
    await Promise.allSettled(branches);
    throw error;
  } finally {
    scope.release();
  }
}

async function runBranch(
  branch: Machine,
  index: number,
  { frame }: Visit,
  attempt: ParallelAttempt,
  scope: Scope,
): Promise<unknown> {
  const from = attempt.inner.get(index);
  const track = trackInside(frame.track, index, from?.last ?? attempt.startedId);
  const variables = frame.variables.inner(from?.variables);
  const inner: Frame = { ...frame, track, signal: scope.signal, variables };
  try {
    if (from?.failure) throw new StatesError(from.failure.error, from.failure.cause);
    if (from?.aborted) return await untilStopped(scope.signal);
    const output = await frame.runners.runMachine(branch, attempt.input, inner, from);
    // The branch that ends last before the state does is what the state's next event follows.
    if (!scope.signal.aborted) frame.track.last = track.last;
    return output;
  } catch (error) {
    endTrack({ outer: frame, track, scope, from }, error);
    throw error;
  }
}
