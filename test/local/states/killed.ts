import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Line } from '../../../src/local/states/journal/lines.ts';
import { type DurableWorld, historyOf, theParent } from './durable-world.ts';

const JOURNAL = 'executions/00000001.jsonl';

export function linesIn(folder: string): readonly string[] {
  return readFileSync(join(folder, JOURNAL), 'utf8').split('\n').slice(0, -1);
}

/** What a kill leaves in `folder` of what ran in `original`: the first lines of the journal, and half of the next. */
export function killAfter(count: number, original: string, folder: string): readonly Line[] {
  const lines = linesIn(original);
  cpSync(original, folder, { recursive: true });
  const next = lines[count] ?? '';
  const whole = lines.slice(0, count);
  writeFileSync(join(folder, JOURNAL), `${whole.join('\n')}\n${next.slice(0, next.length / 2)}`);
  return whole.map((line) => JSON.parse(line) as Line);
}

export interface Asked {
  readonly token: string | undefined;
  readonly payload: string;
  readonly time: number;
  state: 'SCHEDULED' | 'SUBMITTED' | 'ANSWERED' | 'OVER';
}

/** The tasks in a journal, each with how far it came. */
export function tasksIn(lines: readonly Line[]): readonly Asked[] {
  const tasks: Asked[] = [];
  const current = new Map<string, Asked>();
  for (const line of lines) {
    const track = `${line.of}/${(line.path ?? []).join('.')}`;
    const known = current.get(track);
    const asked = scheduledIn(line);
    if (asked) {
      tasks.push(asked);
      current.set(track, asked);
    } else if (known && line.type === 'TaskSubmitted') known.state = 'SUBMITTED';
    else if (known && line.note?.kind === 'answer') known.state = 'ANSWERED';
    else if (known && /^Task(Succeeded|Failed|TimedOut)$/.test(line.type)) known.state = 'OVER';
  }
  return tasks;
}

function scheduledIn(line: Line): Asked | undefined {
  const { taskScheduledEventDetails: details } = line as {
    taskScheduledEventDetails?: { parameters: string };
  };
  if (!details) return undefined;
  const payload = JSON.stringify(JSON.parse(details.parameters).Payload);
  return { token: line.extra?.token, payload, time: line.timestamp, state: 'SCHEDULED' };
}

export interface Outcome {
  readonly status: string;
  readonly stopTime: number | undefined;
  readonly data: unknown;
  /** Of all executions, children included, sorted. */
  readonly types: readonly string[];
  readonly counts: unknown;
}

/** All that is to be the same whenever the process was killed; the names of children and runs are not. */
export function outcomeOf(world: DurableWorld): Outcome {
  const parent = theParent(world);
  const { store } = world.executions;
  const [run] = store.mapRuns.values();
  return {
    status: parent.status,
    stopTime: parent.stopTime,
    data: JSON.parse(withoutRunId(JSON.stringify(store.data(parent)), world)),
    types: [...store.list()].flatMap(historyOf).sort(),
    counts: run && { status: run.status, items: run.itemCounts, executions: run.executionCounts },
  };
}

/** What a ResultWriter wrote, by the name of the file; records in any order and without names. */
export function filesOf(world: DurableWorld): Record<string, unknown> {
  return Object.fromEntries(
    [...world.written].map(([key, text]) => [withoutRunId(key, world), recordsIn(text)]),
  );
}

function recordsIn(text: string): unknown {
  const records = JSON.parse(text) as readonly Record<string, unknown>[];
  if (!Array.isArray(records)) return 'a manifest';
  return records
    .map(({ Input, Status, Output, Error: error, RedriveCount }) =>
      [Input, Status, Output ?? error, RedriveCount].join(' '),
    )
    .sort();
}

function withoutRunId(text: string, { executions }: DurableWorld): string {
  const [run] = executions.store.mapRuns.values();
  return run ? text.replaceAll(run.identity.arn.split(':').at(-1) ?? '', 'RUN') : text;
}
