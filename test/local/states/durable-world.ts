import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../../src/local/clock.ts';
import { Executions, type StateMachine } from '../../../src/local/states/api/executions.ts';
import type { StatusChangeDetail } from '../../../src/local/states/api/status-change.ts';
import { checkDefinition } from '../../../src/local/states/check-definition.ts';
import type { ExecutionRecord } from '../../../src/local/states/journal/execution-record.ts';
import { tokenSecret } from '../../../src/local/states/journal/token-secret.ts';
import { type InvokeFunction, lambdaTaskHandler } from '../../../src/local/states/lambda-task.ts';
import { seededRandom } from '../../../src/local/states/random.ts';
import { TaskTokens } from '../../../src/local/states/task-tokens.ts';
import { datasetReader } from './datasets.ts';
import { virtualClock } from './virtual-clock.ts';

export type Payload = Readonly<Record<string, unknown>>;
/** What a function does; what it throws is its error by name. */
export type Fake = (payload: Payload, world: DurableWorld) => unknown;

export interface DurableOptions {
  readonly directory: string;
  readonly definition: unknown;
  readonly functions?: Readonly<Record<string, Fake>>;
  readonly datasets?: Readonly<Record<string, string>>;
  readonly now?: number;
  /** Another one for each start, as a new process has other random numbers. */
  readonly seed?: number;
}

export interface DurableWorld {
  readonly clock: Clock;
  readonly tokens: TaskTokens;
  readonly executions: Executions;
  readonly machine: StateMachine;
  readonly calls: Payload[];
  readonly written: Map<string, string>;
  readonly told: StatusChangeDetail[];
  start(input?: unknown, name?: string): ExecutionRecord;
  resume(): void;
}

const ARN = 'arn:aws:states:eu-west-1:123456789012:stateMachine:Machine';

/** A Step Functions without HTTP on a directory: as a process is that may be killed and started again. */
export async function durableWorld(options: DurableOptions): Promise<DurableWorld> {
  const { directory, definition, functions = {}, datasets = {}, seed = 1 } = options;
  const clock = virtualClock(options.now);
  const random = seededRandom(seed);
  const tokens = new TaskTokens(clock, random, tokenSecret(directory, random));
  const kept = {
    calls: [] as Payload[],
    written: new Map<string, string>(),
    told: [] as StatusChangeDetail[],
  };
  const invoke: InvokeFunction = async (name, given) => {
    const payload = given as Payload;
    kept.calls.push(payload);
    try {
      return { payload: await functions[name]?.(payload, world) };
    } catch (error) {
      const { name: errorType, message: errorMessage } = error as Error;
      return { functionError: 'Unhandled', payload: { errorType, errorMessage } };
    }
  };
  const executions = await Executions.open({
    ...{ directory, tokens },
    onStatusChange: (detail) => kept.told.push(detail),
    collaborators: {
      ...{ clock, random, invoke: lambdaTaskHandler(invoke) },
      readItems: datasetReader(datasets),
      writeResults: async ({ bucket, key, body }) => {
        const parts: Uint8Array[] = [];
        for await (const part of body) parts.push(part);
        kept.written.set(`${bucket}/${key}`, Buffer.concat(parts).toString());
      },
    },
  });
  const checked = checkDefinition(definition);
  const roleArn = 'arn:aws:iam::123456789012:role/machine';
  const text = JSON.stringify(definition);
  const machine = { arn: ARN, name: 'Machine', definition: checked, text, roleArn, createdTime: clock.now() };
  const world: DurableWorld = {
    ...{ clock, tokens, executions, machine, ...kept },
    start: (input = {}, name = 'run') => executions.start(machine, name, JSON.stringify(input)),
    resume: () => executions.resume((arn) => arn === ARN),
  };
  return world;
}

/** Lets everything happen that waits for nothing but its turn. */
export async function turns(): Promise<void> {
  for (let count = 0; count < 10; count += 1) await turn();
}

export async function ended(record: ExecutionRecord): Promise<ExecutionRecord> {
  while (record.status === 'RUNNING') await turn();
  return record;
}

export function theParent({ executions }: DurableWorld): ExecutionRecord {
  const [parent] = executions.store.list();
  if (!parent) throw new Error('Nothing was started.');
  return parent;
}

export function historyOf(record: ExecutionRecord): readonly string[] {
  return Array.from({ length: record.eventCount }, (_, index) => record.event(index + 1).type);
}

/** Folders that are gone after the tests of the file. */
export function temporaryFolders(): () => string {
  const root = mkdtempSync(join(tmpdir(), 'durable-states-'));
  let count = 0;
  afterAll(() => rm(root, { recursive: true, force: true }));
  return () => {
    count += 1;
    return join(root, String(count));
  };
}
