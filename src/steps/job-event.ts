import type { JobReader, Log } from './collaborators.ts';
import { type Settling, settleIfEnded } from './settle.ts';

/** The detail of EventBridge's `Batch Inference Job State Change`; its names differ from the API's. */
export interface JobEventDetail {
  readonly batchJobName: string;
  readonly batchJobArn: string;
  readonly status: string;
}

export interface JobEventCollaborators extends Settling {
  readonly jobs: Pick<JobReader, 'get'>;
  readonly log: Log;
}

/**
 * Hears that a job of the account changed. Events come late, twice and out of order, so an event is only a hint to look: the job's
 * status is read again, never moved backwards, and a token that nobody waits on any more is no error.
 */
export async function jobEvent(
  { batchJobName, batchJobArn }: JobEventDetail,
  { jobs, log, ...settling }: JobEventCollaborators,
): Promise<void> {
  const item = await settling.inventory.get(batchJobName);
  if (item === undefined) return log.info('Not a job of this stack.', { batchJobName });
  const job = await jobs.get(batchJobArn);
  const settled = await settleIfEnded(item, job, settling);
  log.info('Read the job after its event.', { batchJobName, status: job.status, settled });
}
