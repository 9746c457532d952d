/** Every status of a job, and whether nothing follows it. */
const TERMINAL = {
  Submitted: false,
  Validating: false,
  Scheduled: false,
  InProgress: false,
  Stopping: false,
  Completed: true,
  PartiallyCompleted: true,
  Failed: true,
  Stopped: true,
  Expired: true,
} as const;

export type JobStatus = keyof typeof TERMINAL;
export const JOB_STATUSES: readonly string[] = Object.keys(TERMINAL);

export function isTerminal(status: JobStatus): boolean {
  return TERMINAL[status];
}

interface S3DataConfig {
  readonly s3Uri: string;
  readonly s3BucketOwner?: string;
}

/** The body of CreateModelInvocationJob, once it is known to be valid. */
export interface CreateJobRequest {
  readonly jobName: string;
  readonly roleArn: string;
  readonly modelId: string;
  readonly clientRequestToken?: string;
  readonly inputDataConfig: { readonly s3InputDataConfig: S3DataConfig };
  readonly outputDataConfig: {
    readonly s3OutputDataConfig: S3DataConfig & { readonly s3EncryptionKeyId?: string };
  };
  readonly timeoutDurationInHours?: number;
  readonly modelInvocationType?: 'InvokeModel' | 'Converse';
  readonly vpcConfig?: unknown;
}

/** How many of a job's records there are, and what became of them. */
export type JobCounters = Readonly<Pick<JobState, 'totalRecords' | 'succeededRecords' | 'failedRecords'>>;

export const NO_RECORDS: JobCounters = { totalRecords: 0, succeededRecords: 0, failedRecords: 0 };

/** What changes of a job. */
export interface JobState {
  status: JobStatus;
  message?: string;
  lastModifiedTime: number;
  endTime?: number;
  /** What validation counted; shown as the total once records are answered. */
  validatedRecords: number;
  totalRecords: number;
  succeededRecords: number;
  failedRecords: number;
}

/** Plain data, as it is kept in the log. */
export interface Job extends JobState {
  readonly id: string;
  readonly arn: string;
  /** Order of creation, from 0; ties of the clock are broken by it. */
  readonly sequence: number;
  readonly request: CreateJobRequest;
  readonly modelArn: string;
  readonly submitTime: number;
  readonly expirationTime: number;
}

/** How Get and List show a job, with what they know of its records. */
export function describeJob(job: Job, counters: JobCounters): Readonly<Record<string, unknown>> {
  const { request } = job;
  return {
    jobArn: job.arn,
    jobName: request.jobName,
    modelId: job.modelArn,
    clientRequestToken: request.clientRequestToken,
    roleArn: request.roleArn,
    status: job.status,
    message: job.message,
    submitTime: iso(job.submitTime),
    lastModifiedTime: iso(job.lastModifiedTime),
    endTime: job.endTime === undefined ? undefined : iso(job.endTime),
    inputDataConfig: request.inputDataConfig,
    outputDataConfig: request.outputDataConfig,
    vpcConfig: request.vpcConfig,
    timeoutDurationInHours: request.timeoutDurationInHours,
    jobExpirationTime: iso(job.expirationTime),
    modelInvocationType: request.modelInvocationType ?? 'InvokeModel',
    totalRecordCount: counters.totalRecords,
    processedRecordCount: processedRecords(counters),
    successRecordCount: counters.succeededRecords,
    errorRecordCount: counters.failedRecords,
  };
}

export function iso(time: number): string {
  return new Date(time).toISOString();
}

export function processedRecords({ succeededRecords, failedRecords }: JobCounters): number {
  return succeededRecords + failedRecords;
}
