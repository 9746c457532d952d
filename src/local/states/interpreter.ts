import { checkDefinition } from './check-definition.ts';
import { withDefaults } from './defaults.ts';
import type { Machine } from './definition.ts';
import { Interruption, toStatesError } from './errors.ts';
import type { ExecutionResult } from './execution.ts';
import { Expressions } from './expressions.ts';
import { failureDetails, History, notTruncated, type Track } from './history.ts';
import type { InterpretOptions, RunOptions } from './options.ts';
import { encodePayload } from './payload-limit.ts';
import { runMachine } from './run-machine.ts';
import { Variables } from './variables.ts';
import type { Frame, Runners } from './visit.ts';
import { beforeDeadlines } from './waiting.ts';

/**
 * Runs a JSONata state machine (the parsed Amazon States Language document) to its end. It touches the world through
 * `options` only, of which `invoke` must be given; without a clock of one's own a Wait takes its real time.
 *
 *     const { status, output, error, cause, history } = await interpret(definition, { n: 1 }, {
 *       invoke: async ({ resource, arguments: given }) => ({ Payload: given, StatusCode: 200 }),
 *     });
 *
 * A failed, stopped or timed out execution is a result too; only a definition that AWS would refuse rejects, with
 * InvalidDefinition. A handler fails its task with `throw new StatesError('MyError', 'why')` (errors.ts), which Retry and
 * Catch may name; any other error that it throws is a States.Runtime. A task with `.waitForTaskToken` is answered through `callback` of its request. A distributed Map
 * reads with `readItems` and exports with `writeResults`; without them the state that needs them fails. What AWS
 * recorded is run again with `interpret(definition, input, options)`, both from `replayOf` (replay.ts).
 */
export async function interpret(
  definition: unknown,
  input: unknown,
  options: InterpretOptions,
): Promise<ExecutionResult> {
  const machine = checkDefinition(definition, { anyResource: true });
  const run = withDefaults(options, input);
  return runExecution(machine, input, run, new Expressions(run.clock, run.random));
}

const RUNNERS: Runners = { runMachine, runExecution };

async function runExecution(
  machine: Machine,
  input: unknown,
  options: RunOptions,
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

function begin(input: unknown, options: RunOptions, expressions: Expressions): Whole {
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
  const expired = () => new Interruption('TIMED_OUT', 'States.Timeout');
  const end = (resume?.since ?? clock.now()) + (TimeoutSeconds ?? 0) * 1000;
  return beforeDeadlines(
    clock,
    signal ?? new AbortController().signal,
    TimeoutSeconds === undefined ? [] : [{ time: () => end, expired }],
    (inner) => runMachine(machine, input, { ...frame, signal: inner }, resume?.cursor),
  );
}

function succeeded(output: unknown, { history, track, options }: Whole): ExecutionResult {
  const text = encodePayload(output, options.context.Execution.Name);
  history.add(track, 'ExecutionSucceeded', { output: text, outputDetails: notTruncated });
  return { status: 'SUCCEEDED', output, error: undefined, cause: undefined, history: history.events };
}

const END_EVENTS = {
  FAILED: 'ExecutionFailed',
  ABORTED: 'ExecutionAborted',
  TIMED_OUT: 'ExecutionTimedOut',
} as const;

function ended(failure: unknown, { history, track }: Whole): ExecutionResult {
  const end = failure instanceof Interruption ? failure : uncaught(failure);
  const { status, error, cause } = end;
  // What is ended from outside follows none of its events.
  const after = status === 'FAILED' ? track : { last: 0, path: track.path };
  history.add(after, END_EVENTS[status], failureDetails({ error, cause }));
  return { status, output: undefined, error, cause, history: history.events };
}

/** A task's timeout that nobody catches is a failure: only the TimeoutSeconds of the whole machine time an execution out. */
function uncaught(failure: unknown): Interruption {
  const { error, cause } = toStatesError(failure);
  return new Interruption('FAILED', error === '' ? undefined : error, cause);
}
