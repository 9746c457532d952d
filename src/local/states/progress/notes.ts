import type { Failure } from '../errors.ts';
import type { DistributedPlan } from '../map/distributed-plan.ts';
import type { MapRunIdentity } from '../map/map-run.ts';
import type { Items } from '../map/members.ts';
import type { Answer } from './cursor.ts';

/** What a resumption needs of an event beyond what its history says. */
export interface Extra {
  /** Of an exit: the state to come. */
  readonly next?: string;
  readonly token?: string;
  /** What the branches of a Parallel state get. */
  readonly input?: unknown;
  /** Of an inline Map. */
  readonly items?: Items;
  /** Of a distributed one. */
  readonly plan?: DistributedPlan;
  readonly mapRun?: MapRunIdentity;
  readonly mapRunArn?: string;
  readonly failure?: Failure;
}

/** What happens between events. */
export type Note =
  | { readonly kind: 'wait'; readonly until: number }
  | { readonly kind: 'retry'; readonly at: number; readonly retrier: number }
  | { readonly kind: 'beat'; readonly at: number }
  | { readonly kind: 'answer'; readonly answer: Answer };

/** A track as the indices of branches and iterations that lead to it, outermost first. */
export type Path = readonly number[];
