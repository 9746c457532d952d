import type { MapState } from '../definition.ts';
import { Interruption } from '../errors.ts';
import type { ChildExecution, EndedChild } from '../execution.ts';
import type { ExecutionListener, RunOptions } from '../options.ts';
import { uuidFrom } from '../random.ts';
import type { Visit } from '../visit.ts';
import { childScope, type Scope } from '../waiting.ts';
import type { MapRun } from './map-run.ts';
import type { ChildInput } from './recall.ts';

/** `arn:…:execution:Machine:name` in its parts. */
function parentParts(visit: Visit): { readonly head: string; readonly machine: string } {
  const [arn, partition, service, region, account, , machine = ''] =
    visit.frame.options.context.Execution.Id.split(':');
  return { head: [arn, partition, service, region, account].join(':'), machine };
}

/** AWS makes a label up where none is given; ours is the state's name as far as a label may hold it. */
function labelOf(state: MapState, visit: Visit): string {
  return state.Label ?? visit.name.replace(/[^A-Za-z0-9_-]/g, '').slice(0, 40);
}

export function mapRunArnOf(state: MapState, visit: Visit): string {
  const { head, machine } = parentParts(visit);
  return `${head}:mapRun:${machine}/${labelOf(state, visit)}:${uuidFrom(visit.frame.options.random)}`;
}

export function mapStateMachineArn(state: MapState, visit: Visit): string {
  const { head, machine } = parentParts(visit);
  return `${head}:stateMachine:${machine}/${labelOf(state, visit)}`;
}

export interface ChildSetting {
  readonly state: MapState;
  readonly visit: Visit;
  readonly mapRun: MapRun;
  readonly signal: AbortSignal;
}

/** Runs one child as an execution of its own: own history, own context, none of the parent's variables. */
export async function runChild(setting: ChildSetting, one: ChildInput): Promise<EndedChild> {
  const { state, visit, signal } = setting;
  const { options, runners, expressions } = visit.frame;
  const scope = childScope(signal);
  try {
    const child = describeChild(setting, one, scope);
    const listener = options.onChild?.(child, one);
    const own = { ...childOptions(visit, child, scope.signal), ...observed(listener) };
    const resumed = one.earlier ? { ...own, resume: one.earlier.resume } : own;
    const result = await runners.runExecution(state.ItemProcessor, one.input, resumed, expressions);
    listener?.onEnd(result);
    return { index: one.index, child, result, stopTime: options.clock.now() };
  } finally {
    scope.release();
  }
}

function observed(listener: ExecutionListener | undefined): Pick<RunOptions, 'onEvent' | 'onNote'> {
  return {
    ...(listener?.onEvent && { onEvent: listener.onEvent.bind(listener) }),
    ...(listener?.onNote && { onNote: listener.onNote.bind(listener) }),
  };
}

function describeChild({ visit, mapRun }: ChildSetting, one: ChildInput, scope: Scope): ChildExecution {
  const { clock, random } = visit.frame.options;
  const { stateMachineArn, arn: mapRunArn } = mapRun.identity;
  const { earlier } = one;
  const name = earlier?.name ?? uuidFrom(random);
  return {
    arn: `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`,
    name,
    mapRunArn,
    stateMachineArn,
    input: one.input,
    startTime: earlier?.startTime ?? clock.now(),
    redriveCount: earlier?.redriveCount ?? 0,
    ...(earlier?.redriveTime !== undefined && { redriveTime: earlier.redriveTime }),
    stop: (error, cause) => scope.abort(new Interruption('ABORTED', error, cause)),
  };
}

function childOptions(visit: Visit, child: ChildExecution, signal: AbortSignal): RunOptions {
  const { onEvent: _event, onNote: _note, resume: _resume, ...shared } = visit.frame.options;
  const { redriveTime } = child;
  return {
    ...shared,
    signal,
    context: {
      Execution: {
        Id: child.arn,
        Input: child.input,
        Name: child.name,
        RoleArn: shared.context.Execution.RoleArn,
        StartTime: new Date(child.startTime).toISOString(),
        RedriveCount: child.redriveCount,
        ...(redriveTime !== undefined && { RedriveTime: new Date(redriveTime).toISOString() }),
      },
      StateMachine: {
        Id: child.stateMachineArn,
        Name: child.stateMachineArn.slice(child.stateMachineArn.lastIndexOf(':') + 1),
      },
    },
  };
}
