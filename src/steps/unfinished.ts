import type { Execution } from '../batch/manifest.ts';
import type { ObjectStore } from './collaborators.ts';
import { readJson } from './read-json.ts';

/** The work takes more than one invocation: what was done is put down, and the state machine asks again. */
export interface Unfinished {
  readonly unfinished: true;
  readonly rows_so_far: number;
}

interface PutDown<State> extends Execution {
  readonly state: State;
}

export async function putDown<State>(
  { execution_arn, started_at }: Execution,
  key: string,
  state: State,
  objects: ObjectStore,
): Promise<void> {
  const all: PutDown<State> = { execution_arn, started_at, state };
  await objects.write(key, JSON.stringify(all));
}

/** What an earlier invocation of this execution put down there. */
export async function takeUp<State>(
  { execution_arn, started_at }: Execution,
  key: string,
  objects: ObjectStore,
): Promise<State | undefined> {
  if (!(await objects.exists(key))) return undefined;
  const found = (await readJson(objects, key)) as PutDown<State>;
  return found.execution_arn === execution_arn && found.started_at === started_at ? found.state : undefined;
}
