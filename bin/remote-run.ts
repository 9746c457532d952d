import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { connectJobProgress, connectJobStopper, type JobProgress } from '../src/aws/bedrock-jobs.ts';
import { connectExecutions, type ExecutionState, type Executions } from '../src/aws/executions.ts';
import { isTerminal } from '../src/batch/job-status.ts';
import { jobNamesPrefix } from '../src/batch/names.ts';
import { BatchError } from '../src/errors.ts';
import type { JobStopper } from '../src/steps/collaborators.ts';
import type { ExecutionOutput } from '../src/steps/summarize.ts';
import { outcomeLines, outputOf, watched } from './watch-run.ts';

export interface RemoteRunOptions {
  /** The stack's name. */
  readonly stack: string;
  /** Between two looks at the run. */
  readonly pollMs?: number;
}

const POLL_MS = 2000;
/** Looks one after the other that find nothing running. */
const QUIET_LOOKS = 3;

/**
 * Stops a run's execution and its jobs, and waits until none is left.
 * @throws BatchError NotFound
 */
export async function cancelRun(runId: string, options: RemoteRunOptions): Promise<void> {
  const executions = await connectExecutions(`${options.stack}-run`);
  const run = await found('cancel', runId, executions);
  if (run.status === 'RUNNING') await executions.stop(run.arn, 'Cancelled on the command line.');
  console.log(run.status === 'RUNNING' ? `Stopped ${run.arn}.` : `The run had ended as ${run.status}.`);
  const jobs = await stopped(run, options);
  const statuses = new Map<string, number>();
  for (const { status } of jobs) statuses.set(status, (statuses.get(status) ?? 0) + 1);
  const counts = [...statuses].map(([status, count]) => `${count} ${status}`);
  console.log(
    `No job of it is left running${counts.length > 0 ? ` (${counts.join(', ')})` : ''}; what is asked on demand stops within seconds.`,
  );
  console.log(`To join what was finished: bedrock-batch collect ${runId}`);
}

/**
 * Joins what a run that has ended had paid for, by an execution of its own that submits nothing.
 * @throws BatchError NotFound, or what the execution failed with
 */
export async function collectRun(runId: string, options: RemoteRunOptions): Promise<void> {
  const executions = await connectExecutions(`${options.stack}-run`);
  const output = await collected(runId, executions, options.pollMs ?? POLL_MS);
  console.log([...outcomeLines(output), ...output.output_uris, output.summary_uri].join('\n'));
}

/** @throws BatchError NotFound, or what the execution failed with */
export async function collected(
  runId: string,
  executions: Executions,
  pollMs: number,
): Promise<ExecutionOutput> {
  const { input } = await found('collect', runId, executions);
  const request = { collect_run: runId, job_name_prefix: input.job_name_prefix };
  const executionArn = await executions.start(`${runId.slice(0, 40)}-${randomUUID()}`.slice(0, 80), request);
  console.log(`Started ${executionArn}.`);
  return outputOf(await watched(executions, executionArn, request, pollMs));
}

interface FoundRun extends Omit<ExecutionState, 'input'> {
  readonly arn: string;
  readonly input: { readonly job_name_prefix: string };
}

async function found(verb: string, runId: string, executions: Executions): Promise<FoundRun> {
  const arn = executions.arnOf(runId);
  const state = await executions.find(arn);
  if (state === undefined) {
    throw new BatchError('NotFound', `Cannot ${verb} the run: there is no execution ${arn}.`);
  }
  const { job_name_prefix } = state.input as { readonly job_name_prefix?: string };
  return { ...state, arn, input: { job_name_prefix: job_name_prefix ?? '' } };
}

/** The stack stops the jobs of an execution that was aborted; that it is done twice does no harm, and needs no event. */
async function stopped(
  run: FoundRun,
  { pollMs = POLL_MS }: RemoteRunOptions,
): Promise<readonly JobProgress[]> {
  const list = connectJobProgress();
  const stopper = connectJobStopper();
  const { arn: executionArn, startedAt } = run;
  const names = jobNamesPrefix({ executionArn, startedAt, jobNamePrefix: run.input.job_name_prefix });
  // A job that was being submitted is listed a moment later.
  for (let quiet = 0; ; ) {
    const jobs = await list(names, new Date(startedAt));
    const running = jobs.filter(({ status }) => !isTerminal(status));
    quiet = running.length === 0 ? quiet + 1 : 0;
    if (quiet === QUIET_LOOKS) return jobs;
    if (running.length > 0) console.log(`  ${running.length} jobs are being stopped`);
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
