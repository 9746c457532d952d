import { Command, InvalidArgumentError } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { BatchError } from '../src/errors.ts';
import { LocalAwsError } from '../src/local/local-aws-error.ts';
import type { LocalRunOptions } from './execution-input.ts';
import { type LocalLogsOptions, localLogs } from './local-logs.ts';
import { localReset } from './local-reset.ts';
import { localCancel, localCollect, localRun } from './local-run.ts';
import { localEnv, localUp } from './local-up.ts';
import { DEFAULT_STATE, type LocalStateOptions } from './on-local-aws.ts';
import { cancelRun, collectRun, type RemoteRunOptions } from './remote-run.ts';
import { STACK_NAME } from './stack-name.ts';
import { Interrupted } from './watch-run.ts';

const program = new Command('bedrock-batch')
  .description('Adds a column to a table of any size with Amazon Bedrock batch inference.')
  .version(packageJson.version);

const runId = ['<run-id>', "the name of the run's execution, or its ARN"] as const;
const stack = ['--stack <name>', 'the deployed stack', STACK_NAME] as const;

program
  .command('cancel')
  .description('stops a run and its jobs, and waits until nothing of it bills any more')
  .argument(...runId)
  .option(...stack)
  .action((run: string, options: RemoteRunOptions) => cancelRun(run, options));

program
  .command('collect')
  .description('joins what a run that was stopped, or failed, had paid for; nothing is submitted')
  .argument(...runId)
  .option(...stack)
  .action((run: string, options: RemoteRunOptions) => collectRun(run, options));

const modelEndpoint = [
  '--model-endpoint <url>',
  'an OpenAI-compatible server that answers instead, e.g. http://127.0.0.1:11434/v1 (with OPENAI_API_KEY)',
] as const;
const modelEndpointModel = [
  '--model-endpoint-model <name>',
  'its model (default: the first that it lists)',
] as const;
const modelEndpointConcurrency = [
  '--model-endpoint-concurrency <n>',
  'how many requests it gets at a time (default: 8)',
  wholeNumber,
] as const;

const state = [
  '--state <directory>',
  "the local AWS's buckets, tables and executions",
  DEFAULT_STATE,
] as const;
const assembly = [
  '--assembly <directory>',
  'what cdk synth wrote (default: the stack is synthesized again)',
] as const;
const recordsPerSecond = [
  '--records-per-second <n>',
  'how fast simulated answers come (default: at once)',
  positiveNumber,
] as const;

const local = program
  .command('local')
  .description('runs the synthesized stack on this machine, without an account');

local
  .command('run')
  .description('runs a table through the stack and leaves it here with its answers')
  .option('--input <file>', 'a CSV, JSONL or Parquet file, the first two also as .gz or .zst')
  .option(
    '--execution-input <file>',
    "the execution's input as JSON; its s3_uri is where --input is uploaded to",
  )
  .option('--model-id <id>', 'e.g. us.anthropic.claude-haiku-4-5-20251001-v1:0')
  .option('--prompt-id <id>', 'e.g. joke_about_topic; none for an embedding model')
  .option(
    '--job-name-prefix <prefix>',
    "what jobs' names and keys begin with (default: the input's file name)",
  )
  .option('--max-records-per-job <n>', 'records of a job, at most (but never under 100)', wholeNumber)
  .option('--max-num-jobs <n>', 'jobs of the run, at most', wholeNumber)
  .option('--max-records-total <n>', 'records of the run, at most', wholeNumber)
  .option('--output-format <format>', "csv, parquet or jsonl (default: the input's)")
  .option('--max-attempts <n>', 'how often a record is sent at most (default: 3)', wholeNumber)
  .option('--max-on-demand-concurrency <n>', 'records asked on demand at a time (default: 20)', wholeNumber)
  .option('--deadline-minutes <n>', 'when jobs are stopped, and the rest is asked on demand', wholeNumber)
  .option('--small-sets <how>', 'fewer records than a job takes: on_demand (default) or fail')
  .option('--dataset-id <id>', 'a dataset on the Hugging Face Hub, instead of --input')
  .option('--split <name>', 'of the dataset (default: train)')
  .option('--config <name>', 'of the dataset')
  .option('--revision <name>', 'a branch, tag or commit of the dataset')
  .option('--infer-types', 'CSV as Parquet: typed columns where every value is a number, a date …')
  .option('--embedding-type <type>', 'float32 (default) or float64')
  .option('--csv-delimiter <character>', 'of a CSV table (default: found by its first rows)')
  .option('--csv-ragged-rows <how>', 'refuse (default), or pad the rows that are short')
  .option('--out <directory>', 'where the result goes (default: output/<prefix>/<run>)')
  .option(...assembly)
  .option(...recordsPerSecond)
  .option(...modelEndpoint)
  .option(...modelEndpointModel)
  .option(...modelEndpointConcurrency)
  .option(...state)
  .action((options: LocalRunOptions & LocalStateOptions) => localRun(options));

local
  .command('collect')
  .description(
    'fetches the result of a run here: follows one that was cut short, joins what one that was stopped had finished',
  )
  .argument(...runId)
  .option('--out <directory>', 'where the result goes (default: output/<prefix>/<run>)')
  .option(...modelEndpoint)
  .option(...modelEndpointModel)
  .option(...modelEndpointConcurrency)
  .option(...assembly)
  .option(...state)
  .action((run: string, options: LocalStateOptions) => localCollect(run, options));

local
  .command('cancel')
  .description('stops a run here that was cut short, and its jobs')
  .argument(...runId)
  .option(...assembly)
  .option(...state)
  .action((run: string, options: LocalStateOptions) => localCancel(run, options));

local
  .command('up')
  .description('keeps the local AWS running, for the AWS CLI and any SDK, until Ctrl-C')
  .option(...assembly)
  .option(...recordsPerSecond)
  .option(...modelEndpoint)
  .option(...modelEndpointModel)
  .option(...modelEndpointConcurrency)
  .option(...state)
  .action((options: LocalStateOptions) => localUp(options));

local
  .command('env')
  .description('prints what a shell needs to use it: eval "$(npx bedrock-batch local env)"')
  .option(...state)
  .action((options: LocalStateOptions) => localEnv(options));

local
  .command('logs')
  .description("prints the functions' logs")
  .argument('[function]', 'a part of the name of a function, e.g. Preprocess', '')
  .option('-f, --follow', 'goes on with what the functions write, until Ctrl-C')
  .option(...state)
  .action((part: string, options: LocalLogsOptions) => localLogs(part, options));

local
  .command('reset')
  .description("deletes the local AWS's state")
  .option(...state)
  .action((options: LocalStateOptions) => localReset(options));

function wholeNumber(text: string): number {
  if (/^[+-]?\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number.');
}

function positiveNumber(text: string): number {
  const number = wholeNumber(text);
  if (number > 0) return number;
  throw new InvalidArgumentError('It must be greater than 0.');
}

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof Interrupted) process.exitCode = 130;
  else process.exitCode = 1;
  console.error(isForTheUser(error) ? error.message : error);
}

/** A sentence for the user, or a file that cannot be used; anything else is a defect and shows where it is. */
function isForTheUser(error: unknown): error is Error {
  const sentences = [BatchError, LocalAwsError, Interrupted];
  return sentences.some((type) => error instanceof type) || (error instanceof Error && 'syscall' in error);
}
