import { randomInt } from 'node:crypto';
import { catalogEntryOf, foundationModelOf } from '../../models/catalog.ts';
import type { JobLimits } from '../../models/types.ts';
import { BedrockError } from './errors.ts';
import { type CreateJobRequest, isTerminal, type Job } from './job.ts';

export interface JobStoreOptions {
  readonly region: string;
  readonly account: string;
  readonly maxJobsPerModel: number;
}

/** Bedrock does not document the timeout of a job that names none; the least that can be asked for is assumed. */
const DEFAULT_TIMEOUT_HOURS = 24;
/** Every model that batch serves has these limits, so they hold for one that the catalog does not list. */
const STANDARD_LIMITS: JobLimits = { minRecords: 100, maxRecords: 100_000, maxFileBytes: 1024 ** 3 };

/** The jobs of an account in a Region, in the order of their creation. */
export class JobStore {
  readonly #options: JobStoreOptions;
  readonly #jobs = new Map<string, Job>();

  constructor(options: JobStoreOptions) {
    this.#options = options;
  }

  /** The job of an id or ARN. @throws BedrockError ResourceNotFoundException */
  get(identifier: string): Job {
    const job = this.#jobs.get(identifier.slice(-12));
    if (job === undefined || (identifier.startsWith('arn:') && job.arn !== identifier)) {
      throw new BedrockError('ResourceNotFoundException', `The job ${identifier} was not found.`);
    }
    return job;
  }

  all(): readonly Job[] {
    return [...this.#jobs.values()];
  }

  /** A new job, or the one that the same client token made before. @throws BedrockError on a conflict or a full quota. */
  add(request: CreateJobRequest, now: number): { readonly job: Job; readonly created: boolean } {
    const { clientRequestToken: token } = request;
    const earlier = this.all().find((job) => token !== undefined && job.request.clientRequestToken === token);
    if (earlier !== undefined) return { job: earlier, created: false };
    const modelArn = this.#modelArn(request.modelId);
    this.#refuseConflicts(request, modelArn);
    const job = this.#newJob(request, modelArn, now);
    this.#jobs.set(job.id, job);
    return { job, created: true };
  }

  #refuseConflicts({ jobName, modelId }: CreateJobRequest, modelArn: string): void {
    const inFlight = this.all().filter((job) => !isTerminal(job.status));
    if (inFlight.some((job) => job.request.jobName === jobName)) {
      throw new BedrockError('ConflictException', `A job named ${jobName} is already in progress.`);
    }
    const { maxJobsPerModel } = this.#options;
    if (inFlight.filter((job) => job.modelArn === modelArn).length >= maxJobsPerModel) {
      const quota = 'Sum of in-progress and submitted batch inference jobs using a base model';
      throw new BedrockError(
        'ServiceQuotaExceededException',
        `The quota "${quota}" for ${modelId} is ${maxJobsPerModel}.`,
      );
    }
  }

  #newJob(request: CreateJobRequest, modelArn: string, now: number): Job {
    const { region, account } = this.#options;
    const id = newJobId();
    const timeoutDurationInHours = request.timeoutDurationInHours ?? DEFAULT_TIMEOUT_HOURS;
    return {
      id,
      arn: `arn:aws:bedrock:${region}:${account}:model-invocation-job/${id}`,
      sequence: this.#jobs.size,
      request: { ...request, timeoutDurationInHours },
      modelArn,
      limits: catalogEntryOf(request.modelId)?.limits ?? STANDARD_LIMITS,
      submitTime: now,
      expirationTime: now + timeoutDurationInHours * 3_600_000,
      stop: new AbortController(),
      status: 'Submitted',
      message: undefined,
      lastModifiedTime: now,
      endTime: undefined,
      totalRecords: 0,
      succeededRecords: 0,
      failedRecords: 0,
    };
  }

  /** Bedrock answers with an ARN whatever it was given. */
  #modelArn(modelId: string): string {
    refuseWrongProfile(modelId);
    if (modelId.startsWith('arn:')) return modelId;
    const { id, profile } = foundationModelOf(modelId);
    const { region, account } = this.#options;
    return profile
      ? `arn:aws:bedrock:${region}:${account}:inference-profile/${modelId}`
      : `arn:aws:bedrock:${region}::foundation-model/${id}`;
  }
}

function refuseWrongProfile(modelId: string): void {
  const profiles = catalogEntryOf(modelId)?.profiles;
  const { profile } = foundationModelOf(modelId);
  if (profiles === 'required' && !profile) {
    const advice = 'Retry your request with the ID or ARN of an inference profile that contains this model.';
    throw new BedrockError('ValidationException', `Model ${modelId} cannot be called directly. ${advice}`);
  }
  if (profiles === 'none' && profile) {
    throw new BedrockError('ValidationException', `The model identifier ${modelId} is not valid.`);
  }
}

/** Random, not seeded: outputs of an earlier process may lie under the ids that a seed would repeat. */
function newJobId(): string {
  return Array.from({ length: 12 }, () => randomInt(36).toString(36)).join('');
}
