import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { DEFAULT_RECORDS_PER_JOB } from '../src/batch/chunk-plan.ts';
import { parseS3Uri, prefixes } from '../src/batch/keys.ts';
import { JOB_NAME_PREFIX_LENGTH } from '../src/batch/names.ts';
import { parseRunRequest } from '../src/batch/request.ts';
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

/** The execution's input from a JSON file, from options, or from both; options win. */
export async function executionInput(options: LocalRunOptions, bucket: string): Promise<ExecutionInput> {
  const written = options.executionInput === undefined ? {} : await readJson(options.executionInput, bucket);
  const given = {
    model_id: options.modelId,
    prompt_id: options.promptId,
    job_name_prefix: options.jobNamePrefix,
    max_records_per_job: options.maxRecordsPerJob,
    max_num_jobs: options.maxNumJobs,
    max_records_total: options.maxRecordsTotal,
    output_format: options.outputFormat,
  };
  const input: Record<string, unknown> = {
    ...written,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  };
  if (options.input === undefined) return input;
  input['job_name_prefix'] ??= prefixFrom(options.input);
  input['s3_uri'] ??=
    `s3://${bucket}/${prefixes.inputs}${String(input['job_name_prefix'])}/${basename(options.input)}`;
  return input;
}

/** Refuses what can be refused without the stack or the table. */
export async function checkInput(input: ExecutionInput, options: LocalRunOptions): Promise<void> {
  if (options.input !== undefined) await requireFile(options.input);
  else if (options.executionInput === undefined) {
    throw refusal(
      'start the run',
      'the table',
      'be named by --input, or by s3_uri in --execution-input',
      'neither',
    );
  }
  const request = parseRunRequest(input, { maxRecordsPerJob: DEFAULT_RECORDS_PER_JOB });
  resolvePrompt(request.promptId, resolveModel(request.modelId).family.answers);
}

/** The key below which `--input` goes: where the execution will look for it. */
export function uploadKey(input: ExecutionInput, bucket: string): string {
  const location = parseS3Uri(input.s3_uri ?? '');
  if (location?.bucket === bucket) return location.key;
  throw refusal('upload the table', 's3_uri', `name the stack's bucket, ${BUCKET_PLACEHOLDER}`, input.s3_uri);
}

async function readJson(file: string, bucket: string): Promise<Record<string, unknown>> {
  const text = (await readText(file)).replaceAll(BUCKET_PLACEHOLDER, bucket);
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw new BatchError(
      'InvalidInput',
      `Cannot read ${file}: it must be JSON: ${(cause as Error).message}.`,
      { cause },
    );
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
  if (!found?.isFile()) throw new BatchError('NotFound', `Cannot read ${file}: there is no such file.`);
}

/** A default from the file's name; a prefix that the user gives is checked and never changed. */
function prefixFrom(file: string): string {
  const name = basename(file)
    .replace(/\.[^.]*$/, '')
    .replace(/[^a-zA-Z0-9.-]+/g, '-')
    .replace(/^[^a-zA-Z0-9]+/, '');
  return name.slice(0, JOB_NAME_PREFIX_LENGTH) || 'run';
}
