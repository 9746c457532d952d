import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { connectJobProgress } from '../src/aws/bedrock-jobs.ts';
import { connectExecutions, type ExecutionState, type Executions } from '../src/aws/executions.ts';
import { connectObjectStore } from '../src/aws/object-store.ts';
import { messageOf } from '../src/batch/failure.ts';
import { parseS3Uri } from '../src/batch/keys.ts';
import { uncompressedName } from '../src/data/compression.ts';
import { BatchError, type ErrorKind, finalErrors, refusal } from '../src/errors.ts';
import { type LocalAws, startLocalAws } from '../src/local/local-aws.ts';
import { type Assembly, readAssembly } from '../src/local/template/assembly.ts';
import type { ObjectStore } from '../src/steps/collaborators.ts';
import type { ExecutionOutput } from '../src/steps/summarize.ts';
import {
  checkInput,
  type ExecutionInput,
  executionInput,
  isFolder,
  type LocalRunOptions,
  uploadKey,
} from './execution-input.ts';
import { preflight } from './preflight.ts';
import { progressDisplay } from './progress.ts';
import { STACK_NAME } from './stack-name.ts';
import { synthesize } from './synthesize.ts';

const POLL_MS = 250;

/** @throws BatchError with one sentence on what is wrong with the input, or on why the run failed */
export async function localRun(options: LocalRunOptions): Promise<void> {
  const input = await executionInput(options, 'bucket');
  await checkInput(input, options);
  const file = options.input;
  // What must be unpacked first is checked by the run.
  const isPlain = file !== undefined && uncompressedName(file) === undefined && !(await isFolder(file));
  if (isPlain) await preflight(file, input);
  // Before the run rather than after it.
  if (options.out !== undefined) await mkdir(options.out, { recursive: true });
  const assembly = await assemblyOf(options);
  console.log('Starting it on this machine.');
  const { recordsPerSecond } = options;
  const jobs = recordsPerSecond === undefined ? {} : { recordsPerSecond };
  const { HF_TOKEN } = process.env;
  const secrets: Record<string, string> = HF_TOKEN ? { [TOKEN_SECRET]: HF_TOKEN } : {};
  const aws = await startLocalAws({ assembly, directory: options.state, jobs, secrets });
  try {
    Object.assign(process.env, aws.environment);
    await runOn(aws, options);
  } finally {
    await aws.close();
  }
}

/** The secret that stands for the shell's HF_TOKEN. */
const TOKEN_SECRET = 'hugging-face-token';

/** What a deployment has in its context, from the variables that Hugging Face's own tools read. */
function huggingFaceContext({ HF_TOKEN, HF_ENDPOINT }: NodeJS.ProcessEnv): Record<string, string> {
  return {
    ...(HF_TOKEN ? { huggingFaceTokenSecretName: TOKEN_SECRET } : {}),
    ...(HF_ENDPOINT ? { huggingFaceEndpoint: HF_ENDPOINT } : {}),
  };
}

async function assemblyOf({ assembly, state }: LocalRunOptions): Promise<Assembly> {
  if (assembly !== undefined) return readAssembly(assembly, STACK_NAME);
  const directory = join(state, 'assembly');
  console.log('Synthesizing the stack.');
  await synthesize(directory, huggingFaceContext(process.env));
  return readAssembly(directory, STACK_NAME);
}

async function runOn({ outputs, logDirectory }: LocalAws, options: LocalRunOptions): Promise<void> {
  const { bucketName = '', stepFunctionName = '' } = outputs;
  const input = await executionInput(options, bucketName);
  const objects = connectObjectStore(bucketName);
  if (options.input !== undefined) {
    const key = uploadKey(input, bucketName);
    if (await isFolder(options.input)) await uploadFolder(objects, options.input, key);
    else await objects.write(key, createReadStream(options.input));
    console.log(`Uploaded ${options.input} to ${input.s3_uri}.`);
  }
  const executions = await connectExecutions(stepFunctionName);
  const executionArn = await executions.start(randomUUID(), input);
  console.log(`Started ${executionArn} with\n${JSON.stringify(input, null, 2)}`);
  const ended = await watched(executions, executionArn, input);
  const output = outputOf(ended, logDirectory);
  const directory = options.out ?? join('output', output.job_name_prefix, output.run_id);
  await mkdir(directory, { recursive: true });
  for (const uri of [...output.output_uris, output.summary_uri]) {
    const file = join(directory, nameIn(output, uri));
    await mkdir(dirname(file), { recursive: true });
    await pipeline(objects.read(parseS3Uri(uri)?.key ?? ''), createWriteStream(file));
  }
  report(output, directory);
}

/** A file's key below the run's: the folders of a dataset of many objects stay. */
function nameIn({ run_id }: ExecutionOutput, uri: string): string {
  return uri.slice(uri.indexOf(`/${run_id}/`) + run_id.length + 2);
}

async function uploadFolder(objects: ObjectStore, folder: string, key: string): Promise<void> {
  if (!key.endsWith('/')) throw refusal('upload the folder', 's3_uri', 'end with a slash', key);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath ?? entry.path, entry.name);
    await objects.write(key + relative(folder, file).split(sep).join('/'), createReadStream(file));
  }
}

/** Follows an execution to its end. Ctrl-C stops it, so that nothing is left running. */
async function watched(
  executions: Executions,
  executionArn: string,
  input: ExecutionInput,
): Promise<ExecutionState> {
  const display = progressDisplay();
  const jobs = connectJobProgress();
  const started = new Date(Date.now() - 1000);
  const stop = () => void executions.stop(executionArn, 'Interrupted on the command line.');
  process.once('SIGINT', stop);
  try {
    for (;;) {
      const state = await executions.describe(executionArn);
      display.show({
        maps: await executions.mapProgress(executionArn),
        jobs: await jobs(`${input.job_name_prefix}-`, started),
      });
      if (state.status !== 'RUNNING') return state;
      await delay(POLL_MS);
    }
  } finally {
    process.off('SIGINT', stop);
    display.done();
  }
}

/** Ctrl-C: no failure, and no success either. */
export class Interrupted extends Error {}

function outputOf({ status, output, error, cause }: ExecutionState, logDirectory: string): ExecutionOutput {
  if (status === 'SUCCEEDED') return output as ExecutionOutput;
  if (status === 'ABORTED') throw new Interrupted('The run was stopped, and nothing of it is left running.');
  const message = messageOf(cause ?? 'no cause').replace(/\.$/, '');
  if (error !== undefined && finalErrors.includes(error) && error !== 'Internal')
    throw new BatchError(error as ErrorKind, `${message}.`);
  const sentence = `The execution ended as ${status}: ${error ?? 'no error'}: ${message}. The functions' logs are in ${logDirectory}.`;
  throw new BatchError('Internal', sentence);
}

function report(output: ExecutionOutput, directory: string): void {
  const { statuses, rows, chunks, on_demand_records, duration_seconds, null_values, error_codes } = output;
  const files = output.output_uris.map((uri) => join(directory, nameIn(output, uri)));
  const jobs = `${chunks} ${chunks === 1 ? 'chunk' : 'chunks'}`;
  const outcomes = `${statuses.succeeded} succeeded, ${statuses.failed} failed, ${statuses.missing} missing`;
  const codes = Object.entries(error_codes).map(([code, count]) => `${count} × ${code}`);
  const lines = [
    `${rows} rows in ${jobs}: ${outcomes} (${duration_seconds.toFixed(1)} s).`,
    ...(on_demand_records > 0 ? [`${on_demand_records} records were asked on demand.`] : []),
    ...(codes.length > 0
      ? [`Errors: ${codes.join(', ')}; the column error has the reason of each row.`]
      : []),
    ...(null_values > 0 ? [`${null_values} values in prompts were null, and rendered as nothing.`] : []),
    ...output.notes,
    `Tokens: ${output.input_tokens} in, ${output.output_tokens} out.`,
    'The answers are simulated: no model was asked, and nothing was spent.',
    `Result: ${files.join(', ')}`,
    `Summary: ${join(directory, 'summary.json')}`,
  ];
  console.log(lines.join('\n'));
}
