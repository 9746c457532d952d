import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { connectExecutions, type Executions } from '../src/aws/executions.ts';
import { connectObjectStore } from '../src/aws/object-store.ts';
import { parseS3Uri } from '../src/batch/keys.ts';
import { uncompressedName } from '../src/data/compression.ts';
import { refusal } from '../src/errors.ts';
import type { ModelEndpoint } from '../src/local/bedrock/model-endpoint/model-endpoint.ts';
import type { LocalAws } from '../src/local/local-aws.ts';
import type { ObjectStore } from '../src/steps/collaborators.ts';
import type { ExecutionOutput } from '../src/steps/summarize.ts';
import { cancelled, collected, found, type Reach, stopJobs } from './end-run.ts';
import { checkInput, executionInput, isFolder, type LocalRunOptions, uploadKey } from './execution-input.ts';
import { type LocalStateOptions, onLocalAws, stateOption } from './on-local-aws.ts';
import { preflight } from './preflight.ts';
import { outcomeLines, outputOf, watched } from './watch-run.ts';

const POLL_MS = 250;

/**
 * @throws BatchError with one sentence on what is wrong with the input, or on why the run failed
 * @throws LocalAwsError for a model endpoint that cannot be asked
 */
export async function localRun(options: LocalRunOptions & LocalStateOptions): Promise<void> {
  const input = await executionInput(options, 'bucket');
  await checkInput(input, options);
  const file = options.input;
  // What must be unpacked first is checked by the run.
  const isPlain = file !== undefined && uncompressedName(file) === undefined && !(await isFolder(file));
  if (isPlain) await preflight(file, input);
  // Before the run rather than after it.
  if (options.out !== undefined) await mkdir(options.out, { recursive: true });
  await onLocalAws(options, (aws, endpoint) => runOn(aws, options, endpoint));
}

async function runOn(
  { outputs, logDirectory }: LocalAws,
  options: LocalRunOptions,
  endpoint: ModelEndpoint | undefined,
): Promise<void> {
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
  const runId = randomUUID();
  const executionArn = await executions.start(runId, input);
  console.log(`Started ${executionArn} with\n${JSON.stringify(input, null, 2)}`);
  const ended = await watched(executions, executionArn, input, POLL_MS);
  // Without it the jobs would go on when the local AWS is started again.
  if (ended.status === 'ABORTED') {
    const reach = reachOf(executions, options);
    await stopJobs(await found('stop', runId, reach), reach);
  }
  const output = outputOf(ended, `The functions' logs are in ${logDirectory}.`);
  report(output, await fetchResult(objects, output, options.out), answeredBy(endpoint));
}

/** Follows a run that was cut short to its end. @throws BatchError with one sentence on why there is nothing to collect */
export async function localCollect(given: string, options: LocalStateOptions): Promise<void> {
  await onLocalAws(options, async ({ outputs: { bucketName = '', stepFunctionName = '' } }, endpoint) => {
    const executions = await connectExecutions(stepFunctionName);
    const reach = reachOf(executions, options);
    const run = await found('collect', given, reach);
    if (run.status === 'RUNNING') {
      await watched(executions, run.arn, { job_name_prefix: run.prefix }, POLL_MS);
    }
    const output = await collected(given, reach);
    const directory = await fetchResult(connectObjectStore(bucketName), output, options.out);
    report(output, directory, latelyAnsweredBy(endpoint));
  });
}

/** @throws BatchError NotFound */
export async function localCancel(given: string, options: LocalStateOptions): Promise<void> {
  await onLocalAws(options, async ({ outputs: { stepFunctionName = '' } }) =>
    cancelled(given, reachOf(await connectExecutions(stepFunctionName), options)),
  );
}

function reachOf(executions: Executions, { state }: LocalStateOptions): Reach {
  const command = (what: string) => `npx bedrock-batch local ${what}${stateOption(state)}`;
  return { executions, pollMs: POLL_MS, command };
}

/** Returns the directory of the result. */
async function fetchResult(objects: ObjectStore, output: ExecutionOutput, out?: string): Promise<string> {
  const directory = out ?? join('output', output.job_name_prefix, output.run_id);
  await mkdir(directory, { recursive: true });
  for (const uri of [...output.output_uris, output.summary_uri]) {
    const file = join(directory, nameIn(output, uri));
    await mkdir(dirname(file), { recursive: true });
    await pipeline(objects.read(parseS3Uri(uri)?.key ?? ''), createWriteStream(file));
  }
  return directory;
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

function answeredBy(endpoint: ModelEndpoint | undefined): string {
  if (endpoint === undefined) return 'The answers are simulated: no model was asked, and nothing was spent.';
  const { model, url } = endpoint;
  return `The answers are those of the model ${model} at ${url}: Amazon Bedrock was not asked.`;
}

/** Of a run that began in another process, which may have asked another server. */
function latelyAnsweredBy(endpoint: ModelEndpoint | undefined): string {
  if (endpoint === undefined) return 'The answers are simulated, except those that a --model-endpoint gave.';
  const { model, url } = endpoint;
  return `What had no answer yet was asked of the model ${model} at ${url}: Amazon Bedrock was not asked.`;
}

function report(output: ExecutionOutput, directory: string, answered: string): void {
  const files = output.output_uris.map((uri) => join(directory, nameIn(output, uri)));
  const lines = [
    ...outcomeLines(output),
    answered,
    `Result: ${files.join(', ')}`,
    `Summary: ${join(directory, 'summary.json')}`,
  ];
  console.log(lines.join('\n'));
}
