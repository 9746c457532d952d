import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { connectJobProgress, connectJobStopper, type JobProgress } from '../src/aws/bedrock-jobs.ts';
import type { ExecutionState, Executions } from '../src/aws/executions.ts';
import { isTerminal } from '../src/batch/job-status.ts';
import { jobNamesPrefix } from '../src/batch/names.ts';
import { BatchError, refusal } from '../src/errors.ts';
import type { JobStopper } from '../src/steps/collaborators.ts';
import type { ExecutionOutput } from '../src/steps/summarize.ts';
import { outputOf, watched } from './watch-run.ts';

/** A state machine, in an account or here, and how the command line is called for it. */
export interface Reach {
  readonly executions: Executions;
  /** Between two looks at a run. */
  readonly pollMs: number;
  readonly command: (what: string) => string;
}

/** Looks one after the other that find nothing running. */
const QUIET_LOOKS = 3;

/**
 * Stops a run's execution and its jobs, and waits until none is left.
 * @throws BatchError NotFound
 */
export async function cancelled(given: string, reach: Reach): Promise<void> {
  const run = await found('cancel', given, reach);
  if (run.status === 'RUNNING') await reach.executions.stop(run.arn, 'Cancelled on the command line.');
  console.log(run.status === 'RUNNING' ? `Stopped ${run.arn}.` : `The run had ended as ${run.status}.`);
  await stopJobs(run, reach);
}

/** Of a run whose execution is stopped. */
export async function stopJobs(run: FoundRun, reach: Reach): Promise<void> {
  const statuses = new Map<string, number>();
  for (const { status } of await stoppedJobs(run, reach)) {
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  const counts = [...statuses].map(([status, count]) => `${count} ${status}`);
  const jobs = counts.length > 0 ? ` (${counts.join(', ')})` : '';
  console.log(`No job of it is left running${jobs}; what is asked on demand stops within seconds.`);
  console.log(`To join what was finished: ${reach.command(`collect ${run.name}`)}`);
}

/**
 * Joins what a run that has ended had paid for, by an execution of its own that submits nothing. One that ended well has its output.
 * @throws BatchError NotFound, or what the execution failed with
 */
export async function collected(given: string, reach: Reach): Promise<ExecutionOutput> {
  const { executions, pollMs, command } = reach;
  const run = await found('collect', given, reach);
  if (run.status === 'SUCCEEDED') return run.output as ExecutionOutput;
  if (run.status === 'RUNNING') {
    const rule = `have ended (${command(`cancel ${run.name}`)} stops it)`;
    throw refusal('collect the run', 'its execution', rule, 'RUNNING');
  }
  const request = { collect_run: run.name, job_name_prefix: run.prefix };
  const name = `${run.name.slice(0, 40)}-${randomUUID()}`.slice(0, 80);
  const executionArn = await executions.start(name, request);
  console.log(`Started ${executionArn}.`);
  return outputOf(await watched(executions, executionArn, request, pollMs));
}

export interface FoundRun extends ExecutionState {
  readonly arn: string;
  readonly name: string;
  /** `job_name_prefix` of its input. */
  readonly prefix: string;
}

/** By the execution's name, or its ARN. @throws BatchError NotFound */
export async function found(verb: string, given: string, { executions }: Reach): Promise<FoundRun> {
  const name = given.split(':').at(-1) ?? given;
  const arn = executions.arnOf(name);
  const state = await executions.find(arn);
  if (state === undefined) {
    throw new BatchError('NotFound', `Cannot ${verb} the run: there is no execution ${arn}.`);
  }
  const { job_name_prefix: prefix = '' } = state.input as { readonly job_name_prefix?: string };
  return { ...state, arn, name, prefix };
}

/** The stack stops the jobs of an execution that was aborted; that it is done twice does no harm, and needs no event. */
async function stoppedJobs(
  { arn: executionArn, startedAt, prefix: jobNamePrefix }: FoundRun,
  { pollMs }: Reach,
): Promise<readonly JobProgress[]> {
  const list = connectJobProgress();
  const stopper = connectJobStopper();
  const names = jobNamesPrefix({ executionArn, startedAt, jobNamePrefix });
  // A job that was being submitted is listed a moment later.
  for (let quiet = 0; ; ) {
    const jobs = await list(names, new Date(startedAt));
    const running = jobs.filter(({ status }) => !isTerminal(status));
    quiet = running.length === 0 ? quiet + 1 : 0;
    if (quiet === QUIET_LOOKS) return jobs;
    if (quiet === 0) console.log(`  ${running.length} jobs are being stopped`);
    for (const { jobArn, status } of running) if (status !== 'Stopping') await stop(jobArn, stopper);
    await delay(pollMs);
  }
}

/** What Bedrock has no time for now is asked again in the next round. */
async function stop(jobArn: string, stopper: JobStopper): Promise<void> {
  try {
    await stopper.stop(jobArn);
  } catch (error) {
    if (!(error instanceof BatchError) || error.kind !== 'JobSlotUnavailable') throw error;
  }
}
