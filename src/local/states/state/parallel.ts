import type { ParallelState } from '../definition.ts';
import { Interruption } from '../errors.ts';
import { type Conclusion, conclude, evaluate, type Visit } from '../visit.ts';
import { childScope } from '../waiting.ts';

export async function runParallel(state: ParallelState, visit: Visit): Promise<Conclusion> {
  const input =
    state.Arguments === undefined ? visit.input : await evaluate(visit, 'Arguments', state.Arguments);
  const { history, track } = visit.frame;
  history.add(track, 'ParallelStateStarted');
  const result = await runBranches(state, visit, input).catch((error: unknown) => {
    if (!(error instanceof Interruption)) history.add(track, 'ParallelStateFailed');
    throw error;
  });
  history.add(track, 'ParallelStateSucceeded');
  return conclude(visit, state, result, { result });
}

/** The first branch to fail stops the others; the state fails with that branch's error once all have ended. */
async function runBranches(state: ParallelState, visit: Visit, input: unknown): Promise<unknown[]> {
  const { frame } = visit;
  const scope = childScope(frame.signal);
  const { last } = frame.track;
  const branches = state.Branches.map((branch) => {
    const inner = { ...frame, track: { last }, signal: scope.signal, variables: frame.variables.inner() };
    return frame.runners.runMachine(branch, input, inner);
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
