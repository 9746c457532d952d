import { isTerminal } from '../batch/job-status.ts';
import type { Chunk, JobResult, Run } from '../batch/manifest.ts';
import { clientRequestTokenOf, jobNameOf } from '../batch/names.ts';
import type { Inventory, InventoryItem, Job, Jobs, TaskCallbacks } from './collaborators.ts';
import type { PreparedInput } from './prepare-input.ts';

export interface RunJobInput {
  readonly task_token: string;
  readonly run: Run;
  readonly chunk: Chunk;
  readonly attempt: number;
  readonly prepared: PreparedInput;
}

export interface RunJobCollaborators {
  readonly inventory: Inventory;
  readonly jobs: Jobs;
  readonly tasks: TaskCallbacks;
}

/**
 * Submits an attempt's job once, however often it is asked to: the ledger first, then the job under a name and token that only this
 * attempt has, then its ARN. The state machine goes on when the job ends, not when this returns.
 */
export async function runJob(
  input: RunJobInput,
  collaborators: RunJobCollaborators,
): Promise<{ readonly job_arn: string }> {
  const item = itemOf(input);
  const { inventory, jobs } = collaborators;
  const isNew = await inventory.add(item);
  // Delivered again: this task waits from now on, and the job that may exist already is adopted.
  if (!isNew) await inventory.handOver(item.jobName, item.taskToken);
  const known = isNew ? undefined : (await inventory.get(item.jobName))?.jobArn;
  const jobArn = known ?? (await submit(item, input, collaborators));
  // It may have ended already: then its last event went to an earlier delivery, and nobody else would answer.
  await settleIfEnded(item.jobName, await jobs.get(jobArn), item.taskToken, collaborators);
  return { job_arn: jobArn };
}

function itemOf({ task_token, run, chunk, attempt }: RunJobInput): InventoryItem {
  return {
    jobName: jobNameOf(attemptOf(run, chunk, attempt)),
    runId: run.run_id,
    executionArn: run.execution_arn,
    chunk: chunk.index,
    attempt,
    modelId: run.model_id,
    taskToken: task_token,
  };
}

export function attemptOf(run: Run, chunk: Pick<Chunk, 'index'>, attempt: number) {
  const { execution_arn: executionArn, started_at: startedAt, job_name_prefix: jobNamePrefix } = run;
  return { executionArn, startedAt, jobNamePrefix, chunk: chunk.index, attempt };
}

async function submit(
  item: InventoryItem,
  input: RunJobInput,
  { inventory, jobs }: RunJobCollaborators,
): Promise<string> {
  const { run, chunk, attempt, prepared } = input;
  const jobArn = await jobs.create({
    jobName: item.jobName,
    clientRequestToken: clientRequestTokenOf(attemptOf(run, chunk, attempt)),
    modelId: run.model_id,
    inputUri: prepared.input_uri,
    outputUri: prepared.output_uri,
  });
  await inventory.recordArn(item.jobName, jobArn);
  return jobArn;
}

/** Answers a job's task if the job has ended. What to do with a failed or partial job is the state machine's decision. */
export async function settleIfEnded(
  jobName: string,
  job: Job,
  taskToken: string,
  { inventory, tasks }: Pick<RunJobCollaborators, 'inventory' | 'tasks'>,
): Promise<'in flight' | 'answered' | 'nobody waits'> {
  await inventory.advance(jobName, job);
  if (!isTerminal(job.status)) return 'in flight';
  const result: JobResult = { status: job.status, message: job.message, job_arn: job.jobArn };
  return (await tasks.succeed(taskToken, result)) ? 'answered' : 'nobody waits';
}
