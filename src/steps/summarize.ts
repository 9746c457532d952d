import { sentenceOf } from '../batch/failure.ts';
import { runKeys, s3Uri } from '../batch/keys.ts';
import type { ChunkReport, JobResult, PartReport, Run } from '../batch/manifest.ts';
import { addCounts, countOutcomes, type OutcomeCounts } from '../batch/outcomes.ts';
import { lines } from '../data/lines.ts';
import { BatchError } from '../errors.ts';
import type { ObjectStore } from './collaborators.ts';

/** Where a Distributed Map's ResultWriter left the outputs of its child executions. */
export interface MapResult {
  readonly ResultWriterDetails: { readonly Bucket: string; readonly Key: string };
}

export interface SummarizeInput {
  readonly run: Run;
  readonly started_at: string;
  readonly chunks: MapResult;
  readonly parts: MapResult;
}

export interface Summary {
  readonly run_id: string;
  readonly job_name_prefix: string;
  readonly model_id: string;
  readonly prompt_id: string | null;
  readonly rows: number;
  readonly statuses: OutcomeCounts['statuses'];
  readonly error_codes: OutcomeCounts['error_codes'];
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly null_values: number;
  readonly chunks: number;
  readonly jobs: readonly (JobResult & { readonly job_name: string; readonly rows: number })[];
  readonly failed_chunks: readonly string[];
  readonly notes: readonly string[];
  readonly duration_seconds: number;
  readonly output_uris: readonly string[];
  readonly summary_uri: string;
}

/** What the execution answers: the totals, and where to read on. It does not grow with the run. */
export type ExecutionOutput = Omit<Summary, 'jobs' | 'failed_chunks'>;

const FIRST_OUTPUTS = 10;

/** @throws BatchError NoRowSucceeded after summary.json is written, so that what went wrong can be read. */
export async function summarize(
  input: SummarizeInput,
  { objects, now }: { readonly objects: ObjectStore; readonly now: () => number },
): Promise<ExecutionOutput> {
  const { run, started_at } = input;
  const chunks = await chunkTotals(objects, input.chunks);
  const parts = await partTotals(objects, input.parts);
  if (parts.rows !== run.row_count) {
    throw new BatchError(
      'Internal',
      `Cannot account for every row: ${run.row_count} rows went in and ${parts.rows} came out.`,
    );
  }
  const summary: Summary = {
    run_id: run.run_id,
    job_name_prefix: run.job_name_prefix,
    model_id: run.model_id,
    prompt_id: run.prompt_id,
    rows: run.row_count,
    ...chunks.outcomes,
    statuses: parts.statuses,
    null_values: chunks.nullValues,
    chunks: run.chunk_count,
    jobs: chunks.jobs.sort((a, b) => (a.job_name < b.job_name ? -1 : 1)),
    failed_chunks: chunks.failed,
    notes: [...run.notes, ...chunks.notes],
    duration_seconds: (now() - Date.parse(started_at)) / 1000,
    output_uris: parts.uris,
    summary_uri: s3Uri({ bucket: objects.bucket, key: runKeys.summary(run) }),
  };
  await objects.write(runKeys.summary(run), `${JSON.stringify(summary, null, 2)}\n`);
  if (summary.statuses.succeeded === 0) throw noRowSucceeded(summary);
  const { jobs: _jobs, failed_chunks: _failed, ...output } = summary;
  return { ...output, output_uris: summary.output_uris.slice(0, FIRST_OUTPUTS) };
}

function noRowSucceeded({ rows, jobs, failed_chunks, summary_uri }: Summary): BatchError {
  const example = jobs.find((job) => job.message)?.message ?? failed_chunks[0] ?? 'each record has an error';
  return new BatchError(
    'NoRowSucceeded',
    `None of ${rows} rows succeeded, for example: ${example}. See ${summary_uri}.`,
  );
}

async function chunkTotals(objects: ObjectStore, map: MapResult) {
  const totals = {
    outcomes: countOutcomes([]),
    nullValues: 0,
    jobs: [] as Summary['jobs'][number][],
    notes: [] as string[],
    failed: [] as string[],
  };
  for await (const result of mapResults(objects, map)) {
    if ('failure' in result) {
      totals.failed.push(result.failure);
      continue;
    }
    const report = result.output as ChunkReport;
    totals.outcomes = addCounts(totals.outcomes, report.outcomes);
    totals.nullValues += report.null_values;
    totals.jobs.push({ ...report.job, rows: report.rows });
    totals.notes.push(...report.discrepancies.map((text) => `Chunk ${report.index}: ${text}.`));
  }
  return totals;
}

async function partTotals(objects: ObjectStore, map: MapResult) {
  const totals = { rows: 0, statuses: { succeeded: 0, failed: 0, missing: 0 }, uris: [] as string[] };
  const reports: PartReport[] = [];
  for await (const result of mapResults(objects, map)) {
    if ('failure' in result)
      throw new BatchError('Internal', `Cannot account for every row: ${result.failure}`);
    reports.push(result.output as PartReport);
  }
  for (const report of reports.sort((a, b) => a.index - b.index)) {
    totals.rows += report.rows;
    totals.uris.push(report.output_uri);
    for (const status of ['succeeded', 'failed', 'missing'] as const)
      totals.statuses[status] += report.statuses[status];
  }
  return totals;
}

/** The fields of a ResultWriter's files that are read here: manifest.json, and a JSON line for each child execution. */
interface ResultManifest {
  readonly ResultFiles: Readonly<
    Record<'SUCCEEDED' | 'FAILED' | 'PENDING', readonly { readonly Key: string }[]>
  >;
}

type ChildResult = { readonly output: unknown } | { readonly failure: string };

async function* mapResults(
  objects: ObjectStore,
  { ResultWriterDetails }: MapResult,
): AsyncGenerator<ChildResult> {
  let text = '';
  for await (const line of lines(objects.read(ResultWriterDetails.Key))) text += line;
  const { ResultFiles } = JSON.parse(text) as ResultManifest;
  for (const { Key } of ResultFiles.SUCCEEDED) {
    for await (const output of entries(objects, Key)) yield { output };
  }
  for (const { Key } of ResultFiles.FAILED) {
    for await (const entry of entries(objects, Key)) {
      const child = entry as { readonly Error?: string; readonly Cause?: string };
      yield { failure: sentenceOf({ error: child.Error, cause: child.Cause }) };
    }
  }
}

/** A JSON line each, or an array of them: failures keep Step Functions' own format whatever the writer is told. */
async function* entries(objects: ObjectStore, key: string): AsyncGenerator<unknown> {
  for await (const line of lines(objects.read(key))) {
    const value: unknown = JSON.parse(line);
    if (Array.isArray(value)) yield* value;
    else yield value;
  }
}
