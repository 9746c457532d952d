import type { Machine, State, StateType } from './definition.ts';
import { StatesError } from './errors.ts';
import { notTruncated } from './history.ts';
import { runMap } from './map/map.ts';
import { encodePayload } from './payload-limit.ts';
import type { Cursor, VisitProgress } from './progress/cursor.ts';
import { recover } from './recovery.ts';
import { runChoice } from './state/choice.ts';
import { runFail } from './state/fail.ts';
import { runParallel } from './state/parallel.ts';
import { runPass } from './state/pass.ts';
import { runSucceed } from './state/succeed.ts';
import { runTask } from './state/task.ts';
import { runWait } from './state/wait.ts';
import type { Conclusion, Frame, Visit } from './visit.ts';

type Handlers = {
  readonly [Type in StateType]: (state: Extract<State, { Type: Type }>, visit: Visit) => Promise<Conclusion>;
};

const HANDLERS: Handlers = {
  Pass: runPass,
  Succeed: runSucceed,
  Fail: runFail,
  Wait: runWait,
  Choice: runChoice,
  Task: runTask,
  Parallel: runParallel,
  Map: runMap,
};

/** From StartAt, or from where it was, to the end of the machine, a branch or an iteration; gives the last output. */
export async function runMachine(
  machine: Machine,
  input: unknown,
  frame: Frame,
  from?: Cursor,
): Promise<unknown> {
  const start = startOf(machine, input, from);
  let { value, progress } = start;
  for (let name = start.name; name !== undefined; ) {
    const state: State | undefined = machine.States[name];
    if (!state) throw new StatesError('States.Runtime', `The state '${name}' does not exist.`);
    const visit = progress ? enterAgain(state, progress, frame) : enter(state, name, value, frame);
    progress = undefined;
    const conclusion: Conclusion = await runState(state, visit);
    value = conclusion.output;
    name = conclusion.next;
  }
  return value;
}

interface Start {
  readonly name: string | undefined;
  readonly value: unknown;
  readonly progress: VisitProgress | undefined;
}

function startOf(machine: Machine, input: unknown, from: Cursor | undefined): Start {
  const position = from?.position ?? { at: 'START' };
  switch (position.at) {
    case 'START':
      return { name: machine.StartAt, value: input, progress: undefined };
    case 'BETWEEN':
      return { name: position.next, value: position.input, progress: undefined };
    case 'STATE':
      return { name: position.visit.name, value: position.visit.input, progress: position.visit };
    default:
      return { name: undefined, value: position.output, progress: undefined };
  }
}

function enter(state: State, name: string, input: unknown, frame: Frame): Visit {
  frame.signal.throwIfAborted();
  const details = { name, input: encodePayload(input, name), inputDetails: notTruncated };
  const { track } = frame;
  const priorId = track.last;
  const enteredId = frame.history.add(track, `${state.Type}StateEntered`, details);
  track.within = state.Type;
  const enteredTime = new Date(frame.options.clock.now()).toISOString();
  return { frame, name, input, enteredId, enteredTime, priorId, retryCount: 0, settled: false };
}

function enterAgain(state: State, progress: VisitProgress, frame: Frame): Visit {
  const { name, input, enteredId, enteredTime, priorId, retryCount, attempt, settled } = progress;
  const succeeded = attempt !== undefined && 'succeeded' in attempt && attempt.succeeded;
  frame.track.within = state.Type;
  return {
    ...{ frame, name, input, enteredId, priorId, retryCount, before: progress, attempt },
    enteredTime: new Date(enteredTime).toISOString(),
    settled: settled || succeeded,
  };
}

async function runState(state: State, visit: Visit): Promise<Conclusion> {
  const conclusion = await recover(state, visit, () => attempt(state, visit));
  leave(state, visit, conclusion);
  return conclusion;
}

function attempt(state: State, visit: Visit): Promise<Conclusion> {
  const handler = HANDLERS[state.Type] as (state: State, visit: Visit) => Promise<Conclusion>;
  return handler(state, visit);
}

function leave(state: State, visit: Visit, { text, assigned, next }: Conclusion): void {
  const { frame, name } = visit;
  frame.variables.assign(assigned);
  const values = Object.entries(assigned).map(([key, value]) => [key, JSON.stringify(value)]);
  const details = {
    name,
    output: text,
    outputDetails: notTruncated,
    ...(values.length > 0 && {
      assignedVariables: Object.fromEntries(values),
      assignedVariablesDetails: notTruncated,
    }),
  };
  const extra = next === undefined ? {} : { next };
  frame.history.add(frame.track, `${state.Type}StateExited`, details, extra);
  frame.track.within = undefined;
}
