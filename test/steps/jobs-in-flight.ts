import { type RunJobInput, runJob } from '../../src/steps/run-job.ts';
import { FakeLog } from './fakes.ts';
import { aChunk, aRun, pinnedNowhere } from './fixtures.ts';
import { FakeJobs, FakeTasks, MemoryInventory, MemorySlots } from './job-fakes.ts';

export const HOUR = 3_600_000;

export const run = aRun();
const prepared = {
  input_uri: 's3://bucket/i',
  output_uri: 's3://bucket/o/',
  records: 4,
  null_values: 0,
  way: 'batch' as const,
};

export function inputOf(chunk: number, task_token = `task-${chunk}`, of = run): RunJobInput {
  return {
    task_token,
    asked_at: 1,
    run: of,
    chunk: { ...aChunk(of, pinnedNowhere), index: chunk },
    attempt: 1,
    prepared,
  };
}

/** All that a step about jobs needs, and jobs to put somewhere. */
export class JobWorld {
  ms = 0;
  readonly now = () => this.ms;
  readonly inventory = new MemoryInventory();

  readonly jobs = new FakeJobs();
  readonly tasks = new FakeTasks();
  readonly slots = new MemorySlots({ max: 50, now: this.now });
  /** Of every execution. */
  executionStatus = 'RUNNING';
  redrives = 0;
  readonly executions = {
    statusOf: async () => this.executionStatus,
    redrivesOf: async () => this.redrives,
  };
  readonly log = new FakeLog();

  constructor() {
    this.inventory.now = this.now;
  }

  /** Submits the job of a chunk, whose task waits. */
  async submit(chunk = 0, of = run): Promise<{ readonly jobName: string; readonly jobArn: string }> {
    const input = inputOf(chunk, undefined, of);
    this.tasks.wait(input.task_token);
    const { job_arn } = await runJob(input, this);
    return { jobName: this.jobs.created.at(-1)?.jobName ?? '', jobArn: job_arn ?? '' };
  }

  /** As when the function died before it noted the ARN. */
  loseArn(jobName: string): void {
    const { jobArn: _, status: __, ...item } = this.item(jobName);
    this.inventory.items.set(jobName, item);
  }

  item(jobName: string) {
    const item = this.inventory.items.get(jobName);
    if (item === undefined) throw new Error(`There is no ${jobName}.`);
    return item;
  }

  get answered(): readonly (readonly [string, string])[] {
    return this.tasks.answers.map(({ taskToken, output }) => [
      taskToken,
      (output as { status: string }).status,
    ]);
  }
}
