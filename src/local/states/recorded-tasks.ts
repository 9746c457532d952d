/** An event as GetExecutionHistory gives it, from an SDK or as the JSON of the command line. */
export interface RecordedEvent {
  readonly id?: number | undefined;
  readonly previousEventId?: number | undefined;
  readonly type?: string | undefined;
  readonly timestamp?: Date | string | number | undefined;
}

/** What became of a task at one time. */
interface Moment {
  readonly time: number;
  readonly output: unknown;
}

export interface RecordedTask {
  /** As a TaskRequest has it. */
  readonly resource: string;
  readonly parameters: unknown;
  readonly submitted: Moment | undefined;
  /** Undefined for a task that was stopped. */
  readonly end: (Moment & { readonly failure?: RecordedFailure }) | undefined;
}

export interface RecordedFailure {
  readonly error: string | undefined;
  readonly cause: string | undefined;
  readonly timedOut: boolean;
}

type Details = Readonly<Record<string, unknown>>;

const TASK = /^(Task|LambdaFunction|Activity)(Scheduled|Started|Submitted|Succeeded|TimedOut|\w*Failed)$/;

/** The tasks of one execution in the order in which they were scheduled. */
export function recordedTasks(history: readonly RecordedEvent[]): RecordedTask[] {
  const followers = new Map<number, RecordedEvent[]>();
  for (const event of history) {
    const previous = event.previousEventId ?? 0;
    followers.set(previous, [...(followers.get(previous) ?? []), event]);
  }
  return history.filter((event) => whatOf(event) === 'Scheduled').map((event) => taskOf(event, followers));
}

function taskOf(
  scheduled: RecordedEvent,
  followers: ReadonlyMap<number, readonly RecordedEvent[]>,
): RecordedTask {
  let submitted: Moment | undefined;
  let end: RecordedTask['end'];
  for (let event = next(scheduled); event && whatOf(event) !== 'Scheduled'; event = next(event)) {
    if (whatOf(event) === 'Submitted') submitted = momentOf(event);
    else if (whatOf(event) !== 'Started') end = endOf(event);
  }
  const { resourceType, resource, parameters, input } = detailsOf(scheduled);
  const name = resourceType === undefined ? String(resource) : `${resourceType}:${resource}`;
  return { resource: name, parameters: parse(parameters ?? input), submitted, end };

  function next({ id = 0 }: RecordedEvent): RecordedEvent | undefined {
    return followers.get(id)?.find((event) => whatOf(event) !== undefined);
  }
}

function whatOf({ type = '' }: RecordedEvent): string | undefined {
  return TASK.exec(type)?.[2];
}

function endOf(event: RecordedEvent): RecordedTask['end'] {
  const moment = momentOf(event);
  const what = whatOf(event);
  if (what === 'Succeeded') return moment;
  const { error, cause } = detailsOf(event) as { readonly error?: string; readonly cause?: string };
  return { ...moment, failure: { error, cause, timedOut: what === 'TimedOut' } };
}

function momentOf(event: RecordedEvent): Moment {
  return { time: timeOf(event), output: parse(detailsOf(event)['output']) };
}

/** The details of an event, whatever its type calls them. */
export function detailsOf(event: RecordedEvent): Details {
  const found = Object.entries(event).find(([name]) => name.endsWith('EventDetails'));
  return (found?.[1] ?? {}) as Details;
}

/** Milliseconds; as a number the wire has seconds. */
export function timeOf({ timestamp = 0 }: RecordedEvent): number {
  if (typeof timestamp !== 'number') return new Date(timestamp).getTime();
  return timestamp < 1e11 ? timestamp * 1000 : timestamp;
}

export function parse(text: unknown): unknown {
  return typeof text === 'string' ? (JSON.parse(text) as unknown) : text;
}
