import { type ChunkPlan, planChunks } from '../batch/chunk-plan.ts';
import { type OutputFormat, type RunName, runKeys, s3Uri } from '../batch/keys.ts';
import type { Run } from '../batch/manifest.ts';
import { runIdPattern } from '../batch/names.ts';
import { appendedColumns } from '../batch/output-columns.ts';
import { parseRunRequest, type RequestDefaults, type RunRequest } from '../batch/request.ts';
import type { Hub } from '../data/hugging-face/split.ts';
import { openParquet, spliceParquet } from '../data/parquet/parquet.ts';
import { recordWriter } from '../data/record-writer.ts';
import { refusal } from '../errors.ts';
import { type Model, resolveModel } from '../models/registry.ts';
import type { AnswerKind } from '../models/types.ts';
import { resolvePrompt } from '../prompts/prompt.ts';
import type { ObjectStore } from './collaborators.ts';
import { type Dataset, isPutDown, type ReadingState, readDataset } from './dataset.ts';
import { writeManifests } from './manifests.ts';
import { readJson } from './read-json.ts';
import type { Survey } from './survey.ts';
import { putDown, takeUp, type Unfinished } from './unfinished.ts';

export interface PreprocessInput {
  readonly run_id: string;
  readonly execution_arn: string;
  readonly started_at: string;
  /** The execution's input, as the user wrote it. */
  readonly request: unknown;
}

export interface PreprocessCollaborators {
  readonly objects: ObjectStore;
  readonly hub: Hub;
  readonly defaults: RequestDefaults;
  /** Milliseconds that the function has left. */
  readonly timeLeft: () => number;
}

/** What must be left when the last row is read: the manifests of 100,000 chunks are written, then. */
const TIME_TO_FINISH = 120_000;

/**
 * Checks everything that can be checked before money is spent, decides chunks and parts, and writes their manifests.
 * @throws BatchError InvalidInput, NotFound
 */
export async function preprocess(
  input: PreprocessInput,
  { objects, hub, defaults, timeLeft }: PreprocessCollaborators,
): Promise<Run | Unfinished> {
  const request = parseRunRequest(input.request, defaults);
  const model = resolveModel(request.modelId);
  const { answers } = model.family;
  // Without a prompt a text model takes ready-made records, and what the dataset holds is not known yet.
  if (request.promptId !== undefined || answers === 'embedding') resolvePrompt(request.promptId, answers);
  requireFitting(input, request, answers);
  const name: RunName = { job_name_prefix: request.jobNamePrefix, run_id: input.run_id };
  const mostRecords = Math.max(request.maxRecordsPerJob, 2 * model.limits.minRecords);
  const hasTime = () => timeLeft() > TIME_TO_FINISH;
  const reading = { run: name, request, answers, mostRecords, objects, hub, hasTime };
  const key = runKeys.survey(name);
  const dataset = await readDataset(reading, await takeUp<ReadingState>(input, key, objects));
  if (isPutDown(dataset)) {
    await putDown(input, key, dataset, objects);
    return { unfinished: true, rows_so_far: dataset.survey.index.rows };
  }
  return planned(input, request, model, dataset, objects);
}

function requireFitting({ run_id }: PreprocessInput, request: RunRequest, answers: AnswerKind): void {
  if (!runIdPattern.test(run_id)) {
    const rule = 'have only letters, digits, ".", "-" and "_"';
    throw refusal('start the run', "the execution's name", rule, run_id);
  }
  if (request.embeddingType !== undefined && answers !== 'embedding') {
    const rule = 'be absent for a model that embeds nothing';
    throw refusal('start the run', 'embedding_type', rule, request.embeddingType);
  }
}

async function planned(
  input: PreprocessInput,
  request: RunRequest,
  { family, limits }: Model,
  dataset: Dataset,
  objects: ObjectStore,
): Promise<Run> {
  const { survey } = dataset;
  const lineBytes = dataset.readyMade
    ? 0
    : recordWriter(family.encode, resolvePrompt(request.promptId, family.answers)).lineBytes;
  const size = {
    rows: survey.rows,
    bytesWithin: (first: number, end: number) => survey.bytesWithin(first, end) + (end - first) * lineBytes,
  };
  const plan = planChunks(size, request, limits);
  const outputFormat = checkedOutputFormat(request, dataset);
  if (dataset.format === 'parquet' && outputFormat === 'parquet')
    await requireCuttable(plan, survey, objects);
  const run = describeRun(input, request, plan, dataset, outputFormat);
  await claimName(run, objects);
  await writeManifests(run, plan, dataset, objects);
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

function checkedOutputFormat(
  { outputFormat: wanted }: RunRequest,
  { survey, format }: Dataset,
): OutputFormat {
  const outputFormat = wanted ?? format;
  // A CSV row may have two fields of one name, other formats' rows may not.
  const twice = survey.columnLists.flatMap((columns) => columns.find(isAmong()) ?? [])[0];
  if (outputFormat !== 'csv' && twice !== undefined) {
    const what = `the columns of ${outputFormat} output`;
    throw refusal('start the run', what, 'have different names', `two named ${twice}`);
  }
  return outputFormat;
}

function describeRun(
  input: PreprocessInput,
  request: RunRequest,
  plan: ChunkPlan,
  dataset: Dataset,
  outputFormat: OutputFormat,
): Run {
  const name: RunName = { job_name_prefix: request.jobNamePrefix, run_id: input.run_id };
  return {
    ...name,
    execution_arn: input.execution_arn,
    started_at: input.started_at,
    model_id: request.modelId,
    prompt_id: request.promptId ?? null,
    ...(dataset.readyMade && { ready_made: true }),
    max_attempts: request.maxAttempts,
    small_sets: request.smallSets,
    max_on_demand_concurrency: request.maxOnDemandConcurrency,
    deadline_at: deadlineOf(input, request),
    embedding_type: request.embeddingType,
    csv: request.csv,
    output_format: outputFormat,
    row_count: plan.rowCount,
    chunk_count: plan.chunks.length,
    chunks_key: runKeys.chunks(name),
    parts_key: runKeys.parts(name),
    chunk_reports_prefix: runKeys.chunkReports(name),
    part_reports_prefix: runKeys.partReports(name),
    notes: [...dataset.notes, ...plan.notes, ...renamedColumns(request, dataset)],
  };
}

function deadlineOf({ started_at }: PreprocessInput, { deadlineMinutes }: RunRequest): string | undefined {
  if (deadlineMinutes === undefined) return undefined;
  return new Date(Date.parse(started_at) + deadlineMinutes * 60_000).toISOString();
}

/** A row group that the plan cuts is written anew with all its columns; that is tried here, where nothing was paid yet. */
async function requireCuttable({ rowCount }: ChunkPlan, survey: Survey, objects: ObjectStore): Promise<void> {
  const place = survey.files.findIndex(
    ({ firstRow, rowCount: rows }) => firstRow < rowCount && rowCount < firstRow + rows,
  );
  if (place < 0) return;
  const { object, row_count: rows } = survey.rangeOf(place, 0, rowCount);
  const table = await openParquet(objects.source(object), s3Uri(object));
  for await (const _ of spliceParquet(table, { columns: [], next: async () => [], rows }));
}

function renamedColumns({ modelId }: RunRequest, { survey }: Dataset): readonly string[] {
  const { answers } = resolveModel(modelId).family;
  return [...new Set(survey.columnLists.flatMap((columns) => appendedColumns(columns, answers).notes))];
}

/** Tells of each name whether it came before. */
function isAmong(): (name: string) => boolean {
  const seen = new Set<string>();
  return (name) => seen.size === seen.add(name).size;
}
