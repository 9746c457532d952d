import type { EndStatus } from '../errors.ts';

/** The counters of DescribeMapRun, kept once for items and once for child executions. */
export interface Counts {
  /** Unsuccessful, and to be run again by the redrive that goes on. */
  pendingRedrive: number;
  running: number;
  succeeded: number;
  failed: number;
  timedOut: number;
  aborted: number;
  total: number;
  resultsWritten: number;
}

type Outcome = 'succeeded' | 'failed' | 'timedOut' | 'aborted';

const OUTCOMES = {
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  TIMED_OUT: 'timedOut',
  ABORTED: 'aborted',
} as const satisfies Record<EndStatus, Outcome>;

export interface Tolerance {
  readonly count: number | undefined;
  readonly percentage: number | undefined;
}

export interface MapRunIdentity {
  readonly arn: string;
  readonly executionArn: string;
  readonly stateMachineArn: string;
  readonly maxConcurrency: number;
  readonly tolerance: Tolerance;
  readonly startTime: number;
  /** Whether results go to a ResultWriter's destination. */
  readonly exports: boolean;
}

/** The record of one run of a distributed map; `itemCounts.total` grows while the dataset is read. */
export class MapRun {
  readonly identity: MapRunIdentity;
  readonly itemCounts: Counts = noCounts();
  readonly executionCounts: Counts = noCounts();
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED' = 'RUNNING';
  stopTime: number | undefined;
  redriveCount = 0;
  redriveTime: number | undefined;
  #totalKnown = false;

  constructor(identity: MapRunIdentity) {
    this.identity = identity;
  }

  childStarted(items: number): void {
    for (const [counts, by] of this.#both(items)) {
      counts.running += by;
      counts.total += by;
    }
  }

  childEnded(status: EndStatus, items: number): void {
    for (const [counts, by] of this.#both(items)) {
      counts.running -= by;
      counts[OUTCOMES[status]] += by;
      if (this.identity.exports) counts.resultsWritten += by;
    }
  }

  /** Whatever was not successful is to run again. */
  redrive(time: number): void {
    Object.assign(this, { status: 'RUNNING', stopTime: undefined, redriveTime: time });
    this.redriveCount += 1;
    for (const counts of [this.itemCounts, this.executionCounts]) {
      const again = counts.failed + counts.timedOut + counts.aborted;
      Object.assign(counts, { pendingRedrive: again, failed: 0, timedOut: 0, aborted: 0 });
      if (this.identity.exports) counts.resultsWritten -= again;
    }
  }

  childRedriven(items: number): void {
    for (const [counts, by] of this.#both(items)) {
      counts.pendingRedrive -= by;
      counts.running += by;
    }
  }

  /** Only now can a percentage be judged. */
  allItemsKnown(): void {
    this.#totalKnown = true;
  }

  get intolerable(): boolean {
    const { count, percentage } = this.identity.tolerance;
    const { failed, timedOut, total } = this.itemCounts;
    const bad = failed + timedOut;
    if (count !== undefined && bad > count) return true;
    // Without any tolerance, one failure is too many.
    const limit = percentage ?? (count === undefined ? 0 : 100);
    if (limit === 0) return bad > 0;
    return this.#totalKnown && bad * 100 > limit * total;
  }

  end(status: 'SUCCEEDED' | 'FAILED' | 'ABORTED', time: number): void {
    this.status = status;
    this.stopTime = time;
  }

  #both(items: number): [Counts, number][] {
    return [
      [this.itemCounts, items],
      [this.executionCounts, 1],
    ];
  }
}

function noCounts(): Counts {
  const ended = { succeeded: 0, failed: 0, timedOut: 0, aborted: 0 };
  return { running: 0, ...ended, total: 0, resultsWritten: 0, pendingRedrive: 0 };
}
