import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import type { FaultyStatus, JobEnd, JobFault } from '../faults/job-faults.ts';
import { answerFiles } from './answer-files.ts';
import { JobFailure } from './errors.ts';
import { isTerminal, type Job } from './job.ts';
import { limitsOf, listInput, validateInput } from './job-input.ts';
import { type Change, halted, type JobRun } from './job-run.ts';
import { parseS3Uri } from './s3-location.ts';
import { settleStopped } from './settle-stopped.ts';

/** Leads a job from its status to its end. Whatever goes wrong with it is its message. */
export async function runJob(run: JobRun): Promise<void> {
  const { job, stop, options } = run;
  try {
    while (!isTerminal(job.status)) await advance(run);
  } catch (error) {
    // A service that is closing leaves its jobs as they are; they neither end nor emit.
    if (options.closing.aborted) return;
    enter(run, stop.aborted ? { status: 'Stopped' } : { status: 'Failed', message: messageOf(error) });
  }
}

/** In the log first, so that nobody is told of a status that a kill takes back. */
export function enter({ job, options }: Pick<JobRun, 'job' | 'options'>, change: Change): void {
  const { store, clock, onStatus } = options;
  const { totalRecords, succeededRecords, failedRecords } = job;
  const lastModifiedTime = clock.now();
  const end = isTerminal(change.status) ? { endTime: lastModifiedTime } : {};
  const counters = { totalRecords, succeededRecords, failedRecords };
  store.change(job, { ...counters, lastModifiedTime, ...end, ...change });
  onStatus(job);
}

async function advance(run: JobRun): Promise<void> {
  const { job, stop } = run;
  const fault = faultIn(run);
  const { status } = job;
  if (status === 'Stopping') return enter(run, await settleStopped(run));
  await dwell(run);
  if (fault !== undefined && status !== 'InProgress') return meet(run, fault);
  const change = await STEPS[status as FaultyStatus](run, fault);
  if (stop.aborted) enter(run, { status: 'Stopped' });
  else if (fault?.end !== undefined) end(run, fault.end, fault.message);
  else enter(run, change);
}

/** The fault that catches the job in its present status. */
function faultIn({ job, options: { jobFaults } }: JobRun): JobFault | undefined {
  const fault = jobFaults.fateOf({ ordinal: job.sequence + 1, name: job.request.jobName });
  return fault?.at === job.status ? fault : undefined;
}

/** What is left of the time in this status: a restart does not begin it anew, whatever its clock says. */
function dwell({ job, halt, options: { clock, stepMs } }: JobRun): Promise<void> {
  const passed = Math.max(0, clock.now() - job.lastModifiedTime);
  return clock.sleep(Math.max(0, stepMs - passed), halt);
}

async function meet(run: JobRun, { end: status, message }: JobFault): Promise<void> {
  if (status === undefined) await halted(run.halt);
  else end(run, status, message);
}

function end(run: JobRun, status: JobEnd, message = status === 'Failed' ? FAILED : undefined): void {
  if (status === 'Stopped') enter(run, { status: 'Stopping' });
  enter(run, message === undefined ? { status } : { status, message });
}

const FAILED = 'The job failed because of an internal error of the service.';

type Step = (run: JobRun, fault: JobFault | undefined) => Promise<Change>;

/** What is done in each status, and what follows it. */
const STEPS: Readonly<Record<FaultyStatus, Step>> = {
  Submitted: async () => ({ status: 'Validating' }),
  Validating: validate,
  Scheduled: async ({ job, options }) => ({
    status: options.clock.now() >= job.expirationTime ? 'Expired' : 'InProgress',
  }),
  InProgress: answer,
};

async function validate({ job, s3, halt, options }: JobRun): Promise<Change> {
  options.assumeRole(job);
  refuseOtherOwners(job);
  const files = await listInput(s3, job.request.inputDataConfig.s3InputDataConfig.s3Uri, halt);
  await reachOutput(job, s3, halt);
  const validatedRecords = await validateInput(s3, files, limitsOf(job.request.modelId), halt);
  return { status: 'Scheduled', validatedRecords };
}

/** All buckets are those of the jobs' account. */
function refuseOtherOwners({ arn, request }: Job): void {
  const { s3InputDataConfig: input } = request.inputDataConfig;
  const { s3OutputDataConfig: output } = request.outputDataConfig;
  for (const { s3Uri, s3BucketOwner: owner } of [input, output]) {
    if (owner === undefined || owner === arn.split(':')[4]) continue;
    throw new JobFailure(`The bucket ${parseS3Uri(s3Uri).bucket} is not owned by the account ${owner}.`);
  }
}

/** A missing bucket is found before anything is paid for. */
async function reachOutput(job: Job, s3: S3Client, abortSignal: AbortSignal): Promise<void> {
  const { bucket } = parseS3Uri(job.request.outputDataConfig.s3OutputDataConfig.s3Uri);
  await s3.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 }), { abortSignal });
}

/** A job that a restart found in progress answers all of its records again, to the same keys. */
async function answer(run: JobRun, fault: JobFault | undefined): Promise<Change> {
  const { job } = run;
  Object.assign(job, { totalRecords: job.validatedRecords, succeededRecords: 0, failedRecords: 0 });
  const timedOut = await answerFiles(run, fault);
  return { status: timedOut ? 'PartiallyCompleted' : 'Completed' };
}

function messageOf(error: unknown): string {
  if (error instanceof JobFailure) return error.message;
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return `The job could not be run: ${reason}`.slice(0, 2048);
}
