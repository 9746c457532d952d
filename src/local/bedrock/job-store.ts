import { randomInt } from 'node:crypto';
import { foundationModelOf } from '../../models/catalog.ts';
import { AppendLog, readLog } from '../append-log.ts';
import { assertBatchable } from './batch-models.ts';
import { BedrockError } from './errors.ts';
import { type CreateJobRequest, isTerminal, type Job, type JobState, NO_RECORDS } from './job.ts';
import { jobQuotaOf } from './job-quota.ts';
import { JobsInFlight } from './jobs-in-flight.ts';

export interface JobStoreOptions {
  readonly region: string;
  readonly account: string;
  readonly maxJobsPerModel: number;
  /** The log in which jobs survive the process; without one they live as long as the store. */
  readonly path?: string | undefined;
}

/** Bedrock does not document the timeout of a job that names none; the least that can be asked for is assumed. */
const DEFAULT_TIMEOUT_HOURS = 24;
type Entry = { readonly job: Job } | { readonly id: string; readonly change: Partial<JobState> };

/** The jobs of an account in a Region. With a path each change is in its log before anybody is told of it. */
export class JobStore {
  readonly #options: JobStoreOptions;
  readonly #log: AppendLog<Entry> | undefined;
  /** A job's sequence is its place here. */
  readonly #ordered: Job[] = [];
  readonly #byId = new Map<string, Job>();
  readonly #byToken = new Map<string, Job>();
  readonly #inFlight = new JobsInFlight();

  constructor(options: JobStoreOptions) {
    this.#options = options;
    const { path } = options;
    if (path === undefined) return;
    for (const entry of readLog(path)) this.#apply(entry as Entry);
    this.#log = new AppendLog(path, () => this.#snapshot());
  }

  /** The job of an id or ARN. @throws BedrockError ResourceNotFoundException */
  get(identifier: string): Job {
    const job = this.#byId.get(identifier.slice(-12));
    if (job === undefined || (identifier.startsWith('arn:') && job.arn !== identifier)) {
      throw new BedrockError('ResourceNotFoundException', `The job ${identifier} was not found.`);
    }
    return job;
  }

  /** In the order of their creation, from the job after that of the given sequence; or backwards, from the one before. */
  *inOrder(step: 1 | -1, after?: number): Generator<Job> {
    const from = after ?? (step === 1 ? -1 : this.#ordered.length);
    for (let at = from + step; ; at += step) {
      const job = this.#ordered[at];
      if (job === undefined) return;
      yield job;
    }
  }

  /** Those that have not ended. */
  unfinished(): readonly Job[] {
    return this.#inFlight.all();
  }

  /**
   * A new job, or the one that the same client token made before: whatever else is asked for with it then is ignored, as
   * documented. @throws BedrockError for a model without batch inference, on a conflict or a full quota.
   */
  add(request: CreateJobRequest, now: number): { readonly job: Job; readonly created: boolean } {
    const { clientRequestToken: token } = request;
    const earlier = token === undefined ? undefined : this.#byToken.get(token);
    if (earlier !== undefined) return { job: earlier, created: false };
    assertBatchable(request);
    const modelArn = this.#modelArn(request.modelId);
    this.#refuseConflicts(request, modelArn);
    const job = this.#newJob(request, modelArn, now);
    this.#append({ job });
    return { job, created: true };
  }

  change(job: Job, change: Partial<JobState>): void {
    this.#append({ id: job.id, change });
  }

  close(): void {
    this.#log?.close();
  }

  #append(entry: Entry): void {
    this.#log?.append(entry);
    this.#apply(entry);
  }

  #apply(entry: Entry): void {
    if ('job' in entry) this.#put(entry.job);
    else {
      const job = this.get(entry.id);
      Object.assign(job, entry.change);
      if (isTerminal(job.status)) this.#inFlight.remove(job);
    }
  }

  #put(job: Job): void {
    const { clientRequestToken: token } = job.request;
    this.#ordered.push(job);
    this.#byId.set(job.id, job);
    if (token !== undefined) this.#byToken.set(token, job);
    if (!isTerminal(job.status)) this.#inFlight.add(job);
  }

  *#snapshot(): Generator<Entry> {
    for (const job of this.#ordered) yield { job };
  }

  #refuseConflicts({ jobName, modelId }: CreateJobRequest, modelArn: string): void {
    if (this.#inFlight.named(jobName)) {
      throw new BedrockError('ConflictException', `A job named ${jobName} is already in progress.`);
    }
    const { name, most } = jobQuotaOf(modelArn, this.#options.maxJobsPerModel);
    if (this.#inFlight.ofModel(modelArn) >= most) {
      throw new BedrockError(
        'ServiceQuotaExceededException',
        `The quota "${name}" for ${modelId} is ${most}.`,
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
      sequence: this.#ordered.length,
      request: { ...request, timeoutDurationInHours },
      modelArn,
      submitTime: now,
      expirationTime: now + timeoutDurationInHours * 3_600_000,
      status: 'Submitted',
      lastModifiedTime: now,
      validatedRecords: 0,
      ...NO_RECORDS,
    };
  }

  /** Bedrock answers with an ARN whatever it was given. */
  #modelArn(modelId: string): string {
    if (modelId.startsWith('arn:')) return modelId;
    const { id, profile } = foundationModelOf(modelId);
    const { region, account } = this.#options;
    return profile
      ? `arn:aws:bedrock:${region}:${account}:inference-profile/${modelId}`
      : `arn:aws:bedrock:${region}::foundation-model/${id}`;
  }
}

/** Random, not seeded: outputs of an earlier process may lie under the ids that a seed would repeat. */
function newJobId(): string {
  return Array.from({ length: 12 }, () => randomInt(36).toString(36)).join('');
}
