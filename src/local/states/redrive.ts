import { MAX_EVENTS } from './history.ts';

const DAY = 24 * 60 * 60 * 1000;
/** See the page of RedriveExecution. */
const REDRIVABLE_PERIOD = 14 * DAY;
const LONGEST_EXECUTION = 365 * DAY;
const MOST_REDRIVES = 1000;

/** What decides whether an execution can be redriven. */
export interface RedriveCandidate {
  readonly status: string;
  /** A child is redriven with its Map Run only. */
  readonly ofMapRun: boolean;
  readonly startTime?: number;
  readonly stopTime?: number | undefined;
  readonly redriveCount?: number;
  readonly eventCount?: number;
  readonly now?: number;
}

export interface RedriveStatus {
  readonly redriveStatus: 'REDRIVABLE' | 'REDRIVABLE_BY_MAP_RUN' | 'NOT_REDRIVABLE';
  readonly redriveStatusReason?: string;
}

/** As DescribeExecution gives it; the reason is AWS's text. */
export function redriveStatusOf(candidate: RedriveCandidate): RedriveStatus {
  const redriveStatusReason = reasonAgainst(candidate);
  if (redriveStatusReason !== undefined) return { redriveStatus: 'NOT_REDRIVABLE', redriveStatusReason };
  return { redriveStatus: candidate.ofMapRun ? 'REDRIVABLE_BY_MAP_RUN' : 'REDRIVABLE' };
}

function reasonAgainst(candidate: RedriveCandidate): string | undefined {
  const { status, startTime = 0, now = startTime, stopTime = now } = candidate;
  if (status === 'RUNNING' || status === 'SUCCEEDED') return `Execution is ${status} and cannot be redriven`;
  // The last place in the history is kept for the event that ends the execution.
  if ((candidate.eventCount ?? 0) >= MAX_EVENTS - 1) return 'Execution history event limit exceeded';
  if (now - startTime > LONGEST_EXECUTION) return 'Execution has exceeded the max execution time';
  if (now - stopTime > REDRIVABLE_PERIOD) return 'Execution redrivable period exceeded';
  if ((candidate.redriveCount ?? 0) >= MOST_REDRIVES) return 'Execution redrive limit exceeded';
  return undefined;
}
