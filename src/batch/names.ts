import { createHash } from 'node:crypto';

/** Digits of the run in a job's name; 10 hex digits keep 10,000 runs apart with a chance of 1 in 20,000 of one clash. */
const RUN_DIGITS = 10;
/** `-{run}-{chunk}-{attempt}` with room for 99,999 chunks and 99 attempts. */
const SUFFIX_LENGTH = 1 + RUN_DIGITS + 1 + 5 + 1 + 2;
/** CreateModelInvocationJob: jobName has at most 63 characters. */
const JOB_NAME_LENGTH = 63;

export const JOB_NAME_PREFIX_LENGTH = JOB_NAME_LENGTH - SUFFIX_LENGTH;

/** A prefix must be good in a job name (no `_`) and in the S3 URIs that Bedrock accepts (no `+`). */
export const jobNamePrefixPattern = new RegExp(`^[a-zA-Z0-9][a-zA-Z0-9.-]{0,${JOB_NAME_PREFIX_LENGTH - 1}}$`);

/** Execution names may hold what Bedrock's S3 URI pattern refuses (`=`, `+`, `@`, non-ASCII). */
export const runIdPattern = /^[a-zA-Z0-9_.-]{1,80}$/;

export interface Attempt {
  /** The execution's ARN: unique where a run's name may be used again in another stack. */
  readonly executionArn: string;
  readonly jobNamePrefix: string;
  readonly chunk: number;
  readonly attempt: number;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** What all job names of one run begin with, for ListModelInvocationJobs' `nameContains`. */
export function runJobNamePrefix(executionArn: string, jobNamePrefix: string): string {
  return `${jobNamePrefix}-${sha256(executionArn).slice(0, RUN_DIGITS)}`;
}

/** The same attempt always has the same name, so that a second delivery finds the first one's job. */
export function jobNameOf({ executionArn, jobNamePrefix, chunk, attempt }: Attempt): string {
  return `${runJobNamePrefix(executionArn, jobNamePrefix)}-${String(chunk).padStart(5, '0')}-${attempt}`;
}

/** Bedrock's idempotency key for an attempt: `[a-zA-Z0-9]{1,256}`, so the hash alone. */
export function clientRequestTokenOf(attempt: Attempt): string {
  return sha256([attempt.executionArn, attempt.jobNamePrefix, attempt.chunk, attempt.attempt].join('\n'));
}
