import { sentenceOf } from '../batch/failure.ts';
import { runKeys, s3Uri } from '../batch/keys.ts';
import type { AttemptResult, ChunkReport, PartReport, Run } from '../batch/manifest.ts';
import { type OutcomeCounts, OutcomeTally } from '../batch/outcome-counts.ts';
import { BatchError } from '../errors.ts';
import type { ObjectStore } from './collaborators.ts';
import { type ChildResult, type MapResult, mapResults } from './map-results.ts';

export interface SummarizeInput {
  readonly run: Run;
  readonly chunks: MapResult;
  readonly parts: MapResult;
}

export interface FailedChunk {
  readonly index: number;
  readonly error: string;
}

export interface Summary extends OutcomeCounts {
  readonly run_id: string;
  readonly job_name_prefix: string;
  readonly model_id: string;
  readonly prompt_id: string | null;
  readonly rows: number;
  readonly null_values: number;
  readonly chunks: number;
  readonly attempts: readonly (AttemptResult & { readonly chunk: number })[];
  /** Records that were asked on demand, at the full price. */
  readonly on_demand_records: number;
  readonly failed_chunks: readonly FailedChunk[];
  readonly notes: readonly string[];
  readonly duration_seconds: number;
  readonly output_uris: readonly string[];
  readonly summary_uri: string;
}

/** What the execution answers: the totals, and where to read on. It does not grow with the run. */
export type ExecutionOutput = Omit<Summary, 'attempts' | 'failed_chunks'>;

/** Entries of each list that the execution's answer holds; summary.json has them all. */
const FIRST = 10;

/** @throws BatchError NoRowSucceeded after summary.json is written, so that what went wrong can be read. */
export async function summarize(
  { run, ...maps }: SummarizeInput,
  { objects, now }: { readonly objects: ObjectStore; readonly now: () => number },
): Promise<ExecutionOutput> {
  const chunks = await chunkTotals(run, mapResults(objects, maps.chunks));
  const parts = await partTotals(run, mapResults(objects, maps.parts));
  const summary: Summary = {
    run_id: run.run_id,
    job_name_prefix: run.job_name_prefix,
    model_id: run.model_id,
    prompt_id: run.prompt_id,
    rows: run.row_count,
    ...parts.outcomes,
    null_values: chunks.nullValues,
    chunks: run.chunk_count,
    attempts: chunks.attempts,
    on_demand_records: chunks.onDemandRecords,
    failed_chunks: chunks.failed,
    notes: [...run.notes, ...deadlineNotes(run, chunks.attempts), ...chunks.notes],
    duration_seconds: (now() - Date.parse(run.started_at)) / 1000,
    output_uris: parts.uris,
    summary_uri: s3Uri({ bucket: objects.bucket, key: runKeys.summary(run) }),
  };
  await objects.write(runKeys.summary(run), `${JSON.stringify(summary, null, 2)}\n`);
  if (summary.statuses.succeeded === 0) throw noRowSucceeded(summary);
  return executionOutput(summary);
}

function executionOutput({ attempts: _, failed_chunks: __, ...summary }: Summary): ExecutionOutput {
  const { notes, error_codes, output_uris } = summary;
  const more = notes.length - FIRST;
  const byCount = Object.entries(error_codes).sort(([, a], [, b]) => b - a);
  return {
    ...summary,
    notes: more > 0 ? [...notes.slice(0, FIRST), `${more} more notes are in summary.json.`] : notes,
    error_codes: Object.fromEntries(byCount.slice(0, FIRST)),
    output_uris: output_uris.slice(0, FIRST),
  };
}

function noRowSucceeded({ rows, attempts, failed_chunks, summary_uri }: Summary): BatchError {
  const told = attempts.find((job) => job.message !== undefined && job.message !== '')?.message;
  const example = told ?? failed_chunks[0]?.error ?? 'each record has an error';
  return new BatchError(
    'NoRowSucceeded',
    `None of ${rows} rows succeeded, for example: ${unstopped(example)}. See ${summary_uri}.`,
  );
}

function deadlineNotes({ deadline_at }: Run, attempts: readonly AttemptResult[]): readonly string[] {
  const late = attempts.filter(({ after_deadline }) => after_deadline);
  if (late.length === 0) return [];
  const records = late.reduce((sum, attempt) => sum + attempt.records, 0);
  return [
    `For the deadline (${deadline_at}) jobs were stopped, and ${records} records were asked on demand, at the full price.`,
  ];
}

async function chunkTotals(run: Run, results: AsyncIterable<ChildResult>) {
  const reports: ChunkReport[] = [];
  const failed: FailedChunk[] = [];
  for await (const result of results) {
    if ('output' in result) reports.push(result.output as ChunkReport);
    else {
      const { chunk } = result.input as { readonly chunk: { readonly index: number } };
      failed.push({ index: chunk.index, error: sentenceOf(result.failure) });
    }
  }
  if (reports.length + failed.length !== run.chunk_count) {
    throw unaccounted(`${run.chunk_count} chunks went in and ${reports.length + failed.length} came out`);
  }
  reports.sort((a, b) => a.index - b.index);
  const attempts = reports.flatMap(({ index, attempts: all }) =>
    all.map((one) => ({ chunk: index, ...one })),
  );
  return {
    failed: failed.sort((a, b) => a.index - b.index),
    attempts,
    onDemandRecords: attempts.reduce((sum, { way, records }) => sum + (way === 'on_demand' ? records : 0), 0),
    nullValues: reports.reduce((sum, report) => sum + report.null_values, 0),
    notes: reports.flatMap(({ index, discrepancies }) =>
      discrepancies.map((text) => `Chunk ${index}: ${text}.`),
    ),
  };
}

async function partTotals(run: Run, results: AsyncIterable<ChildResult>) {
  const reports: PartReport[] = [];
  const tally = new OutcomeTally();
  for await (const result of results) {
    if ('failure' in result) throw unaccounted(sentenceOf(result.failure));
    const report = result.output as PartReport;
    reports.push(report);
    tally.addCounts(report.outcomes);
  }
  if (tally.rows !== run.row_count)
    throw unaccounted(`${run.row_count} rows went in and ${tally.rows} came out`);
  reports.sort((a, b) => a.index - b.index);
  return { outcomes: tally.counts(), uris: reports.map((report) => report.output_uri) };
}

function unaccounted(how: string): BatchError {
  return new BatchError('Internal', `Cannot account for every row: ${unstopped(how)}.`);
}

/** A sentence inside another one. */
function unstopped(sentence: string): string {
  return sentence.replace(/\.$/, '');
}
