import type { MapState } from '../definition.ts';
import { StatesError, TrackStopped } from '../errors.ts';
import type { Track } from '../history.ts';
import type { Cursor, InlineAttempt } from '../progress/cursor.ts';
import { endTrack, stopOthers, trackInside, untilStopped } from '../state/inner-track.ts';
import { type Conclusion, conclude, evaluateCount, type Frame, takeAttempt, type Visit } from '../visit.ts';
import { childScope, type Scope } from '../waiting.ts';
import { eachConcurrently } from './each-concurrently.ts';
import { itemsOf, mapItem, selectItem } from './items.ts';
import { lengthOf, valuesOf } from './members.ts';

/** What Step Functions runs at once when MaxConcurrency is 0. */
const MOST_AT_ONCE = 40;

export async function runInlineMap(state: MapState, visit: Visit): Promise<Conclusion> {
  const { history, track } = visit.frame;
  const before = takeAttempt(visit, 'inline');
  const result = await iterate(state, visit, before);
  if (!before?.succeeded) history.add(track, 'MapStateSucceeded');
  visit.settled = true;
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
  attempt: InlineAttempt,
  limit: number,
): Promise<unknown[]> {
  const { items, inner } = attempt;
  const scope = childScope(visit.frame.signal);
  const results: unknown[] = new Array(lengthOf(items));
  const [failed] = [...inner].find(([, { iteration }]) => iteration === 'FAILED') ?? [];
  const running: Running = { state, visit, scope, inner, failed, last: attempt.startedId };
  const work = async ([index, value]: [number, unknown]) => {
    results[index] = await runIteration(running, index, value);
  };
  try {
    const values = [...valuesOf(items)];
    if (failed !== undefined) return await failAgain(running, failed, values);
    await eachConcurrently(values.entries(), limit, work, (error) => stopOthers(scope, error));
    return results;
  } finally {
    scope.release();
  }
}

/** The iteration failed before a restart, and perhaps not all others have been stopped for it. */
async function failAgain(running: Running, failed: number, values: readonly unknown[]): Promise<never> {
  const others = [...running.inner].filter(
    ([index, { iteration }]) => index !== failed && iteration !== 'SUCCEEDED',
  );
  const stopped = Promise.allSettled(others.map(([index]) => runIteration(running, index, values[index])));
  try {
    await runIteration(running, failed, values[failed]);
  } finally {
    running.scope.abort(new TrackStopped());
    await stopped;
  }
  throw new StatesError('States.Runtime', 'An iteration that failed before the restart does not fail again.');
}

interface Running {
  readonly state: MapState;
  readonly visit: Visit;
  readonly scope: Scope;
  /** Of iterations that go on. */
  readonly inner: ReadonlyMap<number, Cursor>;
  /** The one of them that failed: the others are only to be stopped. */
  readonly failed: number | undefined;
  /** An iteration that had to wait for its place follows the one that made room. */
  last: number;
}

type IterationFrame = Frame & Required<Pick<Frame, 'item'>>;

async function runIteration(running: Running, index: number, value: unknown): Promise<unknown> {
  const { visit, scope, inner } = running;
  const { frame: outer } = visit;
  const from = inner.get(index);
  const track = trackInside(outer.track, index, from?.last ?? running.last);
  const variables = outer.variables.inner(from?.variables);
  const frame = { ...outer, signal: scope.signal, track, variables, item: mapItem(index, value) };
  const before = from?.iteration;
  const note = (ending: string, after: Track) =>
    outer.history.add(after, `MapIteration${ending}`, { name: visit.name, index });
  if (!before) note('Started', track);
  try {
    const output = await outputOf(running, frame, from);
    running.last = track.last;
    if (before !== 'SUCCEEDED') note('Succeeded', track);
    if (!scope.signal.aborted) outer.track.last = track.last;
    return output;
  } catch (error) {
    const noteEnd = before === 'FAILED' || before === 'ABORTED' ? {} : { noteEnd: note };
    endTrack({ outer, track, scope, from, ...noteEnd }, error);
    throw error;
  }
}

async function outputOf(
  { state, visit, failed }: Running,
  frame: IterationFrame,
  from: Cursor | undefined,
): Promise<unknown> {
  if (from?.failure) throw new StatesError(from.failure.error, from.failure.cause);
  if (from && failed !== undefined && failed !== frame.item.Index) return stoppedWithin(state, frame, from);
  const begun = from && from.position.at !== 'START';
  const input = begun ? undefined : await selectItem(state, visit, frame.item);
  return frame.runners.runMachine(state.ItemProcessor, input, frame, from);
}

/** The state in which it was stopped is known for the event that says so. */
function stoppedWithin(state: MapState, { track, signal }: Frame, { position }: Cursor): Promise<never> {
  if (position.at === 'STATE') track.within = state.ItemProcessor.States[position.visit.name]?.Type;
  return untilStopped(signal);
}
