import type { Clock } from '../clock.ts';
import { type Job, type JobCounters, NO_RECORDS } from './job.ts';

interface Shown {
  readonly at: number;
  readonly counters: JobCounters;
}

/**
 * What Get and List tell of the records of jobs. While a job runs Bedrock brings it up to date now and then only (up to a
 * minute, page "Monitor batch inference jobs"); before and after that it is exact.
 */
export class ShownCounters {
  readonly #clock: Clock;
  readonly #lagMs: number;
  /** Of the jobs that run. */
  readonly #shown = new Map<string, Shown>();

  constructor(clock: Clock, lagMs: number) {
    this.#clock = clock;
    this.#lagMs = lagMs;
  }

  /** To be told of every status of every job. */
  note({ id, status }: Job): void {
    if (status === 'InProgress') this.#shown.set(id, { at: this.#clock.now(), counters: NO_RECORDS });
    else if (status !== 'Stopping') this.#shown.delete(id);
  }

  of(job: Job): JobCounters {
    const { id, status, totalRecords, succeededRecords, failedRecords } = job;
    const exact = { totalRecords, succeededRecords, failedRecords };
    if (status !== 'InProgress' && status !== 'Stopping') return exact;
    const at = this.#clock.now();
    const shown = this.#shown.get(id);
    if (shown !== undefined && at - shown.at < this.#lagMs) return shown.counters;
    this.#shown.set(id, { at, counters: exact });
    return exact;
  }
}
