import { isTerminal } from '../batch/job-status.ts';
import type { Chunk, Run } from '../batch/manifest.ts';
import { jobNameOf } from '../batch/names.ts';
import { refusal } from '../errors.ts';
import type { ExecutionReader, Inventory, InventoryItem, JobStopper } from './collaborators.ts';
import { attemptOf } from './run-job.ts';
import { answerNotSubmitted, arnOf, type Settling, settleIfEnded } from './settle.ts';

export interface StopJobInput {
  readonly task_token: string;
  readonly run: Run;
  readonly chunk: Chunk;
  readonly attempt: number;
  /** When the task was scheduled, in milliseconds since the epoch. */
  readonly asked_at: number;
}

export interface StopJobCollaborators extends Settling {
  readonly inventory: Pick<Inventory, 'get' | 'handOver' | 'recordArn' | 'advance'>;
  readonly jobs: JobStopper;
  readonly executions: Pick<ExecutionReader, 'statusOf'>;
  readonly now: () => number;
}

/** Longer than a function works that enters a job in the ledger and then submits it. */
const SUBMITTED_WITHIN_MS = 180_000;

/**
 * Stops the job of an attempt whose time is over. This task is answered when the job has stopped, so that what it did until then is
 * there to be collected; where there is no job, at once.
 */
export async function stopJob(
  { task_token, asked_at, run, chunk, attempt }: StopJobInput,
  collaborators: StopJobCollaborators,
): Promise<{ readonly job_arn: string | null }> {
  const { inventory, jobs, executions } = collaborators;
  // A run is collected or redriven: whoever began the other one meant it.
  if (run.collected && (await executions.statusOf(run.execution_arn)) === 'RUNNING') {
    throw refusal('collect the run', 'its execution', 'have ended', 'RUNNING');
  }
  const jobName = jobNameOf(attemptOf(run, chunk, attempt));
  const item = await inventory.get(jobName);
  const jobArn = item === undefined ? undefined : await arnOf(item, { inventory, jobs });
  if (jobArn === undefined) {
    requireSettled(item, collaborators);
    await answerNotSubmitted({ jobName, modelId: run.model_id }, task_token, collaborators);
    return { job_arn: null };
  }
  // First: an end that comes while this goes on is told to this task.
  await inventory.handOver(jobName, task_token, asked_at);
  const job = await jobs.get(jobArn);
  if (!isTerminal(job.status)) await jobs.stop(jobArn);
  await settleIfEnded({ jobName, modelId: run.model_id }, await jobs.get(jobArn), collaborators);
  return { job_arn: jobArn };
}

/** A job that was entered a moment ago may be about to be submitted, or to be listed: whoever calls that no job pays for it twice. */
function requireSettled(item: InventoryItem | undefined, { now }: StopJobCollaborators): void {
  if (item === undefined || now() - item.deliveredAt > SUBMITTED_WITHIN_MS) return;
  throw new Error(`Cannot tell yet whether the job ${item.jobName} was submitted.`);
}
