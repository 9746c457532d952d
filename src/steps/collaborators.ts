import type { S3Location } from '../batch/keys.ts';
import type { Execution, JobCounters, PinnedObject, UploadState } from '../batch/manifest.ts';
import type { ByteSource, Piece } from '../data/byte-source.ts';

/** The stack's bucket, and objects pinned in it. */
export interface ObjectStore {
  readonly bucket: string;
  /** @throws BatchError NotFound */
  pin(location: S3Location): Promise<PinnedObject>;
  /** Reads fail with SourceChanged if the object is not the pinned one any more. */
  source(object: PinnedObject): ByteSource;
  exists(key: string): Promise<boolean>;
  /** From a byte on, or the whole. */
  read(key: string, range?: { readonly from?: number }): AsyncIterable<Uint8Array>;
  /** Keys below a prefix, in order. */
  list(prefix: string): AsyncIterable<string>;
  write(key: string, body: AsyncIterable<Uint8Array> | string): Promise<void>;
  /**
   * An object in the making, or one that was put down; it is there when it is complete, and not before. The bytes that are expected
   * decide how large its parts are, so that they are few enough; what turns out a little larger is written all the same.
   */
  upload(key: string, state?: UploadState, expectedBytes?: number): ObjectUpload;
}

export interface ObjectCreator {
  /** Writes an object where there is none. False if there is one; it may be this very one, of a try whose answer was lost. */
  create(key: string, body: string): Promise<boolean>;
}

/** Every call throws an error named NoSuchUpload once the upload was completed or aborted, here or elsewhere. */
export interface ObjectUpload {
  /** @throws BatchError SourceChanged if the object of a range is not the pinned one any more */
  add(piece: Piece): Promise<void>;
  /** Puts the upload down, to be taken up by what this returns; undefined where S3 wants more bytes before. */
  pause(): Promise<UploadState | undefined>;
  complete(): Promise<void>;
  /** Leaves nothing behind. Does not fail: whoever aborts has an error to tell already. */
  abort(): Promise<void>;
}

export interface JobRequest {
  readonly jobName: string;
  readonly clientRequestToken: string;
  readonly modelId: string;
  readonly inputUri: string;
  readonly outputUri: string;
}

export interface Job {
  readonly jobArn: string;
  readonly status: string;
  readonly message?: string | undefined;
  /** As Bedrock last told; they lag behind. */
  readonly counters?: JobCounters | undefined;
}

export interface JobReader {
  /** @throws BatchError NotFound for a job that Bedrock does not know */
  get(jobArn: string): Promise<Job>;
  /** The job of exactly this name, if there is one. */
  findByName(jobName: string): Promise<Job | undefined>;
}

export interface JobStopper extends JobReader {
  /** Asks Bedrock to stop a job. One that has ended, or is stopping, is no error. */
  stop(jobArn: string): Promise<void>;
}

/** Bedrock's model invocation jobs. */
export interface Jobs extends JobReader {
  /**
   * Idempotent by `clientRequestToken` and by name. Returns the job's ARN.
   * @throws BatchError JobSlotUnavailable, or an error named as one of `jobRefusals` where Bedrock will have no such job
   */
  create(request: JobRequest): Promise<string>;
}

export interface SlotHolder {
  readonly modelId: string;
  readonly jobName: string;
  /** When the slot was last asked for, in milliseconds since the epoch. */
  readonly since: number;
}

/** How many jobs of a model may be with Bedrock at a time, over all runs of the stack. */
export interface Slots {
  /** False if all slots are taken. A job that holds one is given it again. */
  acquire(modelId: string, jobName: string): Promise<boolean>;
  /** Idempotent. With `since`, only if the slot was not asked for again meanwhile. */
  release(modelId: string, jobName: string, since?: number): Promise<void>;
  /** Costs a read for each model that was ever used. */
  holders(): AsyncIterable<SlotHolder>;
}

/** Turns of a run's chunks to ask the model on demand. A turn that is not given back ends when no function can be at work any more. */
export interface Turns {
  /** False if as many chunks have one. A chunk that has one is given it again. */
  take(run: Execution, chunk: number, most: number): Promise<boolean>;
  /** Idempotent. */
  giveBack(run: Execution, chunk: number): Promise<void>;
}

/** What a model made of one body, in Bedrock's own JSON. */
export type Invocation =
  | { readonly body: string }
  | {
      readonly errorCode: number | string;
      readonly errorMessage: string;
      /** A throttle, or a fault of the service: the same body may do later. */
      readonly retryable?: boolean;
    };

/** Models on demand. */
export interface ModelInvoker {
  /** A record's failure is a value; what throws is about no record: credentials, or the signal. */
  invoke(modelId: string, body: string, signal?: AbortSignal): Promise<Invocation>;
}

export interface InventoryItem {
  readonly jobName: string;
  readonly runId: string;
  readonly executionArn: string;
  readonly chunk: number;
  readonly attempt: number;
  readonly modelId: string;
  readonly taskToken: string;
  /** When the task of that token was scheduled, in milliseconds since the epoch. */
  readonly askedAt: number;
  /** When it was entered, or given to another delivery of its task, by the clock of the functions. */
  readonly deliveredAt: number;
  readonly jobArn?: string | undefined;
  readonly status?: string | undefined;
}

/** The ledger of jobs, by job name. An item is there before its job is. */
export interface Inventory {
  /** False if the job's name is in the ledger already. */
  add(item: Omit<InventoryItem, 'deliveredAt'>): Promise<boolean>;
  get(jobName: string): Promise<InventoryItem | undefined>;
  /** Gives the job to another delivery of its task: the last one that was asked waits for the answer. */
  handOver(jobName: string, taskToken: string, askedAt: number): Promise<void>;
  recordArn(jobName: string, jobArn: string): Promise<void>;
  /** Moves the status forward only. False if the item already stands there or further. */
  advance(jobName: string, job: Pick<Job, 'status' | 'message' | 'jobArn'>): Promise<boolean>;
  /** The jobs of an execution, in order of their names. One that was entered this very second may not be among them. */
  ofExecution(executionArn: string): AsyncIterable<InventoryItem>;
}

export interface TaskCallbacks {
  /** False if nobody waits on the token any more. */
  succeed(taskToken: string, output: unknown): Promise<boolean>;
  /** Whether somebody waits on the token. */
  isAwaited(taskToken: string): Promise<boolean>;
}

/** Executions of the state machine. */
export interface ExecutionReader {
  /** Undefined for one that Step Functions does not know, or not any more. */
  statusOf(executionArn: string): Promise<string | undefined>;
  /** How often it was redriven. */
  redrivesOf(executionArn: string): Promise<number>;
}

export interface Log {
  info(message: string, fields: Record<string, unknown>): void;
}
