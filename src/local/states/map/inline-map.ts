import type { MapState } from '../definition.ts';
import { Interruption } from '../errors.ts';
import type { Track } from '../history.ts';
import { type Conclusion, conclude, evaluateCount, type Frame, type Visit } from '../visit.ts';
import { childScope } from '../waiting.ts';
import { eachConcurrently } from './each-concurrently.ts';
import { itemsOf, selectItem } from './items.ts';

/** What Step Functions runs at once when MaxConcurrency is 0. */
const MOST_AT_ONCE = 40;

export async function runInlineMap(state: MapState, visit: Visit): Promise<Conclusion> {
  const { history, track } = visit.frame;
  const limit = (await evaluateCount(visit, 'MaxConcurrency', state.MaxConcurrency)) || MOST_AT_ONCE;
  const items = await itemsOf(state, visit);
  history.add(track, 'MapStateStarted', { length: items.length });
  const result = await runIterations(state, visit, items, Math.min(limit, MOST_AT_ONCE)).catch(
    (error: unknown) => {
      if (!(error instanceof Interruption)) history.add(track, 'MapStateFailed');
      throw error;
    },
  );
  history.add(track, 'MapStateSucceeded');
  return conclude(visit, state, result, { result });
}

async function runIterations(
  state: MapState,
  visit: Visit,
  items: readonly unknown[],
  limit: number,
): Promise<unknown[]> {
  const { frame } = visit;
  const scope = childScope(frame.signal);
  const results: unknown[] = new Array(items.length);
  const { last } = frame.track;
  const work = async ([index, value]: [number, unknown]) => {
    const inner = { ...frame, signal: scope.signal, track: { last }, variables: frame.variables.inner() };
    results[index] = await runIteration(state, visit, { ...inner, item: { Index: index, Value: value } });
  };
  try {
    await eachConcurrently(items.entries(), limit, work, () => scope.abort(new Interruption('ABORTED')));
    return results;
  } finally {
    scope.release();
  }
}

async function runIteration(
  state: MapState,
  visit: Visit,
  frame: Frame & Required<Pick<Frame, 'item'>>,
): Promise<unknown> {
  const { Index, Value } = frame.item;
  const note = (type: string, track: Track = frame.track) =>
    frame.history.add(track, type, { name: visit.name, index: Index });
  note('MapIterationStarted');
  try {
    const input = await selectItem(state, visit, Index, Value);
    const output = await frame.runners.runMachine(state.ItemProcessor, input, frame);
    note('MapIterationSucceeded');
    return output;
  } catch (error) {
    note(error instanceof Interruption ? 'MapIterationAborted' : 'MapIterationFailed');
    throw error;
  }
}
