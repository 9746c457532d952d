import { checkDefinition } from './check-definition.ts';
import type { Machine } from './definition.ts';
import { Interruption, toStatesError } from './errors.ts';
import type { ExecutionResult } from './execution.ts';
import { Expressions } from './expressions.ts';
import { failureDetails, History, notTruncated, type Track } from './history.ts';
import type { InterpretOptions } from './options.ts';
import { encodePayload } from './payload-limit.ts';
import { runMachine } from './run-machine.ts';
import { Variables } from './variables.ts';
import type { Frame, Runners } from './visit.ts';
import { beforeDeadlines } from './waiting.ts';

/**
 * Runs a JSONata state machine to its end. Everything it does to the world goes through `options`; a failed,
 * stopped or timed out execution is a result. Rejects only with InvalidDefinition.
 */
export async function interpret(
  definition: unknown,
  input: unknown,
  options: InterpretOptions,
): Promise<ExecutionResult> {
  const machine = checkDefinition(definition);
  return runExecution(machine, input, options, new Expressions(options.clock, options.random));
}

const RUNNERS: Runners = { runMachine, runExecution };

async function runExecution(
  machine: Machine,
  input: unknown,
  options: InterpretOptions,
  expressions: Expressions,
): Promise<ExecutionResult> {
  const frame = begin(input, options, expressions);
  try {
    return succeeded(await runInTime(machine, input, frame), frame);
  } catch (failure) {
    return ended(failure, frame);
  }
}

type Whole = Omit<Frame, 'signal' | 'item'>;

function begin(input: unknown, options: InterpretOptions, expressions: Expressions): Whole {
  const { clock, resume, keepHistory = true } = options;
  const history = new History(clock, { observer: options, events: resume?.events ?? 0, keep: keepHistory });
  const track: Track = { last: resume?.cursor.last ?? 0, path: [] };
  if (!resume) {
    history.add(track, 'ExecutionStarted', {
      input: JSON.stringify(input),
      inputDetails: notTruncated,
      roleArn: options.context.Execution.RoleArn,
    });
  }
  const variables = new Variables({}, resume?.cursor.variables);
  return { options, expressions, history, track, runners: RUNNERS, variables };
}

function runInTime(machine: Machine, input: unknown, frame: Whole): Promise<unknown> {
  const { clock, signal, resume } = frame.options;
  const { TimeoutSeconds } = machine;
  const end = (resume?.since ?? clock.now()) + (TimeoutSeconds ?? 0) * 1000;
  return beforeDeadlines(
    clock,
    signal ?? new AbortController().signal,
    TimeoutSeconds === undefined ? [] : [() => end],
    () => new Interruption('TIMED_OUT', 'States.Timeout'),
    (inner) => runMachine(machine, input, { ...frame, signal: inner }, resume?.cursor),
  );
}

function succeeded(output: unknown, { history, track, options }: Whole): ExecutionResult {
  const text = encodePayload(output, options.context.Execution.Name);
  history.add(track, 'ExecutionSucceeded', { output: text, outputDetails: notTruncated });
  return { status: 'SUCCEEDED', output, history: history.events };
}

const END_EVENTS = {
  FAILED: 'ExecutionFailed',
  ABORTED: 'ExecutionAborted',
  TIMED_OUT: 'ExecutionTimedOut',
} as const;

function ended(failure: unknown, { history, track }: Whole): ExecutionResult {
  const end = failure instanceof Interruption ? failure : uncaught(failure);
  const details = failureDetails(end);
  history.add(track, END_EVENTS[end.status], details);
  return {
    status: end.status,
    ...(end.error !== undefined && { error: end.error }),
    ...(end.cause !== undefined && { cause: end.cause }),
    history: history.events,
  };
}

/** A task's timeout that nobody catches times the execution out: that is how a Map Run comes to count timed out children. */
function uncaught(failure: unknown): Interruption {
  const { error, cause } = toStatesError(failure);
  return new Interruption(error === 'States.Timeout' ? 'TIMED_OUT' : 'FAILED', error, cause);
}
