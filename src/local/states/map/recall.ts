import type { EndedChild } from '../execution.ts';
import type { Resume } from '../progress/cursor.ts';
import type { MapRun } from './map-run.ts';

/** A child execution that goes on under its own name. */
export interface EarlierChild {
  readonly name: string;
  readonly startTime: number;
  readonly redriveCount: number;
  readonly redriveTime?: number;
  readonly resume: Resume;
}

/** The input of one child execution and how many items it stands for. */
export interface ChildInput {
  readonly index: number;
  readonly input: unknown;
  readonly items: number;
  /** Of a child that goes on. */
  readonly earlier?: EarlierChild;
}

/** A Map Run that a restart or a failure broke off: what there is of its children. */
export interface MapRunRecall {
  readonly mapRun: MapRun;
  isStarted(index: number): boolean;
  /** Those that ended for good, in the order in which they did. */
  ended(): AsyncIterable<EndedChild>;
  /** The next that was at work and did not end. */
  takeRunning(): ChildInput | undefined;
  /** The next that ended without success before the redrive. Taking it redrives it. */
  takeUnsuccessful(): ChildInput | undefined;
}
