import { type ChunkPlan, chunkRange, planChunks } from '../batch/chunk-plan.ts';
import {
  type OutputFormat,
  parseS3Uri,
  type RunName,
  readablePrefixes,
  runKeys,
  type S3Location,
} from '../batch/keys.ts';
import type { Chunk, Part, PinnedObject, Run, SourceRange } from '../batch/manifest.ts';
import { runIdPattern } from '../batch/names.ts';
import { appendedColumns } from '../batch/output-columns.ts';
import { parseRunRequest, type RequestDefaults, type RunRequest } from '../batch/request.ts';
import { detectFormat, openTable, type Survey } from '../data/table.ts';
import { refusal } from '../errors.ts';
import { resolveModel } from '../models/registry.ts';
import { type Prompt, requireColumns, resolvePrompt } from '../prompts/prompt.ts';
import type { ObjectStore } from './collaborators.ts';
import { readJson } from './read-json.ts';

export interface PreprocessInput {
  readonly run_id: string;
  readonly execution_arn: string;
  readonly started_at: string;
  /** The execution's input, as the user wrote it. */
  readonly request: unknown;
}

interface Source {
  readonly object: PinnedObject;
  readonly format: OutputFormat;
  readonly columns: readonly string[];
  readonly survey: Survey;
}

/**
 * Checks everything that can be checked before money is spent, decides chunks and parts, and writes their manifests.
 * @throws BatchError InvalidInput, NotFound
 */
export async function preprocess(
  input: PreprocessInput,
  { objects, defaults }: { readonly objects: ObjectStore; readonly defaults: RequestDefaults },
): Promise<Run> {
  const request = parseRunRequest(input.request, defaults);
  const model = resolveModel(request.modelId);
  const prompt = resolvePrompt(request.promptId, model.family.answers);
  if (!runIdPattern.test(input.run_id)) {
    throw refusal(
      'start the run',
      "the execution's name",
      'have only letters, digits, ".", "-" and "_"',
      input.run_id,
    );
  }
  const source = await readSource(readableLocation(request.s3Uri, objects.bucket), request, prompt, objects);
  const plan = planChunks(source.survey.rowCount, request, model.limits);
  const notes = [...plan.notes, ...appendedColumns(source.columns, model.family.answers).notes];
  const run = describeRun(input, request, plan, checkedOutputFormat(request, source, plan), notes);
  await claimName(run, objects);
  await objects.write(run.chunks_key, jsonLines(chunksOf(plan, source)));
  await objects.write(run.parts_key, jsonLines([partOf(run, source)]));
  return run;
}

/** The files of a run are found by its name, so a name serves one execution; this one may come here twice. */
async function claimName(run: Run, objects: ObjectStore): Promise<void> {
  const key = runKeys.run(run);
  if (await objects.exists(key)) {
    const owner = (await readJson(objects, key)) as Run;
    if (owner.execution_arn !== run.execution_arn || owner.started_at !== run.started_at) {
      const rule = `be new: an execution of ${owner.started_at} has its files under it`;
      throw refusal('start the run', "the execution's name", rule, run.run_id);
    }
  }
  await objects.write(key, `${JSON.stringify(run, null, 2)}\n`);
}

async function readSource(
  location: S3Location,
  request: RunRequest,
  prompt: Prompt,
  objects: ObjectStore,
): Promise<Source> {
  const object = await objects.pin(location);
  const bytes = objects.source(object);
  const format = await detectFormat(bytes);
  const table = await openTable(bytes, format);
  // Before the survey, which may read for minutes.
  requireColumns(prompt, table.columns);
  // Parquet written as Parquet is copied; for any other output each column is read.
  const copied = format === (request.outputFormat ?? format);
  const survey = await table.survey(copied ? prompt.columns : table.columns);
  return { object, format, columns: table.columns, survey };
}

function readableLocation(uri: string, bucket: string): S3Location {
  const location = parseS3Uri(uri);
  if (location?.bucket === bucket && readablePrefixes.some((prefix) => location.key.startsWith(prefix))) {
    return location;
  }
  const places = readablePrefixes.map((prefix) => `s3://${bucket}/${prefix}`).join(', ');
  throw refusal('start the run', 's3_uri', `name an object below one of ${places}`, uri);
}

function checkedOutputFormat(
  request: RunRequest,
  { format, columns, survey }: Source,
  plan: ChunkPlan,
): OutputFormat {
  const outputFormat = request.outputFormat ?? format;
  if (format === 'parquet' && outputFormat === 'parquet' && plan.rowCount < survey.rowCount) {
    const rule = `take all ${survey.rowCount} rows, or output_format be csv: Parquet output keeps the input's row groups whole`;
    throw refusal('start the run', 'max_records_total and max_num_jobs', rule, plan.rowCount);
  }
  const twice = columns.find((column, i) => columns.indexOf(column) !== i);
  if (outputFormat === 'parquet' && twice !== undefined) {
    throw refusal(
      'start the run',
      'the columns of a Parquet output',
      'have different names',
      `two named ${twice}`,
    );
  }
  return outputFormat;
}

function describeRun(
  input: PreprocessInput,
  request: RunRequest,
  plan: ChunkPlan,
  outputFormat: OutputFormat,
  notes: readonly string[],
): Run {
  const name: RunName = { job_name_prefix: request.jobNamePrefix, run_id: input.run_id };
  return {
    ...name,
    execution_arn: input.execution_arn,
    started_at: input.started_at,
    model_id: request.modelId,
    prompt_id: request.promptId ?? null,
    output_format: outputFormat,
    row_count: plan.rowCount,
    chunk_count: plan.chunkCount,
    chunks_key: runKeys.chunks(name),
    parts_key: runKeys.parts(name),
    chunk_reports_prefix: runKeys.chunkReports(name),
    part_reports_prefix: runKeys.partReports(name),
    notes,
  };
}

function rangeOf({ object, format, survey }: Source, firstRow: number, rowCount: number): SourceRange {
  return { object, format, first_row: firstRow, row_count: rowCount, start: survey.locate(firstRow) };
}

function* chunksOf(plan: ChunkPlan, source: Source): Generator<Chunk> {
  for (let index = 0; index < plan.chunkCount; index++) {
    const { firstRow, rowCount } = chunkRange(plan, index);
    yield { index, first_row: firstRow, row_count: rowCount, ranges: [rangeOf(source, firstRow, rowCount)] };
  }
}

function partOf(run: Run, source: Source): Part {
  const [, name = '', extension = ''] = /([^/]*?)(\.[^./]*)?$/.exec(source.object.key) ?? [];
  // A .tsv stays one, as its delimiter stays.
  const kept = source.format === run.output_format && extension !== '';
  const fileName = (name === '' ? 'output' : name) + (kept ? extension : `.${run.output_format}`);
  return {
    index: 0,
    first_row: 0,
    source: rangeOf(source, 0, run.row_count),
    output_key: runKeys.output(run, run.output_format, fileName),
  };
}

async function* jsonLines(items: Iterable<unknown>): AsyncGenerator<Uint8Array> {
  for (const item of items) yield Buffer.from(`${JSON.stringify(item)}\n`);
}
