import type { Clock } from '../clock.ts';
import type { ChildExecution, ChildItem, ExecutionResult } from './execution.ts';
import type { HistoryObserver } from './history.ts';
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

export interface TaskRequest {
  /** The service integration without partition, e.g. `lambda:invoke.waitForTaskToken`. */
  readonly resource: string;
  readonly arguments: unknown;
  readonly signal: AbortSignal;
}

/** Performs a task and gives its raw result; a StatesError is the task's failure. */
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

export interface ExecutionListener extends HistoryObserver {
  onEnd(result: ExecutionResult): void;
}

export interface InterpretOptions extends HistoryObserver {
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
  readonly onChild?: (child: ChildExecution, item: ChildItem) => ExecutionListener;
  /** False leaves `history` of the result empty, for who listens to the events. */
  readonly keepHistory?: boolean;
  /** Goes on from there instead of the start. */
  readonly resume?: Resume;
  /** The children of a Map Run that goes on. */
  readonly recall?: (mapRunArn: string) => MapRunRecall | undefined;
}
