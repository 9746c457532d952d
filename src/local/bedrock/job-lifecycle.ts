import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import type { Clock } from '../clock.ts';
import type { AnswerBackEnd } from './answer-back-end.ts';
import { BedrockError, JobFailure } from './errors.ts';
import { isTerminal, type Job, type JobStatus } from './job.ts';
import { type InputFile, listInput, readRecords, validateInput } from './job-input.ts';
import { writeManifest, writeRecords } from './job-output.ts';
import { seededRandom, shuffled } from './random.ts';
import { answerRecords, isExpired, type RecordRun } from './run-records.ts';
import { below, parseS3Uri } from './s3-location.ts';

export interface LifecycleOptions {
  readonly s3: S3Client;
  readonly clock: Clock;
  readonly backEnd: AnswerBackEnd;
  readonly seed: number;
  /** The least time in each status, on the clock. */
  readonly stepMs: number;
  readonly recordsPerSecond: number | undefined;
  readonly onStatus: (job: Job) => void;
  readonly closing: AbortSignal;
}

/** Leads a job from Submitted to its end. Never rejects: whatever goes wrong is the job's message. */
export async function runJob(job: Job, options: LifecycleOptions): Promise<void> {
  try {
    enter(job, await endOf(job, options), options);
  } catch (error) {
    // A service that is closing forgets its jobs; they neither end nor emit.
    if (options.closing.aborted) return;
    if (!job.stop.signal.aborted) job.message = messageOf(error);
    enter(job, job.stop.signal.aborted ? 'Stopped' : 'Failed', options);
  }
}

/** @throws BedrockError ConflictException for a job that has ended. */
export function stopJob(job: Job, options: LifecycleOptions): void {
  if (isTerminal(job.status)) {
    throw new BedrockError('ConflictException', `The job ${job.arn} is ${job.status} and cannot be stopped.`);
  }
  if (job.status === 'Stopping') return;
  enter(job, 'Stopping', options);
  job.stop.abort(new Error('The job was stopped.'));
}

function enter(job: Job, status: JobStatus, { clock, onStatus }: LifecycleOptions): void {
  job.status = status;
  job.lastModifiedTime = clock.now();
  if (isTerminal(status)) job.endTime = job.lastModifiedTime;
  onStatus(job);
}

async function endOf(job: Job, options: LifecycleOptions): Promise<JobStatus> {
  const { clock, s3, stepMs, closing } = options;
  const signal = AbortSignal.any([job.stop.signal, closing]);
  const dwell = (): Promise<void> => clock.sleep(stepMs, signal);

  await dwell();
  enter(job, 'Validating', options);
  const files = await listInput(s3, job.request.inputDataConfig.s3InputDataConfig.s3Uri, signal);
  await reachOutput(job, s3, signal);
  const total = await validateInput(s3, files, job.limits, signal);
  await dwell();
  enter(job, 'Scheduled', options);
  await dwell();
  if (isExpired({ job, clock })) return 'Expired';
  enter(job, 'InProgress', options);
  await dwell();
  job.totalRecords = total;
  await answerFiles(job, files, options);
  if (job.stop.signal.aborted) return 'Stopped';
  return job.succeededRecords + job.failedRecords < total ? 'PartiallyCompleted' : 'Completed';
}

/** A missing bucket is found before anything is paid for. */
async function reachOutput(job: Job, s3: S3Client, abortSignal: AbortSignal): Promise<void> {
  const { bucket } = parseS3Uri(job.request.outputDataConfig.s3OutputDataConfig.s3Uri);
  await s3.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 }), { abortSignal });
}

/** One output file for each input file, then the manifest; also when a stop ends it early. */
async function answerFiles(job: Job, files: readonly InputFile[], options: LifecycleOptions): Promise<void> {
  const { s3, closing } = options;
  const run = recordRun(job, options);
  const folder = below(parseS3Uri(job.request.outputDataConfig.s3OutputDataConfig.s3Uri), job.id);
  for (const file of files) {
    if (job.stop.signal.aborted) break;
    const answered = answerRecords(run, readRecords(s3, file, closing));
    await writeRecords(s3, below(folder, `${file.name}.out`), shuffled(answered, run.random));
  }
  await writeManifest(s3, below(folder, 'manifest.json.out'), job, run.tokens);
}

function recordRun(job: Job, options: LifecycleOptions): RecordRun {
  const { backEnd, clock, closing, recordsPerSecond, seed } = options;
  const random = seededRandom(`${seed}:${job.sequence}`);
  const tokens = { input: 0, output: 0 };
  const stop = job.stop.signal;
  const stopOrClosing = AbortSignal.any([stop, closing]);
  return { job, backEnd, clock, random, stop, closing, stopOrClosing, recordsPerSecond, tokens };
}

function messageOf(error: unknown): string {
  if (error instanceof JobFailure) return error.message;
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return `The job could not be run: ${reason}`.slice(0, 2048);
}
