import type { Job } from './job.ts';
import { countedModelOf } from './job-quota.ts';

/** The jobs that have not ended, by what Bedrock bounds them by: one of a name, and so many of a model. */
export class JobsInFlight {
  readonly #byName = new Map<string, Job>();
  readonly #ofModel = new Map<string, number>();

  all(): readonly Job[] {
    return [...this.#byName.values()];
  }

  named(jobName: string): boolean {
    return this.#byName.has(jobName);
  }

  ofModel(modelArn: string): number {
    return this.#ofModel.get(countedModelOf(modelArn)) ?? 0;
  }

  add(job: Job): void {
    this.#byName.set(job.request.jobName, job);
    this.#ofModel.set(countedModelOf(job.modelArn), this.ofModel(job.modelArn) + 1);
  }

  remove(job: Job): void {
    if (this.#byName.get(job.request.jobName) !== job) return;
    this.#byName.delete(job.request.jobName);
    this.#ofModel.set(countedModelOf(job.modelArn), this.ofModel(job.modelArn) - 1);
  }
}
