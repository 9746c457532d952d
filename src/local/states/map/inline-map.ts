import type { MapState } from '../definition.ts';
import { Interruption } from '../errors.ts';
import type { Cursor, InlineAttempt } from '../progress/cursor.ts';
import { noteFailure, trackInside, untilAborted } from '../state/inner-track.ts';
import { type Conclusion, conclude, evaluateCount, type Frame, takeAttempt, type Visit } from '../visit.ts';
import { childScope } from '../waiting.ts';
import { eachConcurrently } from './each-concurrently.ts';
import { itemsOf, mapItem, selectItem } from './items.ts';
import { lengthOf, valuesOf } from './members.ts';

/** What Step Functions runs at once when MaxConcurrency is 0. */
const MOST_AT_ONCE = 40;

export async function runInlineMap(state: MapState, visit: Visit): Promise<Conclusion> {
  const { history, track } = visit.frame;
  const before = takeAttempt(visit, 'inline');
  const result = await iterate(state, visit, before).catch(noteFailure(visit, 'MapStateFailed'));
  if (!before?.succeeded) history.add(track, 'MapStateSucceeded');
  return conclude(visit, state, result, { result });
}

async function iterate(state: MapState, visit: Visit, before: InlineAttempt | undefined): Promise<unknown[]> {
  const limit = (await evaluateCount(visit, 'MaxConcurrency', state.MaxConcurrency)) || MOST_AT_ONCE;
  const attempt = before ?? (await startIterations(state, visit));
  return runIterations(state, visit, attempt, Math.min(limit, MOST_AT_ONCE));
}

async function startIterations(state: MapState, visit: Visit): Promise<InlineAttempt> {
  const { history, track } = visit.frame;
  const items = await itemsOf(state, visit);
  const startedId = history.add(track, 'MapStateStarted', { length: lengthOf(items) }, { items });
  return { kind: 'inline', startedId, items, inner: new Map(), succeeded: false };
}

async function runIterations(
  state: MapState,
  visit: Visit,
  { items, inner, startedId }: InlineAttempt,
  limit: number,
): Promise<unknown[]> {
  const { frame } = visit;
  const scope = childScope(frame.signal);
  const results: unknown[] = new Array(lengthOf(items));
  // An iteration that had to wait for its place follows the one that made room.
  let last = startedId;
  const work = async ([index, value]: [number, unknown]) => {
    const from = inner.get(index);
    const own: IterationFrame = {
      ...frame,
      signal: scope.signal,
      track: trackInside(frame.track, index, from?.last ?? last),
      variables: frame.variables.inner(from?.variables),
      item: mapItem(index, value),
    };
    const ran = () => {
      last = own.track.last;
    };
    try {
      results[index] = await runIteration(state, visit, own, { from, ran });
    } finally {
      if (!scope.signal.aborted) frame.track.last = own.track.last;
    }
  };
  try {
    const values = [...valuesOf(items)];
    await eachConcurrently(values.entries(), limit, work, () => scope.abort(new Interruption('ABORTED')));
    return results;
  } finally {
    scope.release();
  }
}

type IterationFrame = Frame & Required<Pick<Frame, 'item'>>;

interface Iteration {
  readonly from: Cursor | undefined;
  /** After its last state, before the event that says so. */
  ran(): void;
}

async function runIteration(
  state: MapState,
  visit: Visit,
  frame: IterationFrame,
  { from, ran }: Iteration,
): Promise<unknown> {
  const { item } = frame;
  const before = from?.iteration;
  const note = (ending: 'Started' | 'Succeeded' | 'Failed' | 'Aborted') =>
    frame.history.add(frame.track, `MapIteration${ending}`, { name: visit.name, index: item.Index });
  if (from?.aborted || before === 'ABORTED') return untilAborted(frame.signal);
  if (!before) note('Started');
  try {
    const begun = from && from.position.at !== 'START';
    const input = begun ? undefined : await selectItem(state, visit, item);
    const output = await frame.runners.runMachine(state.ItemProcessor, input, frame, from);
    ran();
    if (before !== 'SUCCEEDED') note('Succeeded');
    return output;
  } catch (error) {
    if (before !== 'FAILED') note(error instanceof Interruption ? 'Aborted' : 'Failed');
    throw error;
  }
}
