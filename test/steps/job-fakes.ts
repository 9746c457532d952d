import { isTerminal, rankOf } from '../../src/batch/job-status.ts';
import { BatchError } from '../../src/errors.ts';
import type {
  Inventory,
  InventoryItem,
  Job,
  JobRequest,
  JobStopper,
  Jobs,
  SlotHolder,
  Slots,
  TaskCallbacks,
  Turns,
} from '../../src/steps/collaborators.ts';

/** What happened, in order, across all fakes that share it. */
export type Journal = string[];

export class MemoryInventory implements Inventory {
  readonly items = new Map<string, InventoryItem>();
  /** By which items are made. */
  now = () => 0;
  readonly #journal: Journal;

  constructor(journal: Journal = []) {
    this.#journal = journal;
  }

  async add(item: Omit<InventoryItem, 'deliveredAt'>): Promise<boolean> {
    if (this.items.has(item.jobName)) return false;
    this.items.set(item.jobName, { ...item, deliveredAt: this.now() });
    this.#journal.push(`ledger has ${item.jobName}`);
    return true;
  }

  async get(jobName: string): Promise<InventoryItem | undefined> {
    return this.items.get(jobName);
  }

  async handOver(jobName: string, taskToken: string, askedAt: number): Promise<void> {
    if (askedAt < (this.items.get(jobName)?.askedAt ?? 0)) return;
    this.#change(jobName, { taskToken, askedAt, deliveredAt: this.now() });
    this.#journal.push(`${jobName} handed over to ${taskToken}`);
  }

  async recordArn(jobName: string, jobArn: string): Promise<void> {
    this.#change(jobName, { jobArn });
    this.#journal.push(`${jobName} has its ARN`);
  }

  async advance(jobName: string, { status, jobArn }: Pick<Job, 'status' | 'jobArn'>): Promise<boolean> {
    const item = this.items.get(jobName);
    if (item === undefined) return false;
    if (item.status !== undefined && rankOf(status) <= rankOf(item.status)) return false;
    this.#change(jobName, { status, jobArn });
    return true;
  }

  async *ofExecution(executionArn: string): AsyncGenerator<InventoryItem> {
    const found = [...this.items.values()].filter((item) => item.executionArn === executionArn);
    yield* found.sort((a, b) => (a.jobName < b.jobName ? -1 : 1));
  }

  #change(jobName: string, change: Partial<InventoryItem>): void {
    this.items.set(jobName, { ...(this.items.get(jobName) as InventoryItem), ...change });
  }
}

/** Slots of each model in memory. */
export class MemorySlots implements Slots {
  readonly #held: SlotHolder[] = [];
  readonly #max: number;
  readonly #now: () => number;
  readonly #journal: Journal;

  constructor({
    max = 20,
    now = () => 0,
    journal = [],
  }: { readonly max?: number; readonly now?: () => number; readonly journal?: Journal } = {}) {
    this.#max = max;
    this.#now = now;
    this.#journal = journal;
  }

  /** Names of the jobs that hold one. */
  get names(): readonly string[] {
    return this.#held.map(({ jobName }) => jobName);
  }

  async acquire(modelId: string, jobName: string): Promise<boolean> {
    const held = this.#find(modelId, jobName);
    const others = this.#held.filter((holder) => holder.modelId === modelId && holder !== held);
    if (held === undefined && others.length >= this.#max) return false;
    if (held === undefined) this.#journal.push(`slot for ${jobName}`);
    else this.#held.splice(this.#held.indexOf(held), 1);
    this.#held.push({ modelId, jobName, since: this.#now() });
    return true;
  }

  async release(modelId: string, jobName: string, since?: number): Promise<void> {
    const held = this.#find(modelId, jobName);
    if (held === undefined || (since !== undefined && since !== held.since)) return;
    this.#held.splice(this.#held.indexOf(held), 1);
    this.#journal.push(`slot of ${jobName} is free`);
  }

  async *holders(): AsyncGenerator<SlotHolder> {
    yield* [...this.#held];
  }

  #find(modelId: string, jobName: string): SlotHolder | undefined {
    return this.#held.find((holder) => holder.modelId === modelId && holder.jobName === jobName);
  }
}

/** Bedrock as far as jobs go: idempotent by token, and each job stands where a test puts it. */
export class FakeJobs implements Jobs, JobStopper {
  readonly created: JobRequest[] = [];
  /** ARNs of jobs that were asked to stop, while they could. */
  readonly stopped: string[] = [];
  readonly #jobs = new Map<string, Job>();
  readonly #arns = new Map<string, string>();
  readonly #journal: Journal;
  readonly #failures: unknown[] = [];

  constructor(journal: Journal = []) {
    this.#journal = journal;
  }

  async create(request: JobRequest): Promise<string> {
    if (this.#failures.length > 0) throw this.#failures.shift();
    const known = this.#arns.get(request.clientRequestToken);
    if (known !== undefined) return known;
    const jobArn = `arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/${this.created.push(request)}`;
    this.#arns.set(request.clientRequestToken, jobArn);
    this.#jobs.set(jobArn, { jobArn, status: 'Submitted' });
    this.#journal.push(`Bedrock has ${request.jobName}`);
    return jobArn;
  }

  /** As if so much time had passed that a request token means nothing any more. */
  forgetTokens(): void {
    this.#arns.clear();
  }

  async get(jobArn: string): Promise<Job> {
    const job = this.#jobs.get(jobArn);
    if (job === undefined) throw new BatchError('NotFound', `Cannot find the job ${jobArn}.`);
    return job;
  }

  async findByName(jobName: string): Promise<Job | undefined> {
    const index = this.created.findIndex((request) => request.jobName === jobName);
    return index < 0 ? undefined : [...this.#jobs.values()][index];
  }

  async stop(jobArn: string): Promise<void> {
    const { status } = await this.get(jobArn);
    if (isTerminal(status) || status === 'Stopping') return;
    this.stopped.push(jobArn);
    this.move(jobArn, 'Stopping');
  }

  /** Puts the job somewhere along its life. */
  move(jobArn: string, status: string, message?: string): void {
    this.#jobs.set(jobArn, { ...(this.#jobs.get(jobArn) as Job), status, message });
  }

  failNextCreate(error: unknown): void {
    this.#failures.push(error);
  }
}

/** Task tokens on which an execution waits until one is answered. */
export class FakeTasks implements TaskCallbacks {
  readonly answers: { readonly taskToken: string; readonly output: unknown }[] = [];
  readonly #waiting: Set<string>;

  constructor(...waiting: string[]) {
    this.#waiting = new Set(waiting);
  }

  async succeed(taskToken: string, output: unknown): Promise<boolean> {
    if (!this.#waiting.delete(taskToken)) return false;
    this.answers.push({ taskToken, output });
    return true;
  }

  async isAwaited(taskToken: string): Promise<boolean> {
    return this.#waiting.has(taskToken);
  }

  wait(taskToken: string): void {
    this.#waiting.add(taskToken);
  }

  /** The execution was stopped, or the task timed out. */
  abandon(taskToken: string): void {
    this.#waiting.delete(taskToken);
  }
}

/** Turns of one run, none of which ends by itself. */
export class MemoryTurns implements Turns {
  readonly taken = new Set<number>();

  async take(_run: unknown, chunk: number, most: number): Promise<boolean> {
    return this.taken.has(chunk) || (this.taken.size < most && this.taken.add(chunk).size > 0);
  }

  async giveBack(_run: unknown, chunk: number): Promise<void> {
    this.taken.delete(chunk);
  }
}
