import { sentenceOf } from '../batch/failure.ts';
import { runKeys } from '../batch/keys.ts';
import type { AttemptResult, Chunk, ChunkReport, JobResult, PendingRows, Run } from '../batch/manifest.ts';
import { jobNameOf } from '../batch/names.ts';
import type { RowOf } from '../batch/outcomes.ts';
import { AnswerSpill, kept } from '../data/answer-spill.ts';
import { encodeKept, errorText, type KeptChunk } from '../data/answers.ts';
import { ownRecordId } from '../data/jsonl/ready-made.ts';
import { jsonlRecords } from '../data/jsonl/table.ts';
import { OutputReader } from '../data/output-records.ts';
import { resolveModel } from '../models/registry.ts';
import type { ObjectStore } from './collaborators.ts';
import { type Collected, Collector, collect } from './output-collector.ts';
import type { PreparedInput } from './prepare-input.ts';
import { attemptOf } from './run-job.ts';
import { notSubmitted } from './settle.ts';

export interface PostprocessInput {
  readonly run: Run;
  readonly chunk: Chunk;
  readonly attempt: number;
  /** What became of the attempts before this one. */
  readonly earlier: readonly AttemptResult[];
  readonly prepared: PreparedInput;
  readonly job: JobResult;
  /** By the state machine's clock: the time for jobs is over. */
  readonly past_deadline?: boolean | undefined;
}

/** Some rows are worth another attempt: what its states are told. */
export interface NextAttempt {
  readonly retry: { readonly attempt: number; readonly earlier: readonly AttemptResult[] };
}

/**
 * Turns whatever the attempts of a chunk left behind into one outcome for each row, and writes them in row order. Rows that failed in a
 * way that may pass, and rows that were not answered, are sent again while there are attempts left; no row that has an answer is.
 */
export async function postprocess(
  input: PostprocessInput,
  { objects }: { readonly objects: ObjectStore },
): Promise<ChunkReport | NextAttempt> {
  const { run, chunk, attempt, earlier, prepared } = input;
  const { family } = resolveModel(run.model_id);
  const spill = new AnswerSpill({ rowCount: chunk.row_count });
  const retryable = new Uint8Array(chunk.row_count);
  try {
    const rowOf = await ownRows(run, chunk, objects);
    const attempts: AttemptResult[] = [];
    const discrepancies: string[] = [];
    for (const result of [...earlier, attemptResult(input)]) {
      const reader = new OutputReader(family, run.embedding_type, rowOf);
      const collector = new Collector(chunk, reader, spill, retryable);
      const collected = await collect(objects, outputPrefix(run, chunk, result), collector);
      attempts.push(withCollected(result, collected, run));
      const found = [...collected.discrepancies, ...countersOff(result, collected)];
      const which = attempt > 1 ? `attempt ${result.attempt}: ` : '';
      discrepancies.push(...found.map((text) => which + text));
    }
    await objects.write(runKeys.answers(run, chunk.index), encodeKept(answersOf(input, spill)));
    const pending = isLast(input) ? [] : pendingPlaces(chunk, spill, retryable);
    if (isWorthwhile(pending.length, input)) {
      const next: PendingRows = { earlier: attempts, places: pending };
      await objects.write(runKeys.pending(run, chunk.index, attempt + 1), JSON.stringify(next));
      return { retry: { attempt: attempt + 1, earlier: attempts } };
    }
    const { null_values } = earlier[0] ?? prepared;
    return { index: chunk.index, rows: chunk.row_count, attempts, null_values, discrepancies };
  } finally {
    await spill.close();
  }
}

/** Bedrock's counters at the job's end against what was sent and what is there; they are known to lag, so this is told and no more. */
function countersOff(
  { counters, records }: AttemptResult,
  { answers, errors }: Collected,
): readonly string[] {
  if (counters === undefined) return [];
  const { total, succeeded, failed } = counters;
  const found: string[] = [];
  if (total !== records && total > 0) found.push(`Bedrock counted ${total} records, ${records} were sent`);
  if (succeeded !== answers || failed !== errors) {
    const there = `the output has ${answers} and ${errors}`;
    found.push(`Bedrock counted ${succeeded} successes and ${failed} errors, ${there}`);
  }
  return found;
}

function answersOf({ run, chunk, job }: PostprocessInput, spill: AnswerSpill): KeptChunk {
  const { answers } = resolveModel(run.model_id).family;
  const { first_row: firstRow } = chunk;
  return { spill, firstRow, answers, precision: run.embedding_type, missing: missing(job) };
}

/**
 * No attempt is left; or nobody heard how the job ended. Then it could not be run at all, and the next could not either, or it may still be
 * running, and the same records would be paid for twice.
 */
function isLast({ run, attempt, job, prepared, past_deadline }: PostprocessInput): boolean {
  if (job.failure !== undefined || run.collected) return true;
  // What the deadline cut short goes on demand, however many jobs were tried before.
  const isCutShort = prepared.way === 'batch' && past_deadline;
  return attempt >= run.max_attempts && !isCutShort;
}

function isWorthwhile(rows: number, { run, past_deadline }: PostprocessInput): boolean {
  if (rows === 0) return false;
  const { minRecords } = resolveModel(run.model_id).limits;
  return rows >= minRecords || run.small_sets === 'on_demand' || past_deadline === true;
}

function pendingPlaces({ row_count }: Chunk, spill: AnswerSpill, retryable: Uint8Array): readonly number[] {
  const places: number[] = [];
  for (let place = 0; place < row_count; place++) {
    const what = spill.keptOf(place);
    if (what === kept.nothing || (what === kept.error && retryable[place] === 1)) places.push(place);
  }
  return places;
}

function attemptResult({ run, chunk, attempt, prepared, job }: PostprocessInput): AttemptResult {
  const { after_deadline, records, null_values } = prepared;
  const way = prepared.way === 'on_demand' ? 'on_demand' : 'batch';
  const asked = { attempt, way, ...(after_deadline && { after_deadline }), records, null_values } as const;
  const result = { ...described(job), ...asked };
  return way === 'on_demand' ? result : { ...result, job_name: jobNameOf(attemptOf(run, chunk, attempt)) };
}

/** An earlier attempt is read again, and comes to the same. */
function withCollected(result: AttemptResult, collected: Collected, run: Run): AttemptResult {
  const { input_tokens, output_tokens, answers, errors } = collected;
  const tokens = { input_tokens, output_tokens };
  if (result.status !== notSubmitted.status || answers + errors === 0) return { ...result, ...tokens };
  // A turn on demand that was broken off; nobody but its output knows of it. As many go that way after the deadline alone.
  const { attempt, records: asked, null_values } = result;
  const isLate = asked >= resolveModel(run.model_id).limits.minRecords;
  const way = { attempt, way: 'on_demand', ...(isLate && { after_deadline: true }) } as const;
  return { status: 'OnDemand', ...way, records: answers + errors, null_values, ...tokens };
}

/** Rows by the ids of ready-made records: 100,000 at most, read from what the first job was given. */
async function ownRows(run: Run, chunk: Chunk, objects: ObjectStore): Promise<RowOf | undefined> {
  if (!run.ready_made) return undefined;
  const location = { bucket: objects.bucket, key: runKeys.jobInput(run, chunk.index, 1) };
  // A run that was stopped before the chunk's turn: no line tells of its rows.
  if (run.collected && !(await objects.exists(location.key))) return () => undefined;
  const source = objects.source(await objects.pin(location));
  const rows = new Map<unknown, number>();
  for await (const record of jsonlRecords(source, { offset: 0, line: 1 })) {
    rows.set(ownRecordId(record, source.name), chunk.first_row + rows.size);
  }
  return (recordId) => rows.get(recordId);
}

/** What the summary tells of a job: why its task failed in a sentence, without the trace. */
function described({ failure, ...job }: JobResult): JobResult {
  return failure === undefined ? job : { ...job, message: sentenceOf(failure) };
}

/** Why a row has no answer where the job left none. */
function missing({ status, message = '', failure }: JobResult): string {
  if (failure === undefined && status === notSubmitted.status) {
    return errorText({ code: 'NoAnswer', message: 'no job was submitted for this row' });
  }
  const reason = failure === undefined ? message : sentenceOf(failure);
  const why = reason === '' ? '' : ` (${reason})`;
  const text = `the job ended as ${status}${why} without an answer for this row`;
  return errorText({ code: 'NoAnswer', message: text });
}

/** A job's own folder; all that lies there for the attempt if the job's ARN never came to be known. */
function outputPrefix(run: Run, chunk: Chunk, { attempt, job_arn }: AttemptResult): string {
  const prefix = runKeys.jobOutput(run, chunk.index, attempt);
  return job_arn === undefined ? prefix : `${prefix}${job_arn.split('/').at(-1)}/`;
}
