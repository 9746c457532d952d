import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { BedrockClient, paginateListModelInvocationJobs } from '@aws-sdk/client-bedrock';
import { S3Client } from '@aws-sdk/client-s3';
import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  ListMapRunsCommand,
  ListStateMachinesCommand,
  paginateGetExecutionHistory,
  paginateListExecutions,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { Upload } from '@aws-sdk/lib-storage';
import { Command } from 'commander';
import { STACK_NAME } from '../bin/stack-name.ts';
import { synthesize } from '../bin/synthesize.ts';
import { readAssembly, type Template } from '../src/local/template/assembly.ts';
import type { ExecutionOutput } from '../src/steps/summarize.ts';
import { LocalProcess } from '../test/setup/local-process.ts';
import { type JobTime, slotUse } from './slot-use.ts';

/** A run of many chunks on the local AWS with its time sped up: memory, state transitions, and how well the slots are used. */
interface Options {
  readonly chunks: number;
  readonly slots: number;
  readonly jobMinutes: number;
  readonly speed: number;
}

/** The least of a job. */
const RECORDS = 100;

const program = new Command('chunks')
  .description('Runs a table of many chunks on the local AWS with its time sped up.')
  .option('--chunks <n>', 'of 100 records each', Number, 10_000)
  .option('--slots <n>', 'jobs with Bedrock at a time', Number, 200)
  .option('--job-minutes <n>', 'how long Bedrock takes over a job', Number, 60)
  .option('--speed <n>', 'seconds that pass in one', Number, 120)
  .action(main);
await program.parseAsync();

async function main(options: Options): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'chunks-'));
  const assembly = { directory: join(directory, 'assembly'), stackName: STACK_NAME };
  await synthesize(assembly.directory, { maxSubmittedAndInProgressJobs: String(options.slots) });
  // A job has four statuses before its last.
  const jobs = { stepMs: (options.jobMinutes * 60_000) / 4, maxJobsPerModel: options.slots };
  const state = join(directory, 'state');
  const { speed } = options;
  const template = patient((await readAssembly(assembly.directory, STACK_NAME)).template, speed);
  const services = { jobs };
  const aws = await LocalProcess.start({
    assembly: { ...assembly, template },
    ...{ directory: state, speed, services },
  });
  try {
    await measure(aws, options);
  } finally {
    await aws.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Functions run no faster than ever, so the states wait for them as long as if time were not sped up. */
function patient(template: Template, speed: number): Template {
  const text = JSON.stringify(template);
  const slower = text.replaceAll(
    /(TimeoutSeconds\\*":)(\d+)/g,
    (_, name, seconds) => `${name}${Number(seconds) * speed}`,
  );
  return JSON.parse(slower) as Template;
}

async function measure(aws: LocalProcess, options: Options): Promise<void> {
  const started = Date.now();
  const stepFunctions = new SFNClient(aws.settings('SFN'));
  const executionArn = await start(aws, stepFunctions, options);
  const ended = await watched(aws, stepFunctions, executionArn);
  const seconds = (Date.now() - started) / 1000;
  const use = slotUse(await jobTimes(aws), options.slots);
  const map = await mapOf(stepFunctions, executionArn);
  const parent = await historyOf(stepFunctions, executionArn);
  const output = JSON.parse(ended.output ?? '{}') as ExecutionOutput;
  const lines = [
    ...(ended.status === 'SUCCEEDED' ? [] : [`${ended.error}: ${ended.cause}`]),
    `${ended.status}: ${output.rows} rows in ${output.chunks} chunks, ${JSON.stringify(output.statuses)}`,
    `${seconds.toFixed(0)} s for ${((seconds * options.speed) / 3600).toFixed(1)} h of the stack, ${options.slots} slots, jobs of ${options.jobMinutes} min`,
    `the local AWS at its peak: ${peakMegabytes(aws.pid)} MB`,
    `state transitions: ${map.transitions.toFixed(2)} a chunk, ${parent.transitions} of the run itself`,
    `largest history: ${Math.max(parent.events, map.events)} events (of 25,000); largest state: ${Math.max(parent.bytes, map.bytes)} bytes (of 262,144)`,
    `slots in use while chunks wait: ${percent(use.share)}, and from when all were taken first: ${percent(use.steadyShare)}; at most ${use.most} at a time`,
  ];
  console.log(lines.join('\n'));
  stepFunctions.destroy();
  if (ended.status !== 'SUCCEEDED' || output.statuses.succeeded !== options.chunks * RECORDS)
    process.exitCode = 1;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

async function start(aws: LocalProcess, stepFunctions: SFNClient, { chunks }: Options): Promise<string> {
  const Bucket = aws.outputs['bucketName'];
  const Key = 'inputs/many.csv';
  const s3 = new S3Client(aws.settings('S3'));
  const rows = function* () {
    yield 'id,topic\n';
    for (let row = 0; row < chunks * RECORDS; row += RECORDS) {
      yield Array.from({ length: RECORDS }, (_, i) => `${row + i},topic ${row + i}\n`).join('');
    }
  };
  await new Upload({ client: s3, params: { Bucket, Key, Body: Readable.from(rows()) } }).done();
  s3.destroy();
  const { stateMachines = [] } = await stepFunctions.send(new ListStateMachinesCommand({}));
  const input = JSON.stringify({
    s3_uri: `s3://${Bucket}/${Key}`,
    job_name_prefix: 'many',
    model_id: 'us.anthropic.claude-haiku-4-5-20251001-v1:0',
    prompt_id: 'joke_about_topic',
    max_records_per_job: RECORDS,
  });
  const stateMachineArn = stateMachines.find(
    ({ name }) => name === aws.outputs['stepFunctionName'],
  )?.stateMachineArn;
  const { executionArn = '' } = await stepFunctions.send(
    new StartExecutionCommand({ stateMachineArn, input }),
  );
  return executionArn;
}

async function watched(
  aws: LocalProcess,
  stepFunctions: SFNClient,
  executionArn: string,
): Promise<DescribeExecutionCommandOutput> {
  for (let looks = 0; ; looks++) {
    const state = await stepFunctions.send(new DescribeExecutionCommand({ executionArn }));
    if (state.status !== 'RUNNING') return state;
    if (looks % 30 === 29) console.error(`${looks + 1} s: ${peakMegabytes(aws.pid)} MB at its peak`);
    await delay(1000);
  }
}

async function jobTimes(aws: LocalProcess): Promise<readonly JobTime[]> {
  const client = new BedrockClient(aws.settings('BEDROCK'));
  const times: JobTime[] = [];
  for await (const { invocationJobSummaries = [] } of paginateListModelInvocationJobs({ client }, {})) {
    for (const { submitTime, endTime } of invocationJobSummaries) {
      times.push({ from: submitTime?.getTime() ?? 0, to: endTime?.getTime() ?? 0 });
    }
  }
  client.destroy();
  return times;
}

interface Seen {
  readonly transitions: number;
  readonly events: number;
  readonly bytes: number;
}

async function historyOf(client: SFNClient, executionArn: string): Promise<Seen> {
  const seen = { transitions: 0, events: 0, bytes: 0 };
  for await (const { events = [] } of paginateGetExecutionHistory({ client }, { executionArn })) {
    for (const { stateEnteredEventDetails: entered, stateExitedEventDetails: exited } of events) {
      seen.events++;
      if (entered !== undefined) seen.transitions++;
      seen.bytes = Math.max(seen.bytes, (entered?.input ?? exited?.output ?? '').length);
    }
  }
  return seen;
}

/** The mean of every fiftieth chunk, and their largest. */
async function mapOf(client: SFNClient, executionArn: string): Promise<Seen> {
  const { mapRuns = [] } = await client.send(new ListMapRunsCommand({ executionArn }));
  const mapRunArn = mapRuns.find((one) => one.mapRunArn?.includes('/ProcessChunks:'))?.mapRunArn;
  const histories: Seen[] = [];
  let place = 0;
  for await (const { executions = [] } of paginateListExecutions({ client }, { mapRunArn })) {
    for (const { executionArn: child = '' } of executions) {
      if (place++ % 50 === 0) histories.push(await historyOf(client, child));
    }
  }
  const most = (of: (one: Seen) => number) => Math.max(...histories.map(of));
  const sum = histories.reduce((total, { transitions }) => total + transitions, 0);
  return {
    transitions: sum / histories.length,
    events: most(({ events }) => events),
    bytes: most(({ bytes }) => bytes),
  };
}

/** Of the process since its start, as Linux tells. */
function peakMegabytes(pid: number): number {
  const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kilobytes) / 1024);
}
