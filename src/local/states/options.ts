import type { Clock } from '../clock.ts';
import type { EndStatus } from './errors.ts';
import type { HistoryEvent } from './history.ts';
import type { MapRun } from './map/map-run.ts';
import type { Random } from './random.ts';

/** The initial `$states.context`; `StartTime` is ISO 8601. */
export interface ExecutionContext {
  readonly Execution: {
    readonly Id: string;
    readonly Input: unknown;
    readonly Name: string;
    readonly RoleArn: string;
    readonly StartTime: string;
    readonly RedriveCount: number;
  };
  readonly StateMachine: { readonly Id: string; readonly Name: string };
}

export interface TaskRequest {
  /** The service integration without partition, e.g. `lambda:invoke.waitForTaskToken`. */
  readonly resource: string;
  readonly arguments: unknown;
  readonly signal: AbortSignal;
}

/** Performs a task and gives its raw result; a StatesError is the task's failure. */
export type TaskHandler = (request: TaskRequest) => Promise<unknown>;

/** One wait for a callback. `answer` settles once, by whoever holds the token. */
export interface TaskTicket {
  readonly token: string;
  readonly answer: Promise<unknown>;
  lastHeartbeat(): number;
  /** From now on the token is dead. */
  close(): void;
}

export interface ItemsRequest {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string;
  readonly inputType: 'JSON' | 'JSONL';
  readonly signal: AbortSignal;
}

/** The items of a dataset, one at a time (see item-parsers.ts for the formats). */
export type ReadItems = (request: ItemsRequest) => AsyncIterable<unknown>;

export interface ResultsRequest {
  readonly bucket: string;
  readonly key: string;
  readonly body: AsyncIterable<Uint8Array>;
}

/** Stores one object; resolves when it is stored, rejects when the body fails. */
export type WriteResults = (request: ResultsRequest) => Promise<void>;

export interface ExecutionResult {
  readonly status: EndStatus;
  readonly output?: unknown;
  readonly error?: string;
  readonly cause?: string;
  readonly history: readonly HistoryEvent[];
}

/** A child execution of a distributed map, told as it starts. */
export interface ChildExecution {
  readonly arn: string;
  readonly name: string;
  readonly mapRunArn: string;
  readonly stateMachineArn: string;
  readonly input: unknown;
  readonly startTime: number;
  stop(error?: string, cause?: string): void;
}

export interface ExecutionListener {
  onEvent(event: HistoryEvent): void;
  onEnd(result: ExecutionResult): void;
}

export interface InterpretOptions {
  readonly invoke: TaskHandler;
  readonly readItems: ReadItems;
  readonly writeResults: WriteResults;
  readonly clock: Clock;
  readonly context: ExecutionContext;
  readonly newTaskToken: () => TaskTicket;
  /** Names of child executions, `$random`, `$uuid` and the jitter of retries come from it. */
  readonly random: Random;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: HistoryEvent) => void;
  readonly onMapRun?: (mapRun: MapRun) => void;
  readonly onChild?: (child: ChildExecution) => ExecutionListener;
}
