import type { Chunk, Run } from '../batch/manifest.ts';
import { clientRequestTokenOf, jobNameOf } from '../batch/names.ts';
import { BatchError } from '../errors.ts';
import { type Inventory, type InventoryItem, type Jobs, refusals, type Slots } from './collaborators.ts';
import type { PreparedInput } from './prepare-input.ts';
import { answerNotSubmitted, arnOf, type Settling, settleIfEnded } from './settle.ts';

export interface RunJobInput {
  readonly task_token: string;
  readonly run: Run;
  readonly chunk: Chunk;
  readonly attempt: number;
  readonly prepared: PreparedInput;
  /** By the state machine's clock: the time for jobs is over. */
  readonly past_deadline?: boolean | undefined;
}

export interface RunJobCollaborators extends Settling {
  readonly inventory: Pick<Inventory, 'add' | 'get' | 'handOver' | 'recordArn' | 'advance'>;
  readonly jobs: Jobs;
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
  // It may have ended already: then its last event went to an earlier delivery, and nobody else would answer.
  await settleIfEnded(item, await collaborators.jobs.get(jobArn), collaborators);
  return { job_arn: jobArn };
}

/** After the deadline nothing new is submitted; what was submitted before it is waited for, and stopped by its task's timeout. */
async function isTooLate(
  { jobName }: InventoryItem,
  { past_deadline }: RunJobInput,
  { inventory, jobs }: RunJobCollaborators,
): Promise<boolean> {
  if (!past_deadline) return false;
  const known = await inventory.get(jobName);
  return known === undefined || (await arnOf(known, { inventory, jobs })) === undefined;
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

async function holdSlot(
  { modelId, jobName }: InventoryItem,
  { inventory, slots }: RunJobCollaborators,
): Promise<void> {
  const known = await inventory.get(jobName);
  if (await slots.acquire(modelId, jobName)) return;
  // A job that is with Bedrock is waited for, slot or not: it may have ended, and given its slot to another.
  if (known?.jobArn !== undefined) return;
  throw new BatchError('JobSlotUnavailable', `Cannot submit the job yet: all slots of ${modelId} are taken.`);
}

/** Enters the job in the ledger. Returns the ARN of the job that an earlier delivery submitted, if one did. */
async function enter(
  item: InventoryItem,
  { inventory, jobs }: RunJobCollaborators,
): Promise<string | undefined> {
  if (await inventory.add(item)) return undefined;
  // Delivered again: this task waits from now on.
  await inventory.handOver(item.jobName, item.taskToken);
  const { jobArn } = (await inventory.get(item.jobName)) ?? item;
  // How long Bedrock remembers a request token is not documented, so the name is looked for before the job is asked for again.
  return arnOf({ ...item, jobArn }, { inventory, jobs });
}

async function submit(
  item: InventoryItem,
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
    if (error instanceof Error && refusals.includes(error.name)) {
      await slots.release(item.modelId, item.jobName);
    }
    throw error;
  });
  await inventory.recordArn(item.jobName, jobArn);
  return jobArn;
}
