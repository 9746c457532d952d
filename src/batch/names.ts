import { createHash } from 'node:crypto';

/** Digits of the run in a job's name; 10 hex digits keep 10,000 runs apart with a chance of 1 in 20,000 of one clash. */
const RUN_DIGITS = 10;
const CHUNK_DIGITS = 5;
const ATTEMPT_DIGITS = 2;
/** `-{run}-{chunk}-{attempt}` */
const SUFFIX_LENGTH = 1 + RUN_DIGITS + 1 + CHUNK_DIGITS + 1 + ATTEMPT_DIGITS;
export const MOST_CHUNKS = 10 ** CHUNK_DIGITS;
/** CreateModelInvocationJob: jobName has at most 63 characters. */
const JOB_NAME_LENGTH = 63;

export const JOB_NAME_PREFIX_LENGTH = JOB_NAME_LENGTH - SUFFIX_LENGTH;

/** A prefix must be good in a job name (no `_`) and in the S3 URIs that Bedrock accepts (no `+`). */
export const jobNamePrefixPattern = new RegExp(`^[a-zA-Z0-9][a-zA-Z0-9.-]{0,${JOB_NAME_PREFIX_LENGTH - 1}}$`);

/** Execution names may hold what Bedrock's S3 URI pattern refuses (`=`, `+`, `@`, non-ASCII). */
export const runIdPattern = /^[a-zA-Z0-9_.-]{1,80}$/;

export interface Attempt {
  readonly executionArn: string;
  /** Keeps an execution apart from an earlier one of the same ARN, whose jobs Bedrock may remember. */
  readonly startedAt: string;
  readonly jobNamePrefix: string;
  readonly chunk: number;
  readonly attempt: number;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** Step Functions writes a time with and without the thousandths where those are 0. */
const instant = (time: string) => time.replace(/\.0+Z$/, 'Z');

/** What the names of all jobs of a run begin with. */
export function jobNamesPrefix({
  executionArn,
  startedAt,
  jobNamePrefix,
}: Pick<Attempt, 'executionArn' | 'startedAt' | 'jobNamePrefix'>): string {
  const run = sha256(`${executionArn}\n${instant(startedAt)}`).slice(0, RUN_DIGITS);
  return `${jobNamePrefix}-${run}-`;
}

/** The same attempt always has the same name, so that a second delivery finds the first one's job. */
export function jobNameOf({ chunk, attempt, ...run }: Attempt): string {
  return `${jobNamesPrefix(run)}${String(chunk).padStart(CHUNK_DIGITS, '0')}-${attempt}`;
}

/** Bedrock's idempotency key for an attempt: `[a-zA-Z0-9]{1,256}`, so the hash alone. */
export function clientRequestTokenOf({
  executionArn,
  startedAt,
  jobNamePrefix,
  chunk,
  attempt,
}: Attempt): string {
  return sha256([executionArn, instant(startedAt), jobNamePrefix, chunk, attempt].join('\n'));
}
