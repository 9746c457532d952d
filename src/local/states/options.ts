import type { Clock } from '../clock.ts';
import type { ChildExecution, ChildItem, ExecutionResult } from './execution.ts';
import type { HistoryObserver } from './history.ts';
import type { ItemsSource } from './map/item-format.ts';
import type { MapRun } from './map/map-run.ts';
import type { MapRunRecall } from './map/recall.ts';
import type { Answer, Resume } from './progress/cursor.ts';
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
    readonly RedriveTime?: string;
  };
  readonly StateMachine: { readonly Id: string; readonly Name: string };
}

/** How to answer a task that waits for its token: once, until it times out. Then these throw, as the API's operations do. */
export interface TaskCallback {
  readonly token: string;
  succeed(output: unknown): void;
  fail(error?: string, cause?: string): void;
  heartbeat(): void;
}

export interface TaskCredentials {
  readonly roleArn: string;
}

export interface TaskRequest {
  /**
   * The service integration without the ARN's head, e.g. `lambda:invoke.waitForTaskToken`, `aws-sdk:s3:getObject`; of
   * a function or an activity its ARN.
   */
  readonly resource: string;
  readonly arguments: unknown;
  /** Of a task with Credentials: whose role it is done with instead of the state machine's. */
  readonly credentials?: TaskCredentials;
  /** Aborts when the task is stopped or timed out. */
  readonly signal: AbortSignal;
  /** Of a `.waitForTaskToken` task: what the handler returns then only acknowledges. */
  readonly callback?: TaskCallback;
  /** Of a `.sync` task: tells that its job was submitted, and with what answer. */
  readonly submitted?: (output: unknown) => void;
}

/**
 * Performs a task and gives its result, a JSON value in the shape that the service integration has: of `lambda:invoke`
 * `{ ExecutedVersion, Payload, StatusCode }` (lambdaTaskHandler in lambda-task.ts makes it of a function's answer), of a
 * function's own ARN the bare payload. A StatesError that it throws is the task's failure; any other error is a
 * States.Runtime, which no States.ALL catches.
 */
export type TaskHandler = (request: TaskRequest) => Promise<unknown>;

/** What a ticket is given: of a wait that goes on, what it was before. */
export interface TicketRequest {
  readonly token?: string | undefined;
  readonly beat?: number | undefined;
  readonly answer?: Answer | undefined;
  /** Before the answer is accepted: it must not be lost from then on. */
  onAnswer?(answer: Answer): void;
  onBeat?(time: number): void;
}

/** One wait for a callback. `answer` settles once, by whoever holds the token. */
export interface TaskTicket extends TaskCallback {
  readonly answer: Promise<unknown>;
  lastHeartbeat(): number;
  /** From now on the token is dead. */
  close(): void;
}

export type ItemsRequest = ItemsSource & { readonly signal: AbortSignal };

/** The items of a dataset, one at a time: parseItems makes them of an object's bytes, listedItem of a listing's entry. */
export type ReadItems = (request: ItemsRequest) => DatasetItems | Promise<DatasetItems>;

export type DatasetItems = AsyncIterable<unknown> | Iterable<unknown>;

export interface ResultsRequest {
  readonly bucket: string;
  readonly key: string;
  readonly body: AsyncIterable<Uint8Array>;
}

/** Stores one object; resolves when it is stored, rejects when the body fails. */
export type WriteResults = (request: ResultsRequest) => Promise<void>;

export interface ExecutionListener extends HistoryObserver {
  onEnd(result: ExecutionResult): void;
}

/** Everything that an execution needs of the world around it. */
export interface RunOptions extends HistoryObserver {
  readonly invoke: TaskHandler;
  readonly readItems: ReadItems;
  readonly writeResults: WriteResults;
  readonly clock: Clock;
  readonly context: ExecutionContext;
  readonly newTaskToken: (request: TicketRequest) => TaskTicket;
  /** Names of child executions, `$random`, `$uuid` and the jitter of retries come from it. */
  readonly random: Random;
  readonly signal?: AbortSignal;
  readonly onMapRun?: (mapRun: MapRun) => void;
  /** Before a Map Run's children are redriven. @throws Error where they may not be */
  readonly onMapRedrive?: (mapRun: MapRun) => void;
  readonly onChild?: (child: ChildExecution, item: ChildItem) => ExecutionListener;
  /** False leaves `history` of the result empty, for who listens to the events. */
  readonly keepHistory?: boolean;
  /** Goes on from there instead of the start. */
  readonly resume?: Resume;
  /** The children of a Map Run that goes on. */
  readonly recall?: (mapRunArn: string) => MapRunRecall | undefined;
}

/** What `interpret` is given: how tasks are done, and whatever else shall not be the default. */
export interface InterpretOptions extends Partial<RunOptions> {
  readonly invoke: TaskHandler;
  /** Of the execution, where no `context` is given. */
  readonly name?: string;
  /** Of `random`, where that is not given: the same seed gives the same names, tokens and random numbers. */
  readonly seed?: number;
}
