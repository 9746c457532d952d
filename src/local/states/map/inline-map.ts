import type { MapState } from '../definition.ts';
import { Interruption } from '../errors.ts';
import type { Cursor, InlineAttempt } from '../progress/cursor.ts';
import { failureOf, trackInside, untilAborted } from '../state/inner-track.ts';
import { type Conclusion, conclude, evaluateCount, type Frame, takeAttempt, type Visit } from '../visit.ts';
import { childScope } from '../waiting.ts';
import { eachConcurrently } from './each-concurrently.ts';
import { itemsOf, selectItem } from './items.ts';

/** What Step Functions runs at once when MaxConcurrency is 0. */
const MOST_AT_ONCE = 40;

export async function runInlineMap(state: MapState, visit: Visit): Promise<Conclusion> {
  const { history, track } = visit.frame;
  const limit = (await evaluateCount(visit, 'MaxConcurrency', state.MaxConcurrency)) || MOST_AT_ONCE;
  const attempt = takeAttempt(visit, 'inline') ?? (await startIterations(state, visit));
  const result = await runIterations(state, visit, attempt, Math.min(limit, MOST_AT_ONCE)).catch(
    (error: unknown) => {
      if (!(error instanceof Interruption)) {
        history.add(track, 'MapStateFailed', undefined, { failure: failureOf(error) });
      }
      throw error;
    },
  );
  if (!attempt.succeeded) history.add(track, 'MapStateSucceeded');
  return conclude(visit, state, result, { result });
}

async function startIterations(state: MapState, visit: Visit): Promise<InlineAttempt> {
  const { history, track } = visit.frame;
  const items = await itemsOf(state, visit);
  const startedId = history.add(track, 'MapStateStarted', { length: items.length }, { items });
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
  const results: unknown[] = new Array(items.length);
  const work = async ([index, value]: [number, unknown]) => {
    const from = inner.get(index);
    const own: IterationFrame = {
      ...frame,
      signal: scope.signal,
      track: trackInside(frame.track, index, from?.last ?? startedId),
      variables: frame.variables.inner(from?.variables),
      item: { Index: index, Value: value },
    };
    results[index] = await runIteration(state, visit, own, from);
  };
  try {
    await eachConcurrently(items.entries(), limit, work, () => scope.abort(new Interruption('ABORTED')));
    return results;
  } finally {
    scope.release();
  }
}

type IterationFrame = Frame & Required<Pick<Frame, 'item'>>;

async function runIteration(
  state: MapState,
  visit: Visit,
  frame: IterationFrame,
  from: Cursor | undefined,
): Promise<unknown> {
  const { Index, Value } = frame.item;
  const before = from?.iteration;
  const note = (ending: 'Started' | 'Succeeded' | 'Failed' | 'Aborted') =>
    frame.history.add(frame.track, `MapIteration${ending}`, { name: visit.name, index: Index });
  if (from?.aborted || before === 'ABORTED') return untilAborted(frame.signal);
  if (!before) note('Started');
  try {
    const begun = from && from.position.at !== 'START';
    const input = begun ? undefined : await selectItem(state, visit, Index, Value);
    const output = await frame.runners.runMachine(state.ItemProcessor, input, frame, from);
    if (before !== 'SUCCEEDED') note('Succeeded');
    return output;
  } catch (error) {
    if (before !== 'FAILED') note(error instanceof Interruption ? 'Aborted' : 'Failed');
    throw error;
  }
}
