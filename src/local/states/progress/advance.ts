import type { Failure } from '../errors.ts';
import { type HistoryEvent, isFollowed } from '../history.ts';
import { restorePlan } from '../map/distributed-plan.ts';
import {
  type Attempt,
  type Cursor,
  innerOf,
  startCursor,
  type TaskAttempt,
  type VisitProgress,
} from './cursor.ts';
import type { Extra, Note, Path } from './notes.ts';
import { redriven } from './redriven.ts';

/** One line of the journal of an execution. */
export type Entry =
  | { readonly event: HistoryEvent; readonly path: Path; readonly extra: Extra }
  | { readonly note: Note; readonly path: Path };

export interface Progress {
  events: number;
  since: number;
  cursor: Cursor;
}

export function noProgress(): Progress {
  return { events: 0, since: 0, cursor: startCursor(0) };
}

/** Takes the progress one line further. Lines of tracks that have ended for good may come late, and change nothing. */
export function advance(progress: Progress, entry: Entry): void {
  if ('note' in entry) {
    const visit = visitOf(trackAt(progress.cursor, entry.path));
    if (visit) noted(visit, entry.note);
    return;
  }
  const { event, path, extra } = entry;
  progress.events = event.id;
  if (event.type === 'ExecutionStarted' || event.type === 'ExecutionRedriven')
    progress.since = event.timestamp;
  if (event.type === 'ExecutionRedriven') progress.cursor = redriven(progress.cursor);
  const cursor = trackAt(progress.cursor, path);
  if (!cursor) return;
  if (isFollowed(event.type)) cursor.last = event.id;
  moved(cursor, event, extra);
}

function trackAt(root: Cursor, path: Path): Cursor | undefined {
  let cursor: Cursor | undefined = root;
  for (const index of path) cursor = cursor && trackInside(cursor, index);
  return cursor;
}

function trackInside(cursor: Cursor, index: number): Cursor | undefined {
  const inner = innerOf(cursor);
  if (!inner) return undefined;
  const known = inner.get(index);
  if (known) return known;
  const begun = startCursor(cursor.last);
  inner.set(index, begun);
  return begun;
}

function visitOf(cursor: Cursor | undefined): VisitProgress | undefined {
  return cursor?.position.at === 'STATE' ? cursor.position.visit : undefined;
}

function noted(visit: VisitProgress, note: Note): void {
  const task = visit.attempt?.kind === 'task' ? visit.attempt : undefined;
  switch (note.kind) {
    case 'wait':
      visit.attempt = { kind: 'wait', until: note.until };
      return;
    case 'retry':
      visit.retries[note.retrier] = (visit.retries[note.retrier] ?? 0) + 1;
      visit.retryCount += 1;
      Object.assign(visit, { retryAt: note.at, failure: undefined, settled: false, attempt: undefined });
      return;
    case 'beat':
      if (task) task.beat = note.at;
      return;
    case 'answer':
      if (task) task.answer = note.answer;
      return;
    default:
      note satisfies never;
  }
}

type Details = Readonly<Record<string, unknown>>;

function detailsOf(event: HistoryEvent): Details {
  const found = Object.entries(event).find(([name]) => name.endsWith('EventDetails'));
  return (found?.[1] ?? {}) as Details;
}

function moved(cursor: Cursor, event: HistoryEvent, extra: Extra): void {
  const { type } = event;
  if (type.endsWith('StateEntered')) enter(cursor, event);
  else if (type.endsWith('StateExited')) leave(cursor, event, extra);
  else if (type.endsWith('StateAborted')) stopped(cursor, extra);
  else if (type.startsWith('MapIteration')) iterated(cursor, type);
  else {
    const visit = visitOf(cursor);
    if (visit) attempted(visit, event, extra);
  }
}

function enter(cursor: Cursor, event: HistoryEvent): void {
  const { name, input } = detailsOf(event);
  const visit: VisitProgress = {
    name: String(name),
    input: parse(input),
    enteredId: event.id,
    enteredTime: event.timestamp,
    priorId: event.previousEventId,
    retryCount: 0,
    retries: {},
    settled: false,
  };
  cursor.position = { at: 'STATE', visit };
}

function leave(cursor: Cursor, event: HistoryEvent, { next }: Extra): void {
  const { output, assignedVariables = {} } = detailsOf(event);
  for (const [name, text] of Object.entries(assignedVariables as Details))
    cursor.variables[name] = parse(text);
  const value = parse(output);
  cursor.position = next === undefined ? { at: 'END', output: value } : { at: 'BETWEEN', next, input: value };
}

function stopped(cursor: Cursor, { failure }: Extra): void {
  cursor.aborted = true;
  if (failure) cursor.failure = failure;
}

/** The event that ends an iteration is on its own track, after those of its states. */
function iterated(cursor: Cursor, type: string): void {
  const ending = type.slice('MapIteration'.length).toUpperCase();
  cursor.iteration = ending as NonNullable<Cursor['iteration']>;
}

function attempted(visit: VisitProgress, event: HistoryEvent, extra: Extra): void {
  const begun = BEGINNINGS[event.type]?.(event, extra);
  if (begun) visit.attempt = begun;
  else CHANGES[event.type]?.(visit.attempt, event, extra);
  const failure = failureIn(event, extra);
  if (failure) visit.failure = failure;
  if (event.type.endsWith('StateFailed')) visit.settled = true;
}

const BEGINNINGS: Readonly<Record<string, (event: HistoryEvent, extra: Extra) => Attempt>> = {
  TaskScheduled: scheduled,
  ParallelStateStarted: ({ id }, { input }) => ({
    ...{ kind: 'parallel', startedId: id, input, inner: new Map(), succeeded: false },
  }),
  MapStateStarted: ({ id }, { items = [], plan }) =>
    plan
      ? { kind: 'distributed', plan: restorePlan(plan), redrive: false, succeeded: false }
      : { kind: 'inline', startedId: id, items, inner: new Map(), succeeded: false },
};

function scheduled(event: HistoryEvent, { token }: Extra): TaskAttempt {
  const { parameters, taskCredentials, timeoutInSeconds, heartbeatInSeconds } = detailsOf(event);
  return {
    kind: 'task',
    arguments: parse(parameters),
    credentials: taskCredentials as TaskAttempt['credentials'],
    timeoutSeconds: timeoutInSeconds as number | undefined,
    heartbeatSeconds: heartbeatInSeconds as number | undefined,
    token,
    scheduledTime: event.timestamp,
    started: false,
    submitted: false,
  };
}

type Change = (attempt: Attempt | undefined, event: HistoryEvent, extra: Extra) => void;

const CHANGES: Readonly<Record<string, Change>> = {
  TaskStarted: (attempt) => void (attempt?.kind === 'task' && Object.assign(attempt, { started: true })),
  TaskSubmitted: (attempt) => void (attempt?.kind === 'task' && Object.assign(attempt, { submitted: true })),
  TaskSucceeded: (attempt, event) => {
    if (attempt?.kind === 'task') attempt.result = { value: parse(detailsOf(event)['output']) };
  },
  ParallelStateSucceeded: succeeded,
  MapStateSucceeded: succeeded,
  MapRunStarted: (attempt, _event, { mapRun }) => {
    if (attempt?.kind === 'distributed' && mapRun) attempt.mapRunArn = mapRun.arn;
  },
  MapRunRedriven: (attempt) => {
    if (attempt?.kind === 'distributed') attempt.redrive = false;
  },
};

function succeeded(attempt: Attempt | undefined): void {
  if (attempt && 'succeeded' in attempt) attempt.succeeded = true;
}

const FAILURES = ['TaskFailed', 'TaskTimedOut', 'EvaluationFailed'];

function failureIn(event: HistoryEvent, extra: Extra): Failure | undefined {
  if (!FAILURES.includes(event.type)) return extra.failure;
  const { error, cause } = detailsOf(event);
  return { error: String(error), ...(cause !== undefined && { cause: String(cause) }) };
}

function parse(text: unknown): unknown {
  return text === undefined ? undefined : (JSON.parse(String(text)) as unknown);
}
