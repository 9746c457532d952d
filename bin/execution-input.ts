import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { DEFAULT_RECORDS_PER_JOB } from '../src/batch/chunk-plan.ts';
import { parseS3Uri, prefixes } from '../src/batch/keys.ts';
import { JOB_NAME_PREFIX_LENGTH } from '../src/batch/names.ts';
import { parseRunRequest } from '../src/batch/request.ts';
import { uncompressedName } from '../src/data/compression.ts';
import { BatchError, refusal } from '../src/errors.ts';
import { resolveModel } from '../src/models/registry.ts';
import { resolvePrompt } from '../src/prompts/prompt.ts';

/** What the command line says of a run. */
export interface LocalRunOptions {
  readonly input?: string;
  readonly executionInput?: string;
  readonly modelId?: string;
  readonly promptId?: string;
  readonly jobNamePrefix?: string;
  readonly maxRecordsPerJob?: number;
  readonly maxNumJobs?: number;
  readonly maxRecordsTotal?: number;
  readonly outputFormat?: string;
  readonly maxAttempts?: number;
  readonly maxOnDemandConcurrency?: number;
  readonly deadlineMinutes?: number;
  readonly smallSets?: string;
  readonly datasetId?: string;
  readonly split?: string;
  readonly config?: string;
  readonly revision?: string;
  readonly inferTypes?: boolean;
  readonly embeddingType?: string;
  readonly csvDelimiter?: string;
  readonly csvRaggedRows?: string;
  readonly out?: string;
  readonly assembly?: string;
  readonly recordsPerSecond?: number;
  readonly state: string;
}

export type ExecutionInput = Readonly<Record<string, unknown>> & {
  readonly s3_uri?: string;
  readonly job_name_prefix?: string;
};

/** Stands for the stack's bucket in an execution input that is written before the stack is there. */
const BUCKET_PLACEHOLDER = '${bucketName}';
/** The same in the README's words. */
const BUCKET_IN_WORDS = '<bucketName>';

/** The execution's input from a JSON file, from options, or from both; options win. */
export async function executionInput(options: LocalRunOptions, bucket: string): Promise<ExecutionInput> {
  const written = options.executionInput === undefined ? {} : await readJson(options.executionInput, bucket);
  const former = (written as Readonly<Record<string, unknown>>)['collect_run'];
  if (former !== undefined) {
    const sentence = `Cannot start a run of collect_run: npx bedrock-batch local collect ${former} does it here.`;
    throw new BatchError('InvalidInput', sentence);
  }
  const given = {
    model_id: options.modelId,
    prompt_id: options.promptId,
    job_name_prefix: options.jobNamePrefix,
    max_records_per_job: options.maxRecordsPerJob,
    max_num_jobs: options.maxNumJobs,
    max_records_total: options.maxRecordsTotal,
    output_format: options.outputFormat,
    max_attempts: options.maxAttempts,
    max_on_demand_concurrency: options.maxOnDemandConcurrency,
    deadline_minutes: options.deadlineMinutes,
    small_sets: options.smallSets,
    dataset_id: options.datasetId,
    split: options.split,
    config: options.config,
    revision: options.revision,
    infer_types: options.inferTypes,
    embedding_type: options.embeddingType,
    // What a shell makes of '\t' is two characters.
    csv_delimiter: options.csvDelimiter === '\\t' ? '\t' : options.csvDelimiter,
    csv_ragged_rows: options.csvRaggedRows,
  };
  const input: Record<string, unknown> = {
    ...written,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  };
  if (options.datasetId !== undefined) input['job_name_prefix'] ??= prefixFrom(options.datasetId);
  if (options.input === undefined) return input;
  // A written input must say all that a deployed machine needs.
  if (options.executionInput === undefined) input['job_name_prefix'] ??= prefixFrom(options.input);
  const folder = `s3://${bucket}/${prefixes.inputs}${String(input['job_name_prefix'])}/`;
  // All objects below it are one dataset.
  input['s3_uri'] ??= (await isFolder(options.input)) ? folder : folder + basename(options.input);
  return input;
}

/** Refuses what can be refused without the stack. */
export async function checkInput(input: ExecutionInput, options: LocalRunOptions): Promise<void> {
  const { input: file, executionInput: json, datasetId } = options;
  if (file === undefined && json === undefined && datasetId === undefined) {
    const rule = 'be named by --input, by --dataset-id, or by s3_uri in --execution-input';
    throw refusal('start the run', 'the table', rule, 'neither');
  }
  if (input['model_id'] === undefined) {
    const rule = 'be named by --model-id, or by model_id in --execution-input';
    throw refusal('start the run', 'the model', rule, 'neither');
  }
  if (file !== undefined && !(await isFolder(file))) await requireFile(file);
  const request = parseRunRequest(input, { maxRecordsPerJob: DEFAULT_RECORDS_PER_JOB });
  const { answers } = resolveModel(request.modelId).family;
  // Without one a text model takes ready-made records, and the table tells whether it has them.
  if (request.promptId !== undefined) resolvePrompt(request.promptId, answers);
}

/** The key below which `--input` goes: where the execution will look for it. */
export function uploadKey(input: ExecutionInput, bucket: string): string {
  const location = parseS3Uri(input.s3_uri ?? '');
  if (location?.bucket === bucket && location.key.startsWith(prefixes.inputs)) return location.key;
  throw refusal(
    'upload the table',
    's3_uri',
    `begin with s3://${BUCKET_PLACEHOLDER}/${prefixes.inputs}`,
    input.s3_uri,
  );
}

export async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  return found?.isDirectory() ?? false;
}

async function readJson(file: string, bucket: string): Promise<Record<string, unknown>> {
  // Editors on Windows begin a file with a byte order mark.
  const text = (await readText(file))
    .replace(/^\uFEFF/, '')
    .replaceAll(BUCKET_PLACEHOLDER, bucket)
    .replaceAll(BUCKET_IN_WORDS, bucket);
  const value = parsedJson(text, file);
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw refusal(`read ${file}`, 'it', 'be a JSON object', value);
}

function parsedJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new BatchError('InvalidInput', `Cannot read ${file}: it must be JSON: ${reason}.`, { cause });
  }
}

async function readText(file: string): Promise<string> {
  await requireFile(file);
  return readFile(file, 'utf8');
}

async function requireFile(file: string): Promise<void> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) throw new BatchError('NotFound', `Cannot read ${file}: there is no such file.`);
  if (!found.isFile())
    throw new BatchError('InvalidInput', `Cannot read ${file}: it must be a file, and it is not.`);
}

/** A default from the file's name; a prefix that the user gives is checked and never changed. */
function prefixFrom(file: string): string {
  const name = (uncompressedName(basename(file)) ?? basename(file))
    .replace(/\.[^.]*$/, '')
    .replace(/[^a-zA-Z0-9.-]+/g, '-')
    .replace(/^[^a-zA-Z0-9]+/, '');
  return name.slice(0, JOB_NAME_PREFIX_LENGTH) || 'run';
}
