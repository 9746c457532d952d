import type { Clock } from '../../../src/local/clock.ts';
import { StatesError } from '../../../src/local/states/errors.ts';
import { type InvokeFunction, lambdaTaskHandler } from '../../../src/local/states/lambda-task.ts';
import type { RunOptions, TaskHandler, WriteResults } from '../../../src/local/states/options.ts';
import { seededRandom } from '../../../src/local/states/random.ts';
import { TaskTokens } from '../../../src/local/states/task-tokens.ts';
import { datasetReader } from './datasets.ts';
import { virtualClock } from './virtual-clock.ts';

/** What a function does at one call; the last of its list repeats. */
export interface TaskResponse {
  readonly payload?: unknown;
  readonly functionError?: string;
  readonly throws?: { readonly name: string; readonly message: string };
  readonly hangs?: boolean;
  /** Returns what it was invoked with. */
  readonly echo?: boolean;
  /** Seconds until it answers. */
  readonly after?: number;
  readonly heartbeats?: { readonly count: number; readonly every: number };
  readonly answer?: { readonly output?: unknown; readonly error?: string; readonly cause?: string };
}

export type Tasks = Readonly<Record<string, readonly TaskResponse[]>>;

export interface World {
  readonly clock: Clock;
  readonly tokens: TaskTokens;
  readonly calls: { readonly name: string; readonly payload: unknown; readonly time: number }[];
  readonly written: Map<string, string>;
  readonly options: RunOptions;
}

export interface WorldOptions {
  readonly tasks?: Tasks;
  readonly datasets?: Readonly<Record<string, string>>;
  readonly input?: unknown;
}

const EXECUTION = 'arn:aws:states:eu-west-1:123456789012:execution:Machine:run-1';

export function world({ tasks = {}, datasets = {}, input }: WorldOptions): World {
  const clock = virtualClock();
  const random = seededRandom(7);
  const tokens = new TaskTokens(clock, random);
  const calls: World['calls'] = [];
  const written = new Map<string, string>();
  const options: RunOptions = {
    clock,
    random,
    invoke: handler(scripted(tasks, clock, tokens, calls)),
    readItems: datasetReader(datasets),
    writeResults: writer(written),
    newTaskToken: () => tokens.open(),
    context: {
      Execution: {
        Id: EXECUTION,
        Input: input,
        Name: 'run-1',
        RoleArn: 'arn:aws:iam::123456789012:role/machine',
        StartTime: new Date(clock.now()).toISOString(),
        RedriveCount: 0,
      },
      StateMachine: { Id: 'arn:aws:states:eu-west-1:123456789012:stateMachine:Machine', Name: 'Machine' },
    },
  };
  return { clock, tokens, calls, written, options };
}

/** Functions by their name; anything else by its resource, whose payload is then the whole result. */
function handler(invokeFunction: InvokeFunction): TaskHandler {
  const lambda = lambdaTaskHandler(invokeFunction);
  return async (request) => {
    if (request.resource.startsWith('lambda:')) return lambda(request);
    request.submitted?.({ id: 'job' });
    const answer = await invokeFunction(request.resource, request.arguments, undefined);
    if (!('functionError' in answer)) return answer.payload;
    throw new StatesError(answer.payload.errorType ?? '', answer.payload.errorMessage);
  };
}

function writer(written: Map<string, string>): WriteResults {
  return async ({ bucket, key, body }) => {
    const parts: Uint8Array[] = [];
    for await (const part of body) parts.push(part);
    written.set(`${bucket}/${key}`, Buffer.concat(parts).toString());
  };
}

function scripted(tasks: Tasks, clock: Clock, tokens: TaskTokens, calls: World['calls']): InvokeFunction {
  const counts = new Map<string, number>();
  return async (name, payload) => {
    const script = tasks[name];
    if (!script)
      throw Object.assign(new Error(`Function not found: ${name}`), { name: 'ResourceNotFoundException' });
    calls.push({ name, payload, time: clock.now() });
    const call = counts.get(name) ?? 0;
    counts.set(name, call + 1);
    return respond(script[Math.min(call, script.length - 1)] ?? {}, payload, clock, tokens);
  };
}

async function respond(response: TaskResponse, payload: unknown, clock: Clock, tokens: TaskTokens) {
  if (response.hangs) return new Promise<never>(() => undefined);
  if (response.after !== undefined) await clock.sleep(response.after * 1000);
  if (response.throws)
    throw Object.assign(new Error(response.throws.message), { name: response.throws.name });
  const token = (payload as { token?: string } | null)?.token;
  if (response.heartbeats) await beat(response.heartbeats, clock, tokens, token);
  if (response.answer) settle(response.answer, tokens, token);
  if (response.functionError !== undefined) {
    return { functionError: response.functionError, payload: response.payload as object };
  }
  return { payload: response.echo ? payload : response.payload };
}

async function beat(
  { count, every }: { readonly count: number; readonly every: number },
  clock: Clock,
  tokens: TaskTokens,
  token: unknown,
): Promise<void> {
  for (let done = 0; done < count; done += 1) {
    await clock.sleep(every * 1000);
    tokens.heartbeat(token);
  }
}

function settle(answer: NonNullable<TaskResponse['answer']>, tokens: TaskTokens, token: unknown): void {
  if (answer.error === undefined) tokens.succeed(token, answer.output);
  else tokens.fail(token, answer.error, answer.cause);
}
