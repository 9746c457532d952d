import type { Clock } from '../clock.ts';
import { type AnswerBackEnd, type RecordAnswer, recordError, type TokenCount } from './answer-back-end.ts';
import type { Job } from './job.ts';
import type { InputRecord } from './job-input.ts';
import type { AnsweredRecord } from './job-output.ts';
import { type Random, randomAlphanumerics } from './random.ts';

export interface RecordRun {
  readonly job: Job;
  readonly backEnd: AnswerBackEnd;
  readonly clock: Clock;
  readonly random: Random;
  /** Ends the run early, keeping what is answered: the user's stop. */
  readonly stop: AbortSignal;
  /** Fails the run: the service is closing. */
  readonly closing: AbortSignal;
  /** Ends a wait; made once, for signals made from signals are slow to be collected. */
  readonly stopOrClosing: AbortSignal;
  readonly recordsPerSecond: number | undefined;
  readonly tokens: { -readonly [K in keyof TokenCount]: TokenCount[K] };
}

/** Answers records one after the other, keeps the job's counters, and ends where a stop or the timeout ends it. */
export async function* answerRecords(
  run: RecordRun,
  records: AsyncIterable<InputRecord>,
): AsyncGenerator<AnsweredRecord> {
  const { job, random } = run;
  for await (const { recordId, modelInput } of records) {
    await pace(run);
    if (run.stop.aborted || isExpired(run)) return;
    const answer = await answerOne(run, modelInput);
    count(run, answer);
    job.lastModifiedTime = run.clock.now();
    yield { recordId: recordId ?? randomAlphanumerics(random, 11), modelInput, answer };
  }
}

export function isExpired({ job, clock }: Pick<RecordRun, 'job' | 'clock'>): boolean {
  return clock.now() >= job.expirationTime;
}

async function answerOne({ job, backEnd, closing }: RecordRun, modelInput: unknown): Promise<RecordAnswer> {
  if (modelInput === undefined) return recordError(400, 'modelInput: Field required');
  const { modelId, modelInvocationType: invocationType = 'InvokeModel' } = job.request;
  return backEnd.answer({ modelId, invocationType, modelInput }, closing);
}

function count({ job, tokens }: RecordRun, answer: RecordAnswer): void {
  if ('error' in answer) {
    job.failedRecords++;
    return;
  }
  job.succeededRecords++;
  tokens.input += answer.tokens.input;
  tokens.output += answer.tokens.output;
}

/** Waits about twenty times a second rather than for each record: timers are coarser than fast records. */
async function pace({ job, clock, stop, stopOrClosing, recordsPerSecond }: RecordRun): Promise<void> {
  if (recordsPerSecond === undefined) return;
  const batch = Math.max(1, Math.round(recordsPerSecond / 20));
  if ((job.succeededRecords + job.failedRecords) % batch !== 0) return;
  const wait = clock.sleep((batch / recordsPerSecond) * 1000, stopOrClosing);
  await wait.catch((error: unknown) => {
    if (!stop.aborted) throw error;
  });
}
