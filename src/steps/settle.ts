import { isTerminal } from '../batch/job-status.ts';
import type { JobResult } from '../batch/manifest.ts';
import type { Inventory, InventoryItem, Job, JobReader, Slots, TaskCallbacks } from './collaborators.ts';

/** What hears of a job's end. */
export interface Settling {
  readonly inventory: Pick<Inventory, 'get' | 'advance'>;
  readonly tasks: Pick<TaskCallbacks, 'succeed'>;
  readonly slots: Pick<Slots, 'release'>;
}

/**
 * Answers a job's task if the job has ended, and frees its slot. What to do with a failed or partial job is the state machine's
 * decision. Any of several that see the end may come first, and each may be killed anywhere.
 */
export async function settleIfEnded(
  { jobName, modelId }: Pick<InventoryItem, 'jobName' | 'modelId'>,
  job: Job,
  { inventory, tasks, slots }: Settling,
): Promise<'in flight' | 'answered' | 'nobody waits'> {
  await inventory.advance(jobName, job);
  if (!isTerminal(job.status)) return 'in flight';
  // The token is read after the job: a task that takes the job over later than this sees for itself that it has ended.
  const item = await inventory.get(jobName);
  const { jobArn: job_arn, status, message, counters } = job;
  const result: JobResult = { status, message, job_arn, ...(counters && { counters }) };
  const answered = item !== undefined && (await tasks.succeed(item.taskToken, result));
  // Last: as long as the slot is held, the reconciler looks after the job.
  await slots.release(modelId, jobName);
  return answered ? 'answered' : 'nobody waits';
}

/** How a job ended that never began. */
export const notSubmitted: JobResult = {
  status: 'NotSubmitted',
  message: 'no job was submitted',
};

/** The slot first: a task that was answered is not delivered again. */
export async function answerNotSubmitted(
  { jobName, modelId }: Pick<InventoryItem, 'jobName' | 'modelId'>,
  taskToken: string,
  { slots, tasks }: Pick<Settling, 'slots' | 'tasks'>,
): Promise<void> {
  await slots.release(modelId, jobName);
  await tasks.succeed(taskToken, notSubmitted);
}

export interface Adopting {
  readonly inventory: Pick<Inventory, 'recordArn'>;
  readonly jobs: Pick<JobReader, 'findByName'>;
}

/** The ARN of a job in the ledger; found by its name where it was submitted and nobody lived to write the ARN down. */
export async function arnOf(
  { jobName, jobArn }: Pick<InventoryItem, 'jobName' | 'jobArn'>,
  { inventory, jobs }: Adopting,
): Promise<string | undefined> {
  if (jobArn !== undefined) return jobArn;
  const found = await jobs.findByName(jobName);
  if (found !== undefined) await inventory.recordArn(jobName, found.jobArn);
  return found?.jobArn;
}
