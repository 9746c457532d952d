import type { Clock } from '../../clock.ts';
import type { Machine } from '../definition.ts';
import { Interruption } from '../errors.ts';
import type { ChildExecution, ChildItem } from '../execution.ts';
import type { HistoryObserver } from '../history.ts';
import { interpret } from '../interpreter.ts';
import type { ExecutionRecord } from '../journal/execution-record.ts';
import { ExecutionStore } from '../journal/execution-store.ts';
import { hashOf } from '../journal/hash.ts';
import type { ExecutionListener, RunOptions } from '../options.ts';
import type { Resume } from '../progress/cursor.ts';
import type { TaskTokens } from '../task-tokens.ts';
import { childScope } from '../waiting.ts';
import { ApiError } from './api-error.ts';
import { executionContext } from './execution-context.ts';
import { failExecution } from './fail-execution.ts';
import { expectAnswers } from './pending-tokens.ts';
import { RecalledChildren } from './recalled-children.ts';
import { redriveExecution, redriveStatus } from './redrive-execution.ts';
import { type StatusChangeDetail, statusChange } from './status-change.ts';

export interface StateMachine {
  readonly arn: string;
  readonly name: string;
  readonly definition: Machine;
  /** The definition as it was given. */
  readonly text: string;
  readonly roleArn: string;
  readonly createdTime: number;
}

export type Collaborators = Pick<RunOptions, 'clock' | 'random' | 'invoke' | 'readItems' | 'writeResults'>;

export interface ExecutionsOptions {
  readonly collaborators: Collaborators;
  /** Those of an execution's role. */
  readonly callAs?: (roleArn: string) => Partial<Collaborators>;
  /** @throws Error where the role may not start children of the state machine's Distributed Maps */
  readonly assertMapRun?: ((roleArn: string, stateMachineArn: string) => void) | undefined;
  /** @throws Error where the role may not redrive executions of a Distributed Map's own state machine */
  readonly assertRedrive?: ((roleArn: string, mapMachineArn: string) => void) | undefined;
  readonly onStatusChange: (detail: StatusChangeDetail) => void;
  readonly directory: string;
  readonly tokens: TaskTokens;
}

type Stop = (error?: string, cause?: string) => void;

/** Starts, observes, stops and redrives executions; every one of them, children included, is in its store. */
export class Executions {
  readonly store: ExecutionStore;
  readonly #options: ExecutionsOptions;
  readonly #clock: Clock;
  readonly #stops = new Map<string, Stop>();
  /** Of executions that are no children, by ARN. */
  readonly #ends = new Map<string, Promise<void>>();
  #closing = false;

  static async open(options: ExecutionsOptions): Promise<Executions> {
    const store = await ExecutionStore.open(options.directory);
    // A callback may come before its execution goes on.
    expectAnswers(store, options.tokens, options.collaborators.clock);
    return new Executions(options, store);
  }

  private constructor(options: ExecutionsOptions, store: ExecutionStore) {
    this.#options = options;
    this.#clock = options.collaborators.clock;
    this.store = store;
  }

  /** The same name with the same input while it runs is the same execution; otherwise names are not used again. */
  start(machine: StateMachine, name: string, input: string): ExecutionRecord {
    const { arn: stateMachineArn, roleArn, definition } = machine;
    const arn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
    const known = this.store.find(arn);
    const inputHash = hashOf(input);
    if (known?.status === 'RUNNING' && known.identity.inputHash === inputHash) return known;
    if (known) throw new ApiError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
    const what = { definition: this.store.definitions.save(definition), roleArn, inputHash };
    const startTime = this.#clock.now();
    const record = this.store.create({ arn, name, stateMachineArn, startTime, ...what });
    this.#run(record, definition, input);
    if (record.eventCount === 0) this.#discard(record);
    record.log.throwIfBroken();
    this.#tell(record);
    return record;
  }

  /** Gives the time at which the execution ended, now or before. */
  async stop(record: ExecutionRecord, error?: string, cause?: string): Promise<number> {
    if (record.status === 'RUNNING') {
      this.store.mark(record, 'StopAccepted', this.#clock.now(), { error, cause });
      this.#stops.get(record.arn)?.(error, cause);
      await this.#ends.get(record.arn);
    }
    return record.stopTime ?? this.#clock.now();
  }

  /** Gives the time of the redrive; the same token within ten redrives is the same redrive. */
  redrive(record: ExecutionRecord, clientToken: string | undefined): number {
    const { redriveTime, identity } = record;
    if (clientToken !== undefined && record.clientTokens.includes(clientToken)) {
      return redriveTime ?? this.#clock.now();
    }
    const { redriveStatus: status, redriveStatusReason } = redriveStatus(record, this.#clock.now());
    if (status !== 'REDRIVABLE') {
      const byMapRun = 'The execution is redriven with its Map Run';
      throw new ApiError('ExecutionNotRedrivable', redriveStatusReason ?? byMapRun);
    }
    const definition = this.store.definitions.load(identity.definition ?? '');
    redriveExecution(this.store, record, this.#clock.now(), clientToken);
    this.#tell(record);
    this.#run(record, definition, this.store.data(record).input, record.progress());
    return record.redriveTime ?? this.#clock.now();
  }

  /** Goes on with what ran when the process ended, and tells of what it could not tell any more. */
  resume(hasMachine: (arn: string) => boolean): void {
    for (const record of [...this.store.list()]) {
      if (record.of !== 0) continue;
      if (record.status !== record.told) this.#tell(record);
      if (record.status !== 'RUNNING') record.log.close();
      else this.#goOn(record, hasMachine(record.identity.stateMachineArn));
    }
  }

  /** Leaves what runs as it is in the journals. Nobody is told: it is this service that ends, not an execution. */
  suspend(): void {
    this.#closing = true;
    this.store.suspend();
    for (const stop of this.#stops.values()) stop();
  }

  /** What is asked now would not be written any more; SDKs ask again. */
  throwIfClosing(): void {
    if (this.#closing) throw new ApiError('ServiceUnavailable', 'The service is being closed.', 503);
  }

  async close(): Promise<void> {
    this.suspend();
    const ends = await Promise.allSettled(this.#ends.values());
    this.store.close();
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  /** Its start could not be written, and who asked for it is told so. */
  #discard(record: ExecutionRecord): void {
    this.#stops.delete(record.arn);
    this.#ends.delete(record.arn);
    this.store.discard(record);
  }

  #goOn(record: ExecutionRecord, hasMachine: boolean): void {
    try {
      if (!hasMachine)
        throw new Error(`The state machine ${record.identity.stateMachineArn} does not exist.`);
      const definition = this.store.definitions.load(record.identity.definition ?? '');
      this.#run(record, definition, this.store.data(record).input, record.progress());
    } catch (error) {
      const cause = `The execution cannot go on after a restart. ${(error as Error).message}`;
      failExecution(this.store, record, this.#clock.now(), { error: 'States.Runtime', cause });
      this.#ended(record);
    }
  }

  #run(record: ExecutionRecord, definition: Machine, input: string, resume?: Resume): void {
    const scope = childScope();
    const stop: Stop = (error, cause) => scope.abort(new Interruption('ABORTED', error, cause));
    if (record.stop) stop(record.stop.error, record.stop.cause);
    this.#stops.set(record.arn, stop);
    const given = JSON.parse(input) as unknown;
    const options = { ...this.#runOptions(record, given), signal: scope.signal };
    const end = interpret(definition, given, resume ? { ...options, resume } : options).then(() => {
      this.#stops.delete(record.arn);
      this.#ends.delete(record.arn);
      this.#ended(record);
    });
    this.#ends.set(record.arn, end);
    // A journal that cannot be written ends here; close() reports it.
    end.catch(() => undefined);
  }

  #ended(record: ExecutionRecord): void {
    this.#tell(record);
    record.log.close();
  }

  #tell(record: ExecutionRecord): void {
    if (this.#closing) return;
    const { status } = record;
    this.#options.onStatusChange(statusChange(record, this.store.data(record)));
    this.store.mark(record, 'StatusTold', this.#clock.now(), { status });
  }

  #runOptions(record: ExecutionRecord, input: unknown): RunOptions {
    const { mapRuns } = this.store;
    const { collaborators, tokens, callAs, assertMapRun, assertRedrive } = this.#options;
    const { roleArn, stateMachineArn } = record.identity;
    return {
      ...collaborators,
      ...(roleArn !== undefined && callAs?.(roleArn)),
      ...this.#observe(record),
      newTaskToken: (request) => tokens.open(request),
      context: executionContext(record, input),
      keepHistory: false,
      onMapRun: (mapRun) => {
        assertMapRun?.(roleArn ?? '', stateMachineArn);
        mapRuns.set(mapRun.identity.arn, mapRun);
      },
      onMapRedrive: ({ identity }) => assertRedrive?.(roleArn ?? '', identity.stateMachineArn),
      onChild: (child, item) => this.#observeChild(record, child, item),
      recall: (mapRunArn) => {
        const mapRun = mapRuns.get(mapRunArn);
        return mapRun && new RecalledChildren(this.store, mapRun, this.#clock);
      },
    };
  }

  #observe(record: ExecutionRecord): Required<HistoryObserver> {
    return {
      onEvent: (event, path, extra) => this.store.event(record, event, path, extra),
      onNote: (note, path) => this.store.note(record, this.#clock.now(), note, path),
    };
  }

  #observeChild(
    { log }: ExecutionRecord,
    child: ChildExecution,
    { index, items }: ChildItem,
  ): ExecutionListener {
    const { arn, name, mapRunArn, stateMachineArn, startTime } = child;
    const identity = { arn, name, stateMachineArn, startTime, mapRunArn, index, items };
    const record = this.store.find(arn) ?? this.store.createChild(identity, log);
    this.#stops.set(arn, child.stop);
    if (record.stop) child.stop(record.stop.error, record.stop.cause);
    return { ...this.#observe(record), onEnd: () => void this.#stops.delete(arn) };
  }
}
