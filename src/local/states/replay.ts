import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../clock.ts';
import { contextOf } from './defaults.ts';
import { StatesError } from './errors.ts';
import type { InterpretOptions, TaskCallback, TaskHandler, TaskRequest } from './options.ts';
import {
  detailsOf,
  parse,
  type RecordedEvent,
  type RecordedTask,
  recordedTasks,
  timeOf,
} from './recorded-tasks.ts';
import { virtualClock } from './virtual-clock.ts';

export interface ReplayOptions {
  /** The execution's; its names and its region are in the context and in the events. */
  readonly executionArn?: string;
  /** The histories of the executions that a distributed Map of it started. */
  readonly children?: readonly (readonly RecordedEvent[])[];
}

export interface Replay {
  readonly input: unknown;
  readonly options: InterpretOptions;
}

/**
 * What `interpret` needs to run a recorded execution again: its input, and a handler that answers each task as it was
 * answered then, at the same time of a clock that does not wait. A task is known by its resource and arguments, those
 * with a token by their order.
 */
export function replayOf(history: readonly RecordedEvent[], options: ReplayOptions = {}): Replay {
  const { executionArn, children = [] } = options;
  const [started = {}] = history;
  const { input: text, roleArn } = detailsOf(started);
  const clock = virtualClock(timeOf(started));
  const tasks = [history, ...children].flatMap(recordedTasks);
  const input = parse(text);
  const context = contextOf({ executionArn, roleArn, input, clock });
  return { input, options: { clock, context, invoke: recordedHandler(tasks, clock) } };
}

function recordedHandler(tasks: RecordedTask[], clock: Clock): TaskHandler {
  return async (request) => {
    const task = take(tasks, request);
    if (!task) {
      throw new StatesError('States.Runtime', `The history has no further task of ${request.resource}.`);
    }
    if (request.callback) return callBack(task, request.callback, clock, request.signal);
    if (task.submitted) {
      await until(clock, task.submitted.time, request.signal);
      request.submitted?.(task.submitted.output);
    }
    return endOf(task, clock, request.signal);
  };
}

function take(tasks: RecordedTask[], { resource, arguments: given }: TaskRequest): RecordedTask | undefined {
  const candidates = tasks.filter((task) => task.resource === resource);
  const same = candidates.find(({ parameters }) => isDeepStrictEqual(parameters, given)) ?? candidates[0];
  if (same) tasks.splice(tasks.indexOf(same), 1);
  return same;
}

async function callBack(
  task: RecordedTask,
  callback: TaskCallback,
  clock: Clock,
  signal: AbortSignal,
): Promise<unknown> {
  const { submitted, end } = task;
  // A failure before the acknowledgement was not that of a callback.
  if (!submitted && end?.failure) return endOf(task, clock, signal);
  const answered = endOf(task, clock, signal).then(
    (output) => callback.succeed(output),
    ({ error, cause }: StatesError) => callback.fail(error, cause),
  );
  // Who timed out or was stopped takes no answer any more, as then.
  answered.catch(() => undefined);
  if (!submitted) return answered;
  await until(clock, submitted.time, signal);
  return submitted.output;
}

async function endOf({ end }: RecordedTask, clock: Clock, signal: AbortSignal): Promise<unknown> {
  if (!end) return stopped(signal);
  await until(clock, end.time, signal);
  if (!end.failure) return end.output;
  const { error = '', cause, timedOut } = end.failure;
  throw new StatesError(timedOut ? 'States.Timeout' : error, cause);
}

function stopped(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

async function until(clock: Clock, time: number, signal: AbortSignal): Promise<void> {
  const left = time - clock.now();
  if (left > 0) await clock.sleep(left, signal);
}
