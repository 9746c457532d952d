import { BatchError } from '../errors.ts';
import type {
  Inventory,
  InventoryItem,
  Job,
  JobStopper,
  Log,
  SlotHolder,
  Slots,
  TaskCallbacks,
} from './collaborators.ts';
import { eachOf } from './each-of.ts';
import { notSubmitted, type Settling, settleIfEnded } from './settle.ts';

export interface ReconcileCollaborators extends Settling {
  readonly inventory: Pick<Inventory, 'get' | 'recordArn' | 'advance'>;
  readonly jobs: JobStopper;
  readonly tasks: TaskCallbacks;
  readonly slots: Pick<Slots, 'holders' | 'release'>;
  readonly log: Log;
  readonly now: () => number;
}

/** Longer than the state machine waits between two tries of RunJob, each of which asks for the slot again. */
export const PATIENCE_MS = 3_600_000;

/**
 * Looks after every job that holds a slot, and does what got lost: an event, a function that was killed, an execution that was
 * stopped. With no job in flight it costs next to nothing.
 */
export async function reconcile(collaborators: ReconcileCollaborators): Promise<void> {
  const { slots, log } = collaborators;
  await eachOf(slots.holders(), 'look after all jobs in flight', async (holder) => {
    const became = await lookAfter(holder, collaborators);
    log.info('Looked after a job.', { jobName: holder.jobName, became });
  });
}

async function lookAfter(holder: SlotHolder, collaborators: ReconcileCollaborators): Promise<string> {
  const { inventory, jobs, tasks, now } = collaborators;
  const { jobName } = holder;
  const item = await inventory.get(jobName);
  const job = await jobOf(jobName, item, jobs);
  // Its task may be about to be tried again.
  const isRecent = now() - holder.since < PATIENCE_MS;
  if (job === undefined) return isRecent ? 'not submitted yet' : giveUp(holder, item, collaborators);
  if (item !== undefined && item.jobArn === undefined) await inventory.recordArn(jobName, job.jobArn);
  const settled = await settleIfEnded(holder, job, collaborators);
  if (settled !== 'in flight' || isRecent) return settled;
  if (item !== undefined && (await tasks.isAwaited(item.taskToken))) return settled;
  // It bills, and nobody will read what it writes.
  await jobs.stop(job.jobArn);
  return 'stopped';
}

async function jobOf(
  jobName: string,
  item: InventoryItem | undefined,
  jobs: JobStopper,
): Promise<Job | undefined> {
  if (item?.jobArn === undefined) return jobs.findByName(jobName);
  try {
    return await jobs.get(item.jobArn);
  } catch (error) {
    if (error instanceof BatchError && error.kind === 'NotFound') return undefined;
    throw error;
  }
}

/** Bedrock has no such job, and nobody has tried to submit it for long. */
async function giveUp(
  { modelId, jobName, since }: SlotHolder,
  item: InventoryItem | undefined,
  { tasks, slots }: ReconcileCollaborators,
): Promise<string> {
  if (item !== undefined) await tasks.succeed(item.taskToken, notSubmitted);
  await slots.release(modelId, jobName, since);
  return 'given up';
}
