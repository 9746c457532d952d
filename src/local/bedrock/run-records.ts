import type { RecordFault } from '../faults/record-faults.ts';
import { contentHash } from '../faults/record-faults.ts';
import { type RecordAnswer, recordError, type TokenCount } from './answer-back-end.ts';
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
  /** Answered or not, records that were met. */
  met: number;
  timedOut: boolean;
}

/** Answers records one after the other, keeps the job's counters, and ends where something ends the job. */
export async function* answerRecords(
  records: RecordRun,
  input: AsyncIterable<InputRecord>,
): AsyncGenerator<AnsweredRecord> {
  const { run, random } = records;
  const { job, options } = run;
  for await (const { recordId, modelInput } of input) {
    await pace(records);
    if (isOver(records)) return;
    records.met++;
    const fault = options.recordFaults.inJob({ modelInput, ordinal: records.met, by: job.id });
    const answer = await answerOne(run, modelInput, fault);
    if (fault?.missing !== 'uncounted') count(records, answer);
    job.lastModifiedTime = options.clock.now();
    if (fault?.missing !== undefined) continue;
    const torn = fault?.unreadable === true;
    if (options.ledger !== undefined && !torn && !('error' in answer)) {
      records.answered.add(contentHash(modelInput));
    }
    const line = { recordId: recordId ?? randomAlphanumerics(random, 11), modelInput, answer, torn };
    yield line;
    if (fault?.duplicated) yield line;
  }
}

/** Whether no further record is to be answered. */
export function isOver(records: RecordRun): boolean {
  const { run, limit, met } = records;
  if (run.stop.aborted || met >= limit) return true;
  records.timedOut = run.options.clock.now() >= run.job.expirationTime;
  return records.timedOut;
}

async function answerOne(
  { job, options: { backEnd, closing } }: JobRun,
  modelInput: unknown,
  fault: RecordFault | undefined,
): Promise<RecordAnswer> {
  if (fault?.errorCode !== undefined) return faultyAnswer(fault.errorCode, fault.errorMessage);
  if (modelInput === undefined) return recordError(400, 'modelInput: Field required');
  const { modelId, modelInvocationType: invocationType = 'InvokeModel' } = job.request;
  return backEnd.answer({ modelId, invocationType, modelInput }, closing);
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
