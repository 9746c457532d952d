import type { Clock } from '../../clock.ts';
import type { Machine } from '../definition.ts';
import { Interruption } from '../errors.ts';
import type { HistoryEvent } from '../history.ts';
import { interpret } from '../interpreter.ts';
import type { MapRun } from '../map/map-run.ts';
import type { ChildExecution, ExecutionListener, ExecutionResult, InterpretOptions } from '../options.ts';
import { childScope } from '../waiting.ts';
import { ApiError } from './api-error.ts';
import { type ExecutionData, ExecutionStore, type ExecutionSummary, hashOf } from './execution-store.ts';
import { type StatusChangeDetail, statusChange } from './status-change.ts';

export interface StateMachine {
  readonly arn: string;
  readonly name: string;
  readonly definition: Machine;
  readonly roleArn: string;
  readonly createdTime: number;
}

export type Collaborators = Omit<InterpretOptions, 'context' | 'signal' | 'onEvent' | 'onMapRun' | 'onChild'>;

export interface ExecutionsOptions {
  readonly collaborators: Collaborators;
  readonly onStatusChange: (detail: StatusChangeDetail) => void;
}

/** Starts, observes and stops executions; every one of them, children included, is in its store. */
export class Executions {
  readonly store: ExecutionStore;
  readonly mapRuns = new Map<string, MapRun>();
  readonly #options: ExecutionsOptions;
  readonly #clock: Clock;
  /** Of executions that are no children, by ARN. */
  readonly #ends = new Map<string, Promise<void>>();
  #closing = false;

  static async open(options: ExecutionsOptions): Promise<Executions> {
    return new Executions(options, await ExecutionStore.open());
  }

  private constructor(options: ExecutionsOptions, store: ExecutionStore) {
    this.#options = options;
    this.#clock = options.collaborators.clock;
    this.store = store;
  }

  /** The same name with the same input while it runs is the same execution; otherwise names are not used again. */
  start(machine: StateMachine, name: string, input: string): ExecutionSummary {
    const arn = `${machine.arn.replace(':stateMachine:', ':execution:')}:${name}`;
    const known = this.store.find(arn);
    if (known?.status === 'RUNNING' && known.inputHash === hashOf(input)) return known;
    if (known) throw new ApiError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
    const summary = this.#summary(arn, name, machine.arn, input);
    this.#run(machine, summary, input);
    return summary;
  }

  /** Gives the time at which the execution ended, now or before. */
  async stop(arn: string, error?: string, cause?: string): Promise<number> {
    this.store.running(arn)?.stop(error, cause);
    await this.#ends.get(arn);
    return this.store.find(arn)?.stopTime ?? this.#clock.now();
  }

  /** Stops what runs and waits until it has. That nobody is told of: it is this service that ends, not an execution. */
  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all([...this.#ends.keys()].map((arn) => this.stop(arn)));
    await this.store.close();
  }

  #summary(arn: string, name: string, stateMachineArn: string, input: string): ExecutionSummary {
    const startTime = this.#clock.now();
    const fixed = { mapRunArn: undefined, stopTime: undefined, status: 'RUNNING' } as const;
    return { arn, name, stateMachineArn, startTime, inputHash: hashOf(input), ...fixed };
  }

  #run(machine: StateMachine, summary: ExecutionSummary, input: string): void {
    const scope = childScope();
    const history: HistoryEvent[] = [];
    this.store.start(summary, {
      data: { input, history },
      stop: (error, cause) => scope.abort(new Interruption('ABORTED', error, cause)),
    });
    this.#options.onStatusChange(statusChange(summary, { input, history }));
    const options = this.#interpretOptions(machine, summary, JSON.parse(input), scope.signal, history);
    const end = interpret(machine.definition, options.context.Execution.Input, options)
      .then((result) => this.#ended(summary, input, result))
      .finally(() => this.#ends.delete(summary.arn));
    this.#ends.set(summary.arn, end);
  }

  #ended(started: ExecutionSummary, input: string, result: ExecutionResult): void {
    const data = dataOf(input, result);
    this.store.end(started.arn, result.status, this.#clock.now(), data);
    const summary = this.store.find(started.arn);
    if (summary && !this.#closing) this.#options.onStatusChange(statusChange(summary, data));
  }

  #interpretOptions(
    machine: StateMachine,
    { arn, name, startTime }: ExecutionSummary,
    input: unknown,
    signal: AbortSignal,
    history: HistoryEvent[],
  ): InterpretOptions {
    const StartTime = new Date(startTime).toISOString();
    return {
      ...this.#options.collaborators,
      signal,
      context: {
        Execution: {
          Id: arn,
          Input: input,
          Name: name,
          RoleArn: machine.roleArn,
          StartTime,
          RedriveCount: 0,
        },
        StateMachine: { Id: machine.arn, Name: machine.name },
      },
      onEvent: (event) => history.push(event),
      onMapRun: (mapRun) => this.mapRuns.set(mapRun.identity.arn, mapRun),
      onChild: (child) => this.#observe(child),
    };
  }

  #observe(child: ChildExecution): ExecutionListener {
    const input = JSON.stringify(child.input);
    const history: HistoryEvent[] = [];
    const summary = this.#summary(child.arn, child.name, child.stateMachineArn, input);
    this.store.start(
      { ...summary, mapRunArn: child.mapRunArn },
      { data: { input, history }, stop: child.stop },
    );
    return {
      onEvent: (event) => history.push(event),
      onEnd: (result) => this.store.end(child.arn, result.status, this.#clock.now(), dataOf(input, result)),
    };
  }
}

function dataOf(input: string, { status, output, error, cause, history }: ExecutionResult): ExecutionData {
  return {
    input,
    history,
    ...(status === 'SUCCEEDED' && { output: JSON.stringify(output) }),
    ...(error !== undefined && { error }),
    ...(cause !== undefined && { cause }),
  };
}
