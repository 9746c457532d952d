import { once } from 'node:events';
import type { S3Client } from '@aws-sdk/client-s3';
import type { Clock } from '../clock.ts';
import type { JobFaults } from '../faults/job-faults.ts';
import type { RecordFaults } from '../faults/record-faults.ts';
import type { RoleClients } from '../s3/role-clients.ts';
import type { AnswerBackEnd } from './answer-back-end.ts';
import type { AnswerLedger } from './answer-ledger.ts';
import type { Job, JobState } from './job.ts';
import type { JobStore } from './job-store.ts';

export interface LifecycleOptions {
  readonly store: JobStore;
  readonly s3: RoleClients;
  /** @throws Error where Bedrock may not act as the job's role */
  readonly assumeRole: (job: Job) => void;
  readonly clock: Clock;
  readonly backEnd: AnswerBackEnd;
  readonly seed: number;
  /** The least time in each status, on the clock. */
  readonly stepMs: number;
  readonly recordsPerSecond: number | undefined;
  readonly jobFaults: JobFaults;
  readonly recordFaults: RecordFaults;
  readonly ledger: AnswerLedger | undefined;
  readonly onStatus: (job: Job) => void;
  readonly closing: AbortSignal;
}

/** One job that is being led to its end. */
export interface JobRun {
  readonly job: Job;
  /** As the job's role. */
  readonly s3: S3Client;
  /** StopModelInvocationJob: what is answered is kept. */
  readonly stop: AbortSignal;
  /** The stop, or that the service is closing: no wait goes on. */
  readonly halt: AbortSignal;
  readonly options: LifecycleOptions;
}

/** What a job becomes next. */
export type Change = Partial<JobState> & Pick<JobState, 'status'>;

/** For ever, but for the signal: rejects with its reason. */
export async function halted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
}
