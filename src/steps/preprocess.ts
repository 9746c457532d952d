import { type ChunkPlan, chunkRange, planChunks } from '../batch/chunk-plan.ts';
import { type OutputFormat, type RunName, runKeys, s3Uri } from '../batch/keys.ts';
import type { Chunk, Part, Run, SourceRange } from '../batch/manifest.ts';
import { runIdPattern } from '../batch/names.ts';
import { appendedColumns } from '../batch/output-columns.ts';
import { parseRunRequest, type RequestDefaults, type RunRequest } from '../batch/request.ts';
import { refusal } from '../errors.ts';
import { resolveModel } from '../models/registry.ts';
import { resolvePrompt } from '../prompts/prompt.ts';
import type { ObjectStore } from './collaborators.ts';
import { type Dataset, rangeOf, readDataset, type SourceFile } from './dataset.ts';
import { readJson } from './read-json.ts';

export interface PreprocessInput {
  readonly run_id: string;
  readonly execution_arn: string;
  readonly started_at: string;
  /** The execution's input, as the user wrote it. */
  readonly request: unknown;
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
  const name: RunName = { job_name_prefix: request.jobNamePrefix, run_id: input.run_id };
  const dataset = await readDataset({ run: name, request, prompt, objects });
  const plan = planChunks(dataset.rowCount, request, model.limits);
  const renamed = dataset.files.flatMap(
    ({ columns }) => appendedColumns(columns, model.family.answers).notes,
  );
  const notes = [...plan.notes, ...new Set(renamed)];
  const run = describeRun(input, request, plan, checkedOutputFormat(request, dataset, plan), notes);
  await claimName(run, objects);
  await objects.write(run.chunks_key, jsonLines(chunksOf(plan, dataset)));
  await objects.write(run.parts_key, jsonLines(partsOf(run, dataset)));
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

function checkedOutputFormat(request: RunRequest, { files }: Dataset, plan: ChunkPlan): OutputFormat {
  const format = files[0]?.format ?? 'csv';
  const outputFormat = request.outputFormat ?? format;
  if (format === 'parquet') requireWholeRowGroups(files, outputFormat, plan);
  // A CSV row may have two fields of one name, other formats' rows may not.
  const twice = files.flatMap(({ columns }) =>
    columns.filter((column, i) => columns.indexOf(column) !== i),
  )[0];
  if (outputFormat !== 'csv' && twice !== undefined) {
    const what = `the columns of ${outputFormat} output`;
    throw refusal('start the run', what, 'have different names', `two named ${twice}`);
  }
  return outputFormat;
}

function requireWholeRowGroups(
  files: readonly SourceFile[],
  outputFormat: OutputFormat,
  plan: ChunkPlan,
): void {
  if (outputFormat === 'jsonl') {
    throw refusal('start the run', 'output_format', 'be parquet or csv for a Parquet table', outputFormat);
  }
  const cut = files.find((file) => file.firstRow < plan.rowCount && plan.rowCount < endRow(file));
  if (outputFormat === 'csv' || cut === undefined) return;
  const rows = `all ${cut.survey.rowCount} rows of ${s3Uri(cut.object)}`;
  const rule = `take ${rows}, or output_format be csv: Parquet output keeps the input's row groups whole`;
  throw refusal('start the run', 'max_records_total and max_num_jobs', rule, plan.rowCount);
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

/** A chunk is one item of a Distributed Map, which may have 256 KiB; a range has about 400 bytes. */
const MOST_RANGES = 200;

function* chunksOf(plan: ChunkPlan, { files }: Dataset): Generator<Chunk> {
  let first = 0;
  for (let index = 0; index < plan.chunkCount; index++) {
    const { firstRow, rowCount } = chunkRange(plan, index);
    while (endRow(files[first]) <= firstRow) first++;
    const ranges: SourceRange[] = [];
    for (const file of files.slice(first)) {
      if (file.firstRow >= firstRow + rowCount) break;
      const range = rangeOf(file, firstRow, rowCount);
      if (range.row_count > 0) ranges.push(range);
    }
    if (ranges.length > MOST_RANGES) {
      const rule = `come from at most ${MOST_RANGES} objects (lower max_records_per_job, or join small objects)`;
      throw refusal('start the run', `the ${rowCount} rows of a job`, rule, ranges.length);
    }
    yield { index, first_row: firstRow, row_count: rowCount, ranges };
  }
}

function endRow(file: SourceFile | undefined): number {
  return file === undefined ? Infinity : file.firstRow + file.survey.rowCount;
}

/** One output for each file that has rows in the run. */
function* partsOf(run: Run, { files }: Dataset): Generator<Part> {
  const taken = new Set<string>();
  let index = 0;
  for (const file of files) {
    const source = rangeOf(file, 0, run.row_count);
    if (source.row_count <= 0) continue;
    const name = outputName(file, run.output_format, taken);
    taken.add(name);
    const output_key = runKeys.output(run, run.output_format, name);
    const columns = file.format === 'jsonl' ? file.columns : undefined;
    yield { index: index++, first_row: file.firstRow, source, columns, output_key };
  }
}

/** The file's own name; with another ending where the format is another, behind the old one if the name would be taken. */
function outputName(
  { relativeKey, format }: SourceFile,
  outputFormat: OutputFormat,
  taken: ReadonlySet<string>,
): string {
  const [, folder = '', name = '', extension = ''] = /^(.*\/)?([^/]*?)(\.[^./]*)?$/.exec(relativeKey) ?? [];
  const stem = folder + (name === '' ? 'output' : name);
  // A .tsv stays one, as its delimiter stays.
  if (format === outputFormat && extension !== '') return stem + extension;
  const renamed = `${stem}.${outputFormat}`;
  return taken.has(renamed) ? `${stem}${extension}.${outputFormat}` : renamed;
}

async function* jsonLines(items: Iterable<unknown>): AsyncGenerator<Uint8Array> {
  for (const item of items) yield Buffer.from(`${JSON.stringify(item)}\n`);
}
