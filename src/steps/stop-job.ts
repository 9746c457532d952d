import type { Chunk, Run } from '../batch/manifest.ts';
import { jobNameOf } from '../batch/names.ts';
import type { Inventory, JobStopper } from './collaborators.ts';
import { attemptOf } from './run-job.ts';
import { answerNotSubmitted, arnOf, type Settling, settleIfEnded } from './settle.ts';

export interface StopJobInput {
  readonly task_token: string;
  readonly run: Run;
  readonly chunk: Chunk;
  readonly attempt: number;
}

export interface StopJobCollaborators extends Settling {
  readonly inventory: Pick<Inventory, 'get' | 'handOver' | 'recordArn' | 'advance'>;
  readonly jobs: JobStopper;
}

/**
 * Stops the job of an attempt whose time is over. This task is answered when the job has stopped, so that what it did until then is
 * there to be collected; where there is no job, at once.
 */
export async function stopJob(
  { task_token, run, chunk, attempt }: StopJobInput,
  collaborators: StopJobCollaborators,
): Promise<{ readonly job_arn: string | null }> {
  const { inventory, jobs } = collaborators;
  const jobName = jobNameOf(attemptOf(run, chunk, attempt));
  const job = { jobName, modelId: run.model_id };
  const item = await inventory.get(jobName);
  // First: an end that comes while this goes on is told to this task.
  if (item !== undefined) await inventory.handOver(jobName, task_token);
  const jobArn = item === undefined ? undefined : await arnOf(item, { inventory, jobs });
  if (jobArn === undefined) {
    await answerNotSubmitted(job, task_token, collaborators);
    return { job_arn: null };
  }
  await jobs.stop(jobArn);
  await settleIfEnded(job, await jobs.get(jobArn), collaborators);
  return { job_arn: jobArn };
}
