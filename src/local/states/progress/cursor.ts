import type { Failure } from '../errors.ts';
import type { DistributedPlan } from '../map/distributed-plan.ts';
import type { Items } from '../map/members.ts';

/** How far an execution has come, as its journal tells it: what `interpret` needs to go on with it. */
export interface Resume {
  /** Events there are already. */
  readonly events: number;
  /** Of the start or the last redrive: from then on the execution's TimeoutSeconds count. */
  readonly since: number;
  readonly cursor: Cursor;
}

/** Where one track is: the whole execution, a branch of a Parallel state or an iteration of an inline Map. */
export interface Cursor {
  /** The id of the last event. */
  last: number;
  /** Assigned in this scope, not in those around it. */
  readonly variables: Record<string, unknown>;
  position: Position;
  /** The abortion of its state is in the history, for its own failure or that of another track. */
  aborted: boolean;
  /** Its own, which ended the track. */
  failure?: Failure;
  /** An iteration of an inline Map has events around those of its states. */
  iteration?: 'STARTED' | 'SUCCEEDED' | 'FAILED' | 'ABORTED';
}

export type Position =
  | { readonly at: 'START' }
  | { readonly at: 'STATE'; readonly visit: VisitProgress }
  | { readonly at: 'BETWEEN'; readonly next: string; readonly input: unknown }
  | { readonly at: 'END'; readonly output: unknown };

/** A state that was entered and not left. */
export interface VisitProgress {
  readonly name: string;
  readonly input: unknown;
  readonly enteredId: number;
  readonly enteredTime: number;
  /** Of the last event before it. */
  readonly priorId: number;
  retryCount: number;
  /** By the index of the retrier. */
  retries: Record<number, number>;
  /** The end of a wait for a retry. */
  retryAt?: number | undefined;
  /** Of the last attempt; what to do about it is not in the journal yet. */
  failure?: Failure | undefined;
  /** Of a Map or Parallel state: it failed, and the history says so. */
  settled: boolean;
  attempt?: Attempt | undefined;
}

export type Attempt = WaitAttempt | TaskAttempt | ParallelAttempt | InlineAttempt | DistributedAttempt;

export interface WaitAttempt {
  readonly kind: 'wait';
  readonly until: number;
}

export interface TaskAttempt {
  readonly kind: 'task';
  readonly arguments: unknown;
  readonly credentials: { readonly roleArn: string } | undefined;
  readonly timeoutSeconds: number | undefined;
  readonly heartbeatSeconds: number | undefined;
  readonly token: string | undefined;
  readonly scheduledTime: number;
  started: boolean;
  /** The function acknowledged: what is left is the wait for the callback. */
  submitted: boolean;
  beat?: number;
  /** Accepted from SendTaskSuccess or SendTaskFailure. */
  answer?: Answer;
  result?: { readonly value: unknown };
}

export type Answer = { readonly output: unknown } | { readonly failure: Failure };

/** Tracks by the index of the branch or the item. */
type Inner = Map<number, Cursor>;

export interface ParallelAttempt {
  readonly kind: 'parallel';
  readonly startedId: number;
  readonly input: unknown;
  inner: Inner;
  succeeded: boolean;
}

export interface InlineAttempt {
  readonly kind: 'inline';
  readonly startedId: number;
  readonly items: Items;
  inner: Inner;
  succeeded: boolean;
}

export interface DistributedAttempt {
  readonly kind: 'distributed';
  readonly plan: DistributedPlan;
  mapRunArn?: string;
  /** Its redrive is asked for and not begun. */
  redrive: boolean;
  succeeded: boolean;
}

export function startCursor(last: number): Cursor {
  return { last, variables: {}, position: { at: 'START' }, aborted: false };
}

/** The tracks inside of the state that a track is in. */
export function innerOf(cursor: Cursor): Inner | undefined {
  const attempt = cursor.position.at === 'STATE' ? cursor.position.visit.attempt : undefined;
  return attempt?.kind === 'parallel' || attempt?.kind === 'inline' ? attempt.inner : undefined;
}
