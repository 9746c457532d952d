import type { ParallelState } from '../definition.ts';
import { Interruption } from '../errors.ts';
import type { ParallelAttempt } from '../progress/cursor.ts';
import { type Conclusion, conclude, evaluate, type Frame, takeAttempt, type Visit } from '../visit.ts';
import { childScope } from '../waiting.ts';
import { noteFailure, trackInside, untilAborted } from './inner-track.ts';

export async function runParallel(state: ParallelState, visit: Visit): Promise<Conclusion> {
  const attempt = takeAttempt(visit, 'parallel') ?? (await startBranches(state, visit));
  const { history, track } = visit.frame;
  const result = await runBranches(state, visit, attempt).catch(noteFailure(visit, 'ParallelStateFailed'));
  if (!attempt.succeeded) history.add(track, 'ParallelStateSucceeded');
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
  const { frame } = visit;
  const scope = childScope(frame.signal);
  const branches = state.Branches.map((branch, index) => {
    const from = attempt.inner.get(index);
    if (from?.aborted) return untilAborted(scope.signal);
    const inner: Frame = {
      ...frame,
      track: trackInside(frame.track, index, from?.last ?? attempt.startedId),
      signal: scope.signal,
      variables: frame.variables.inner(from?.variables),
    };
    return frame.runners.runMachine(branch, attempt.input, inner, from).finally(() => {
      // The branch that ends last before the state does is what the state's next event follows.
      if (!scope.signal.aborted) frame.track.last = inner.track.last;
    });
  });
  try {
    return await Promise.all(branches);
  } catch (error) {
    scope.abort(new Interruption('ABORTED'));
    await Promise.allSettled(branches);
    throw error;
  } finally {
    scope.release();
  }
}
