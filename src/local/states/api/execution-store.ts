import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EndStatus } from '../errors.ts';
import type { HistoryEvent } from '../history.ts';

export type Status = 'RUNNING' | EndStatus;

/** What lists need: small, and kept for every execution. */
export interface ExecutionSummary {
  readonly arn: string;
  readonly name: string;
  readonly stateMachineArn: string;
  readonly mapRunArn: string | undefined;
  readonly startTime: number;
  readonly status: Status;
  readonly stopTime: number | undefined;
  /** Of its input, to recognise a repeated StartExecution. */
  readonly inputHash: string;
}

/** What may be large: on disk once the execution has ended, so that memory does not grow with the dataset. */
export interface ExecutionData {
  readonly input: string;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
  readonly history: readonly HistoryEvent[];
}

export interface RunningExecution {
  readonly data: { input: string; history: HistoryEvent[] };
  stop(error?: string, cause?: string): void;
}

export class ExecutionStore {
  readonly #summaries = new Map<string, ExecutionSummary>();
  readonly #running = new Map<string, RunningExecution>();
  /** Ended, and not yet on disk. */
  readonly #saving = new Map<string, { readonly data: ExecutionData; readonly done: Promise<void> }>();
  readonly #folder: string;

  static async open(): Promise<ExecutionStore> {
    return new ExecutionStore(await mkdtemp(join(tmpdir(), 'local-states-')));
  }

  private constructor(folder: string) {
    this.#folder = folder;
  }

  start(summary: ExecutionSummary, running: RunningExecution): void {
    this.#summaries.set(summary.arn, summary);
    this.#running.set(summary.arn, running);
  }

  end(arn: string, status: EndStatus, stopTime: number, data: ExecutionData): void {
    const summary = this.#summaries.get(arn);
    if (!summary) throw new Error(`No execution ${arn} was started.`);
    this.#summaries.set(arn, { ...summary, status, stopTime });
    this.#running.delete(arn);
    const done = writeFile(this.#file(arn), JSON.stringify(data)).then(() => void this.#saving.delete(arn));
    this.#saving.set(arn, { data, done });
    // Until it is on disk the data stays in memory; close() reports a disk that refuses it.
    done.catch(() => undefined);
  }

  find(arn: string): ExecutionSummary | undefined {
    return this.#summaries.get(arn);
  }

  /** In the order of their start. */
  list(): Iterable<ExecutionSummary> {
    return this.#summaries.values();
  }

  running(arn: string): RunningExecution | undefined {
    return this.#running.get(arn);
  }

  async data(arn: string): Promise<ExecutionData> {
    const inMemory = this.#running.get(arn)?.data ?? this.#saving.get(arn)?.data;
    return inMemory ?? (JSON.parse(await readFile(this.#file(arn), 'utf8')) as ExecutionData);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#saving.values()].map(({ done }) => done));
    await rm(this.#folder, { recursive: true, force: true });
  }

  #file(arn: string): string {
    return join(this.#folder, `${hashOf(arn)}.json`);
  }
}

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
