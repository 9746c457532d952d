import { setMaxListeners } from 'node:events';
import { parseS3Uri } from '../batch/keys.ts';
import type { Chunk, JobResult, Run } from '../batch/manifest.ts';
import { type JsonlRecord, jsonlRecords } from '../data/jsonl/table.ts';
import { BatchError, refusal } from '../errors.ts';
import type { ExecutionReader, Invocation, ModelInvoker, Turns } from './collaborators.ts';
import { invokePatiently, type OutOfPatience, type Patience, RESERVE_MS } from './invoke-patiently.ts';
import {
  OBJECT_RECORDS,
  type OnDemandObjects,
  OnDemandOutput,
  type OnDemandRecord,
} from './on-demand-output.ts';
import type { PreparedInput } from './prepare-input.ts';
import type { Unfinished } from './unfinished.ts';

export interface InvokeOnDemandInput {
  readonly run: Run;
  readonly chunk: Chunk;
  readonly attempt: number;
  readonly prepared: PreparedInput;
  /** Chunks of the run that may be at work at a time. */
  readonly chunks_at_once: number;
}

export interface InvokeOnDemandCollaborators extends Patience {
  readonly objects: OnDemandObjects;
  readonly models: ModelInvoker;
  readonly turns: Turns;
  readonly executions: Pick<ExecutionReader, 'statusOf'>;
  readonly now: () => number;
  /** Rejects when the signal says so. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

export type OnDemandResult = JobResult & { readonly records: number };

/** Requests that are under way when no more than this is left are broken off. */
const LAST_MS = 15_000;
/** How often it is looked whether the execution goes on. */
const LOOK_MS = 10_000;
const MOST_FAULTY_LOOKS = 6;
const RIVAL = 'another function asks the same records';
const LAST_WRITE_MS = 5_000;
const FIRST_WRITE_DELAY_MS = 500;
const MOST_WRITES = 7;

/**
 * Asks the model for each record of an attempt by itself, and writes lines as a batch job would. A record that fails has a line too.
 * Killed at any instant and called again, it asks no more records twice than were under way, and one object holds.
 * @throws BatchError ModelUnavailable when a whole invocation brought nothing but throttles, TurnUnavailable when as many chunks
 * as may are asking already
 */
export async function invokeOnDemand(
  input: InvokeOnDemandInput,
  collaborators: InvokeOnDemandCollaborators,
): Promise<OnDemandResult | Unfinished> {
  const { run, chunk, chunks_at_once } = input;
  if (!Number.isInteger(chunks_at_once) || chunks_at_once < 1) {
    throw refusal(
      'ask the model on demand',
      'chunks_at_once',
      'be a whole number of at least 1',
      chunks_at_once,
    );
  }
  const most = run.max_on_demand_concurrency;
  const concurrency = Math.max(1, Math.floor(most / chunks_at_once));
  // Fewer turns than chunks: one record at a time of as many chunks as may.
  if (chunks_at_once <= most) return askAll(input, concurrency, collaborators);
  const { turns } = collaborators;
  if (!(await turns.take(run, chunk.index, most))) {
    const sentence = `Cannot ask on demand yet: ${most} other chunks of the run are being asked.`;
    throw new BatchError('TurnUnavailable', sentence);
  }
  return askAll(input, concurrency, collaborators).finally(() => turns.giveBack(run, chunk.index));
}

async function askAll(
  { run, prepared }: InvokeOnDemandInput,
  concurrency: number,
  collaborators: InvokeOnDemandCollaborators,
): Promise<OnDemandResult | Unfinished> {
  const { objects, now } = collaborators;
  const location = locationOf(prepared.input_uri);
  const folder = `${locationOf(prepared.output_uri).key}on-demand/`;
  const output = await OnDemandOutput.open(folder, objects, now);
  const before = output.records;
  const workers = new Workers({ run, concurrency, output }, collaborators);
  const source = objects.source(await objects.pin(location));
  const last = await workers.ask(jsonlRecords(source, { offset: 0, line: 1 }));
  if (last === RIVAL) throw new BatchError('TurnUnavailable', `Cannot ask on demand yet: ${last}.`);
  if (last === 'finished') return { status: 'OnDemand', records: output.records };
  if (output.records > before) return { unfinished: true, rows_so_far: output.records };
  // To go on like this could take for ever: the state machine decides how often.
  const sentence = `Cannot get an answer on demand yet: no record was answered (${last}).`;
  throw new BatchError('ModelUnavailable', sentence);
}

function locationOf(uri: string) {
  const location = parseS3Uri(uri);
  if (location === undefined)
    throw new BatchError('Internal', `Cannot ask on demand: ${uri} must be an S3 URI.`);
  return location;
}

function recordOf({ members, line }: JsonlRecord): OnDemandRecord {
  const [recordId, modelInput] = [members.get('recordId'), members.get('modelInput')];
  if (recordId !== undefined && modelInput !== undefined) return { recordId, modelInput };
  const rule = 'have a recordId and a modelInput';
  throw refusal('ask the model on demand', `line ${line} of the input`, rule, [...members.keys()]);
}

interface Work {
  readonly run: Run;
  readonly concurrency: number;
  readonly output: OnDemandOutput;
}

/** Hands each record to one worker, and the lines that come back to S3. */
class Workers {
  readonly #work: Work;
  readonly #collaborators: InvokeOnDemandCollaborators;
  /** Records that would be asked again after a kill: those under way, and those whose lines wait to be written. */
  readonly #mostUnwritten: number;
  readonly #underWay = new Set<Promise<void>>();
  readonly #breakOff = new AbortController();
  #why: string | undefined;
  /** Why no further record is to be asked here. */
  #halted: string | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(work: Work, collaborators: InvokeOnDemandCollaborators) {
    this.#work = work;
    this.#collaborators = collaborators;
    this.#mostUnwritten = work.concurrency + OBJECT_RECORDS;
    // Every request listens to it, and more than ten would be reported as a leak.
    setMaxListeners(work.concurrency + 1, this.#breakOff.signal);
  }

  /** Returns why there are records left, if there are. */
  async ask(records: AsyncIterable<JsonlRecord>): Promise<'finished' | string> {
    const ended = new AbortController();
    const watch = Promise.all([this.#watch(ended.signal), this.#watchExecution(ended.signal)]);
    try {
      // Whatever goes wrong, what was paid for is written.
      await this.#startAll(records).finally(() => this.#drain());
    } finally {
      ended.abort();
      await watch;
    }
    if (this.#failure !== undefined) throw this.#failure.error;
    return this.#halted ?? this.#why ?? 'finished';
  }

  /** Breaks off what takes longer than there is time. */
  async #watch(ended: AbortSignal): Promise<void> {
    const { sleep, timeLeft } = this.#collaborators;
    try {
      await sleep(Math.max(0, timeLeft() - LAST_MS), ended);
      this.#breakOff.abort();
    } catch (error) {
      if (!ended.aborted) throw error;
    }
  }

  /** An execution that is stopped does not stop this function, which would go on asking at the full price. */
  async #watchExecution(ended: AbortSignal): Promise<void> {
    const { sleep, executions } = this.#collaborators;
    const { execution_arn } = this.#work.run;
    for (let faults = 0; ; ) {
      try {
        await sleep(LOOK_MS, ended);
        const status = await executions.statusOf(execution_arn);
        if (status !== 'RUNNING') this.#halted = `the execution is ${status ?? 'gone'}`;
        faults = 0;
      } catch (error) {
        if (ended.aborted) return;
        // A throttle passes; whoever is never told must not go on asking.
        if (++faults === MOST_FAULTY_LOOKS) this.#failure ??= { error };
      }
    }
  }

  async #startAll(records: AsyncIterable<JsonlRecord>): Promise<void> {
    let started = 0;
    for await (const line of records) {
      const record = recordOf(line);
      if (this.#work.output.has(record.recordId)) continue;
      await this.#room();
      if (this.#work.output.hasRival) this.#halted = RIVAL;
      if (this.#failure !== undefined || this.#halted !== undefined) return;
      // The first is asked however little time there is, so that every invocation gets somewhere.
      if (started++ > 0 && this.#collaborators.timeLeft() <= RESERVE_MS) {
        this.#why ??= 'the time was over';
        return;
      }
      this.#start(record);
    }
  }

  async #room(): Promise<void> {
    const { concurrency, output } = this.#work;
    const unwritten = () => this.#underWay.size + output.waiting;
    while (this.#underWay.size >= concurrency || unwritten() >= this.#mostUnwritten) {
      if (output.waiting > 0 && unwritten() >= this.#mostUnwritten) await this.#flush();
      else await this.#oneMore();
    }
  }

  async #drain(): Promise<void> {
    while (this.#underWay.size > 0) await this.#oneMore();
    while (this.#work.output.waiting > 0) await this.#flush();
  }

  async #oneMore(): Promise<void> {
    await Promise.race(this.#underWay);
    if (this.#work.output.isDue) await this.#flush();
  }

  /** The lines were paid for, and a function that fails loses them: a write that fails is tried again while there is time. */
  async #flush(): Promise<void> {
    const { timeLeft, sleep, random } = this.#collaborators;
    for (let tries = 1; ; tries++) {
      try {
        return await this.#work.output.flush();
      } catch (error) {
        const delay = random() * FIRST_WRITE_DELAY_MS * 2 ** tries;
        if (tries === MOST_WRITES || timeLeft() - delay <= LAST_WRITE_MS) throw error;
        await sleep(delay);
      }
    }
  }

  #start(record: OnDemandRecord): void {
    const work: Promise<void> = this.#askOne(record)
      .catch((error: unknown) => {
        if (this.#breakOff.signal.aborted) this.#why ??= 'the model took too long';
        else this.#failure ??= { error };
      })
      .finally(() => this.#underWay.delete(work));
    this.#underWay.add(work);
  }

  async #askOne(record: OnDemandRecord): Promise<void> {
    const { run, output } = this.#work;
    const { models } = this.#collaborators;
    const invoke = () => models.invoke(run.model_id, record.modelInput, this.#breakOff.signal);
    const answer: Invocation | OutOfPatience = await invokePatiently(invoke, this.#collaborators);
    if ('last' in answer) this.#why = answer.last.errorMessage;
    else output.add(record, answer);
  }
}
