import { isTerminal } from '../batch/job-status.ts';
import type { ExecutionReader, Inventory, JobStopper, Log, Slots } from './collaborators.ts';
import { eachOf } from './each-of.ts';
import { arnOf } from './settle.ts';

/** The detail of EventBridge's `Step Functions Execution Status Change`. */
export interface ExecutionEventDetail {
  readonly executionArn: string;
  readonly status: string;
  /** How often it had been redriven by then. */
  readonly redriveCount?: number | undefined;
}

export interface StopJobsCollaborators {
  readonly inventory: Pick<Inventory, 'get' | 'recordArn' | 'advance' | 'ofExecution'>;
  readonly jobs: JobStopper;
  readonly slots: Pick<Slots, 'release'>;
  readonly executions: Pick<ExecutionReader, 'redrivesOf'>;
  readonly log: Log;
}

/** Ends after which nobody will read what the jobs write. */
const brokenOff: readonly string[] = ['ABORTED', 'TIMED_OUT', 'FAILED'];

/**
 * Stops every job of an execution that was broken off, for jobs bill until they are stopped. One that is being submitted this very
 * moment may be missed; nobody waits for it, by which the reconciler knows it.
 */
export async function stopJobs(
  { executionArn, status, redriveCount = 0 }: ExecutionEventDetail,
  collaborators: StopJobsCollaborators,
): Promise<void> {
  const { inventory, executions, log } = collaborators;
  if (!brokenOff.includes(status)) return log.info('The execution was not broken off.', { executionArn });
  const verb = `stop all jobs of ${executionArn}`;
  await eachOf(inventory.ofExecution(executionArn), verb, async ({ jobName, status }) => {
    if (hasEnded(status)) return;
    // The event may come late, and this may take a while. The status would not tell: what Step Functions says of it lags behind.
    if ((await executions.redrivesOf(executionArn)) > redriveCount) {
      return log.info('The execution goes on.', { jobName });
    }
    const became = await stopped(jobName, collaborators);
    log.info('Its execution was broken off.', { jobName, became });
  });
}

const hasEnded = (status: string | undefined) => status !== undefined && isTerminal(status);

async function stopped(jobName: string, { inventory, jobs, slots }: StopJobsCollaborators): Promise<string> {
  // The index lags behind the item.
  const item = await inventory.get(jobName);
  if (item === undefined || hasEnded(item.status)) return 'had ended';
  const jobArn = await arnOf(item, { inventory, jobs });
  // Its submission may be under way, so the slot is left for the reconciler to decide on.
  if (jobArn === undefined) return 'is not submitted';
  await jobs.stop(jobArn);
  const job = await jobs.get(jobArn);
  await inventory.advance(jobName, job);
  if (isTerminal(job.status)) await slots.release(item.modelId, jobName);
  return job.status;
}
