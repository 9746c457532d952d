import type { Chunk, Run } from '../batch/manifest.ts';
import { clientRequestTokenOf, jobNameOf } from '../batch/names.ts';
import { BatchError, jobRefusals } from '../errors.ts';
import type {
  ExecutionReader,
  Inventory,
  InventoryItem,
  Job,
  JobStopper,
  Jobs,
  Slots,
} from './collaborators.ts';
import type { PreparedInput } from './prepare-input.ts';
import { answerNotSubmitted, arnOf, type Settling, settleIfEnded } from './settle.ts';

export interface RunJobInput {
  readonly task_token: string;
  readonly run: Run;
  readonly chunk: Chunk;
  readonly attempt: number;
  readonly prepared: PreparedInput;
  /** When the task was scheduled, in milliseconds since the epoch. */
  readonly asked_at: number;
  /** By the state machine's clock: the time for jobs is over. */
  readonly past_deadline?: boolean | undefined;
}

type NewItem = Omit<InventoryItem, 'deliveredAt'>;

export interface RunJobCollaborators extends Settling {
  readonly inventory: Pick<Inventory, 'add' | 'get' | 'handOver' | 'recordArn' | 'advance'>;
  readonly jobs: Jobs & Pick<JobStopper, 'stop'>;
  readonly executions: Pick<ExecutionReader, 'statusOf'>;
  readonly slots: Pick<Slots, 'acquire' | 'release'>;
}

/**
 * Submits an attempt's job once, however often it is asked to: a slot first, then the ledger, then the job under a name and token
 * that only this attempt has, then its ARN. The state machine goes on when the job ends, not when this returns.
 * @throws BatchError JobSlotUnavailable when there is no slot, or Bedrock has none
 */
export async function runJob(
  input: RunJobInput,
  collaborators: RunJobCollaborators,
): Promise<{ readonly job_arn: string | null }> {
  const item = itemOf(input);
  if (await isTooLate(item, input, collaborators)) {
    await answerNotSubmitted(item, item.taskToken, collaborators);
    return { job_arn: null };
  }
  await holdSlot(item, collaborators);
  const jobArn = (await enter(item, collaborators)) ?? (await submit(item, input, collaborators));
  await stopIfAbandoned(input, jobArn, collaborators);
  // It may have ended already: then its last event went to an earlier delivery, and nobody else would answer.
  const job = await jobOf(jobArn, collaborators);
  if (job !== undefined) await settleIfEnded(item, job, collaborators);
  return { job_arn: jobArn };
}

/** An execution that was stopped while this was at work had its jobs stopped before there was this one. */
async function stopIfAbandoned(
  { run }: RunJobInput,
  jobArn: string,
  { jobs, executions }: RunJobCollaborators,
): Promise<void> {
  const status = await executions.statusOf(run.execution_arn);
  if (status !== undefined && status !== 'RUNNING') await jobs.stop(jobArn);
}

/** Bedrock may not know a job yet that it has just taken. Its events will tell. */
async function jobOf(jobArn: string, { jobs }: RunJobCollaborators): Promise<Job | undefined> {
  try {
    return await jobs.get(jobArn);
  } catch (error) {
    if (error instanceof BatchError && error.kind === 'NotFound') return undefined;
    throw error;
  }
}

/**
 * After the deadline nothing new is submitted. What is in the ledger may be with Bedrock, though nobody heard of it: it is asked for once
 * more, by the same token, and stopped by its task's timeout.
 */
async function isTooLate(
  { jobName }: NewItem,
  { past_deadline }: RunJobInput,
  { inventory }: RunJobCollaborators,
): Promise<boolean> {
  return past_deadline === true && (await inventory.get(jobName)) === undefined;
}

function itemOf({ task_token, asked_at, run, chunk, attempt }: RunJobInput): NewItem {
  return {
    jobName: jobNameOf(attemptOf(run, chunk, attempt)),
    runId: run.run_id,
    executionArn: run.execution_arn,
    chunk: chunk.index,
    attempt,
    modelId: run.model_id,
    taskToken: task_token,
    askedAt: asked_at,
  };
}

export function attemptOf(run: Run, chunk: Pick<Chunk, 'index'>, attempt: number) {
  const { execution_arn: executionArn, started_at: startedAt, job_name_prefix: jobNamePrefix } = run;
  return { executionArn, startedAt, jobNamePrefix, chunk: chunk.index, attempt };
}

async function holdSlot(
  { modelId, jobName }: NewItem,
  { inventory, slots }: RunJobCollaborators,
): Promise<void> {
  const known = await inventory.get(jobName);
  if (await slots.acquire(modelId, jobName)) return;
  // A job that is with Bedrock is waited for, slot or not: it may have ended, and given its slot to another.
  if (known?.jobArn !== undefined) return;
  throw new BatchError('JobSlotUnavailable', `Cannot submit the job yet: all slots of ${modelId} are taken.`);
}

/** Enters the job in the ledger. Returns the ARN of the job that an earlier delivery submitted, if one did. */
async function enter(item: NewItem, { inventory, jobs }: RunJobCollaborators): Promise<string | undefined> {
  if (await inventory.add(item)) return undefined;
  // Delivered again: this task waits from now on.
  await inventory.handOver(item.jobName, item.taskToken, item.askedAt);
  const { jobArn } = (await inventory.get(item.jobName)) ?? item;
  // How long Bedrock remembers a request token is not documented, so the name is looked for before the job is asked for again.
  return arnOf({ ...item, jobArn }, { inventory, jobs });
}

async function submit(
  item: NewItem,
  { run, chunk, attempt, prepared }: RunJobInput,
  { inventory, jobs, slots }: RunJobCollaborators,
): Promise<string> {
  const request = {
    jobName: item.jobName,
    clientRequestToken: clientRequestTokenOf(attemptOf(run, chunk, attempt)),
    modelId: run.model_id,
    inputUri: prepared.input_uri,
    outputUri: prepared.output_uri,
  };
  const jobArn = await jobs.create(request).catch(async (error: unknown) => {
    // After any other error the job may be there all the same, or will be at the next try, for which the slot is kept.
    if (error instanceof Error && jobRefusals.includes(error.name)) {
      await slots.release(item.modelId, item.jobName);
    }
    throw error;
  });
  await inventory.recordArn(item.jobName, jobArn);
  return jobArn;
}
