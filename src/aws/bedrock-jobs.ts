import {
  BedrockClient,
  ConflictException,
  CreateModelInvocationJobCommand,
  GetModelInvocationJobCommand,
  type GetModelInvocationJobCommandOutput,
  paginateListModelInvocationJobs,
  ResourceNotFoundException,
  ServiceQuotaExceededException,
  StopModelInvocationJobCommand,
  ThrottlingException,
  ValidationException,
} from '@aws-sdk/client-bedrock';
import { isTerminal } from '../batch/job-status.ts';
import { BatchError } from '../errors.ts';
import type { Job, JobReader, JobStopper, Jobs } from '../steps/collaborators.ts';

export interface BedrockJobsOptions {
  readonly roleArn: string;
  /** How long Bedrock may take over one job: 24 to 168. */
  readonly timeoutDurationInHours: number;
}

export function bedrockJobs(
  bedrock: BedrockClient,
  { roleArn, timeoutDurationInHours }: BedrockJobsOptions,
): Jobs & JobStopper {
  const reader = bedrockJobStopper(bedrock);
  return {
    ...reader,

    async create({ jobName, clientRequestToken, modelId, inputUri, outputUri }) {
      const command = new CreateModelInvocationJobCommand({
        jobName,
        clientRequestToken,
        modelId,
        roleArn,
        timeoutDurationInHours,
        inputDataConfig: { s3InputDataConfig: { s3Uri: inputUri, s3InputFormat: 'JSONL' } },
        outputDataConfig: { s3OutputDataConfig: { s3Uri: outputUri } },
      });
      const { jobArn } = await bedrock.send(command).catch(async (error: unknown) => {
        if (error instanceof ConflictException) return adopted(jobName, reader, error);
        throw translated(error);
      });
      if (jobArn === undefined) throw new BatchError('Internal', `Bedrock gave job ${jobName} no ARN.`);
      return jobArn;
    },
  };
}

/** The job that is in the way is this one, submitted before: a name is of one attempt alone. */
async function adopted(jobName: string, jobs: JobReader, cause: ConflictException): Promise<Job> {
  const job = await jobs.findByName(jobName);
  if (job !== undefined) return job;
  // Bedrock lists a new job late. Not under the conflict's own name, which counts as beyond help.
  throw new Error(`Bedrock has a job in the way of ${jobName} and does not list it: ${cause.message}`, {
    cause,
  });
}

export function bedrockJobReader(bedrock: BedrockClient): JobReader {
  return {
    async get(jobArn) {
      const command = new GetModelInvocationJobCommand({ jobIdentifier: jobArn });
      const job = await bedrock.send(command).catch((error: unknown) => {
        throw error instanceof ResourceNotFoundException ? noSuchJob(jobArn, error) : translated(error);
      });
      const { status = 'Submitted', message } = job;
      return { jobArn, status, message, ...countersOf(job) };
    },

    async findByName(jobName) {
      try {
        const pages = paginateListModelInvocationJobs({ client: bedrock }, { nameContains: jobName });
        for await (const { invocationJobSummaries = [] } of pages) {
          const found = invocationJobSummaries.find((summary) => summary.jobName === jobName);
          if (found?.jobArn === undefined) continue;
          const { jobArn, status = 'Submitted', message } = found;
          return { jobArn, status, message };
        }
        return undefined;
      } catch (error) {
        throw translated(error);
      }
    },
  };
}

function countersOf(job: GetModelInvocationJobCommandOutput): Pick<Job, 'counters'> {
  const { totalRecordCount: total, successRecordCount: succeeded, errorRecordCount: failed } = job;
  if (total === undefined || succeeded === undefined || failed === undefined) return {};
  return { counters: { total, succeeded, failed } };
}

export function bedrockJobStopper(bedrock: BedrockClient): JobStopper {
  return {
    ...bedrockJobReader(bedrock),

    async stop(jobArn) {
      const command = new StopModelInvocationJobCommand({ jobIdentifier: jobArn });
      await bedrock.send(command).catch(async (error: unknown) => {
        // Which of the two says that a job has ended is not documented, so the job itself is asked.
        const isRefused = error instanceof ConflictException || error instanceof ValidationException;
        const { status } = isRefused ? await this.get(jobArn) : { status: '' };
        if (status !== 'Stopping' && !isTerminal(status)) throw translated(error);
      });
    },
  };
}

function noSuchJob(jobArn: string, cause: unknown): BatchError {
  return new BatchError('NotFound', `Cannot read the job ${jobArn}: Bedrock does not know it.`, { cause });
}

function translated(cause: unknown): unknown {
  if (cause instanceof ServiceQuotaExceededException || cause instanceof ThrottlingException) {
    return new BatchError('JobSlotUnavailable', `Cannot go on with the job yet: ${cause.message}`, { cause });
  }
  return cause;
}

export function connectJobs(options: BedrockJobsOptions): Jobs & JobStopper {
  return bedrockJobs(new BedrockClient(), options);
}

export function connectJobReader(): JobReader {
  return bedrockJobReader(new BedrockClient());
}

export function connectJobStopper(): JobStopper {
  return bedrockJobStopper(new BedrockClient());
}

export interface JobProgress {
  readonly jobArn: string;
  readonly status: string;
  readonly processed: number;
  readonly total: number;
}

/** The jobs submitted since a time whose names contain a text, with their record counters, which lag by up to a minute. */
export function connectJobProgress(): (
  nameContains: string,
  submitTimeAfter: Date,
) => Promise<readonly JobProgress[]> {
  const client = new BedrockClient();
  return async (nameContains, submitTimeAfter) => {
    const jobs: JobProgress[] = [];
    for await (const page of paginateListModelInvocationJobs({ client }, { nameContains, submitTimeAfter })) {
      for (const {
        jobArn = '',
        status = 'Submitted',
        processedRecordCount = 0,
        totalRecordCount = 0,
      } of page.invocationJobSummaries ?? []) {
        jobs.push({ jobArn, status, processed: processedRecordCount, total: totalRecordCount });
      }
    }
    return jobs;
  };
}
