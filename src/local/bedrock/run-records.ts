import type { RecordFault } from '../faults/record-faults.ts';
import { contentHash } from '../faults/record-faults.ts';
import { type RecordAnswer, recordError, type TokenCount } from './answer-back-end.ts';
import { asTheyEnd } from './as-they-end.ts';
import type { InputRecord } from './job-input.ts';
import type { AnsweredRecord } from './job-output.ts';
import type { JobRun } from './job-run.ts';
import { type Random, randomAlphanumerics } from './random.ts';

/** How far a job has come with its records. */
export interface RecordRun {
  readonly run: JobRun;
  readonly random: Random;
  /** How many records are answered at most: a fault ends the job there. */
  readonly limit: number;
  readonly tokens: { -readonly [K in keyof TokenCount]: TokenCount[K] };
  /** The contents that have an answer which can be read; kept only for a ledger. */
  readonly answered: Set<string>;
  /** Records that were met, answered or not yet. */
  met: number;
  timedOut: boolean;
}

/**
 * Answers as many records at once as the back end takes, keeps the job's counters, and ends where something ends the job.
 * Nothing is counted before it is yielded.
 */
export async function* answerRecords(
  records: RecordRun,
  input: AsyncIterable<InputRecord>,
): AsyncGenerator<AnsweredRecord> {
  const { run, random } = records;
  const { clock, backEnd, ledger } = run.options;
  const met = asTheyEnd(meet(records, input), backEnd.atOnce ?? 1, (record) => answerOne(run, record));
  for await (const { recordId, modelInput, fault, answer } of met) {
    if (answer === undefined) continue;
    if (fault?.missing !== 'uncounted') count(records, answer);
    run.job.lastModifiedTime = clock.now();
    if (fault?.missing !== undefined) continue;
    const torn = fault?.unreadable === true;
    if (ledger !== undefined && !torn && !('error' in answer)) records.answered.add(contentHash(modelInput));
    const line = { recordId: recordId ?? randomAlphanumerics(random, 11), modelInput, answer, torn };
    yield line;
    if (fault?.duplicated) yield line;
  }
}

interface MetRecord extends InputRecord {
  readonly fault: RecordFault | undefined;
}

/** The records that are to be answered: a fault befalls them by their places in the input, whichever is answered first. */
async function* meet(records: RecordRun, input: AsyncIterable<InputRecord>): AsyncGenerator<MetRecord> {
  const { job, options } = records.run;
  for await (const { recordId, modelInput } of input) {
    await pace(records);
    if (isOver(records)) return;
    records.met++;
    const fault = options.recordFaults.inJob({ modelInput, ordinal: records.met, by: job.id });
    yield { ...(recordId !== undefined && { recordId }), modelInput, fault };
  }
}

/** Whether no further record is to be answered. */
export function isOver(records: RecordRun): boolean {
  const { run, limit, met } = records;
  if (run.stop.aborted || met >= limit) return true;
  records.timedOut = run.options.clock.now() >= run.job.expirationTime;
  return records.timedOut;
}

interface EndedRecord extends MetRecord {
  /** Undefined where the job was stopped before there was one. */
  readonly answer: RecordAnswer | undefined;
}

async function answerOne(run: JobRun, record: MetRecord): Promise<EndedRecord> {
  const { modelInput, fault } = record;
  if (fault?.errorCode !== undefined) {
    return { ...record, answer: faultyAnswer(fault.errorCode, fault.errorMessage) };
  }
  if (modelInput === undefined) return { ...record, answer: recordError(400, 'modelInput: Field required') };
  return { ...record, answer: await answerUnlessStopped(run, modelInput) };
}

/** A stop breaks off what is under way; what the back end then says is not the job's failure. */
async function answerUnlessStopped(
  { job, stop, halt, options: { backEnd } }: JobRun,
  modelInput: unknown,
): Promise<RecordAnswer | undefined> {
  const { modelId, modelInvocationType: invocationType = 'InvokeModel' } = job.request;
  try {
    return await backEnd.answer({ modelId, invocationType, modelInput, patient: true }, halt);
  } catch (error) {
    if (stop.aborted) return undefined;
    throw error;
  }
}

/** On demand as in a job. */
export function faultyAnswer(errorCode: number, errorMessage = MESSAGE): RecordAnswer {
  return recordError(errorCode, errorMessage);
}

const MESSAGE = 'The record could not be processed. Try your request again.';

function count({ run: { job }, tokens }: RecordRun, answer: RecordAnswer): void {
  if ('error' in answer) {
    job.failedRecords++;
    return;
  }
  job.succeededRecords++;
  tokens.input += answer.tokens.input;
  tokens.output += answer.tokens.output;
}

/** Waits about twenty times a second rather than for each record: timers are coarser than fast records. */
async function pace({ run: { stop, halt, options }, met }: RecordRun): Promise<void> {
  const { recordsPerSecond, clock } = options;
  if (recordsPerSecond === undefined) return;
  const batch = Math.max(1, Math.round(recordsPerSecond / 20));
  if (met % batch !== 0) return;
  const wait = clock.sleep((batch / recordsPerSecond) * 1000, halt);
  await wait.catch((error: unknown) => {
    if (!stop.aborted) throw error;
  });
}
