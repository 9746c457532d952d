import {
  BedrockClient,
  CreateModelInvocationJobCommand,
  GetModelInvocationJobCommand,
  paginateListModelInvocationJobs,
  ServiceQuotaExceededException,
  ThrottlingException,
} from '@aws-sdk/client-bedrock';
import { BatchError } from '../errors.ts';
import type { JobReader, Jobs } from '../steps/collaborators.ts';

export interface BedrockJobsOptions {
  readonly roleArn: string;
  /** How long Bedrock may take over one job: 24 to 168. */
  readonly timeoutDurationInHours: number;
}

export function bedrockJobs(
  bedrock: BedrockClient,
  { roleArn, timeoutDurationInHours }: BedrockJobsOptions,
): Jobs {
  return {
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
      const { jobArn } = await bedrock.send(command).catch((error: unknown) => {
        throw translated(error);
      });
      if (jobArn === undefined) throw new BatchError('Internal', `Bedrock gave job ${jobName} no ARN.`);
      return jobArn;
    },

    ...bedrockJobReader(bedrock),
  };
}

export function bedrockJobReader(bedrock: BedrockClient): JobReader {
  return {
    async get(jobArn) {
      const command = new GetModelInvocationJobCommand({ jobIdentifier: jobArn });
      const { status = 'Submitted', message } = await bedrock.send(command).catch((error: unknown) => {
        throw translated(error);
      });
      return { jobArn, status, message };
    },
  };
}

function translated(cause: unknown): unknown {
  if (cause instanceof ServiceQuotaExceededException || cause instanceof ThrottlingException) {
    return new BatchError('JobSlotUnavailable', `Cannot go on with the job yet: ${cause.message}`, { cause });
  }
  return cause;
}

export function connectJobs(options: BedrockJobsOptions): Jobs {
  return bedrockJobs(new BedrockClient(), options);
}

export function connectJobReader(): JobReader {
  return bedrockJobReader(new BedrockClient());
}

export interface JobProgress {
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
        status = 'Submitted',
        processedRecordCount = 0,
        totalRecordCount = 0,
      } of page.invocationJobSummaries ?? []) {
        jobs.push({ status, processed: processedRecordCount, total: totalRecordCount });
      }
    }
    return jobs;
  };
}
