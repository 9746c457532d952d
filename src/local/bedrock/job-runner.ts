import { setMaxListeners } from 'node:events';
import { BedrockError } from './errors.ts';
import { isTerminal, type Job } from './job.ts';
import { enter, runJob } from './job-lifecycle.ts';
import type { LifecycleOptions } from './job-run.ts';

interface Running {
  readonly stop: AbortController;
  readonly halt: AbortController;
  readonly ended: Promise<void>;
}

/** The jobs that are being led to their ends. */
export class JobRunner {
  readonly #options: LifecycleOptions;
  readonly #running = new Map<string, Running>();

  constructor(options: LifecycleOptions) {
    this.#options = options;
  }

  /** Idempotent: a job runs once. */
  run(job: Job): void {
    if (this.#running.has(job.id)) return;
    // A signal of its own for each job: those that are made of others are slow to be collected.
    const [stop, halt] = [new AbortController(), new AbortController()];
    // Every record under way listens.
    setMaxListeners(0, halt.signal);
    const s3 = this.#options.s3.as(job.request.roleArn);
    const run = { job, s3, stop: stop.signal, halt: halt.signal, options: this.#options };
    const ended = runJob(run)
      .catch((error: unknown) => {
        // Its log cannot be written: it stays as it is, until a restart.
        process.emitWarning(`The job ${job.arn} is not led on: ${error}`);
      })
      .finally(() => this.#running.delete(job.id));
    this.#running.set(job.id, { stop, halt, ended });
  }

  /** @throws BedrockError ValidationException for a job that has ended; its page lists ConflictException too, and does not say when. */
  stop(job: Job): void {
    if (isTerminal(job.status)) {
      throw new BedrockError(
        'ValidationException',
        `The job ${job.arn} cannot be stopped. State was: ${job.status}`,
      );
    }
    if (job.status === 'Stopping') return;
    enter({ job, options: this.#options }, { status: 'Stopping' });
    const running = this.#running.get(job.id);
    const reason = new Error('The job was stopped.');
    running?.stop.abort(reason);
    running?.halt.abort(reason);
  }

  /** The jobs stay as they are. To be called when `closing` is aborted. */
  async close(): Promise<void> {
    const running = [...this.#running.values()];
    for (const { halt } of running) halt.abort(this.#options.closing.reason);
    await Promise.all(running.map(({ ended }) => ended));
  }
}
