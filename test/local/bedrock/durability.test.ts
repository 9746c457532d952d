import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ListModelInvocationJobsCommand, StopModelInvocationJobCommand } from '@aws-sdk/client-bedrock';
import { AnswerLedger, ledgerPath, readAnswers } from '../../../src/local/bedrock/answer-ledger.ts';
import type { Clock } from '../../../src/local/clock.ts';
import { JobFaults } from '../../../src/local/faults/job-faults.ts';
import {
  ANY_INPUT,
  claudeRecords,
  ended,
  type Harness,
  HOUR,
  idOf,
  jobOf,
  run,
  type Service,
  startHarness,
  until,
} from './harness.ts';

let aws: Harness;
let input: string;

beforeAll(async () => {
  aws = await startHarness();
  input = await aws.putLines('in/durable.jsonl', claudeRecords(100, { ids: false }));
});
afterEach(() => aws.stopServices());
afterAll(() => aws.close());

/** As a new process would start on what a kill left of a log. */
async function startOn(log: string): Promise<Service> {
  const directory = await aws.folder();
  await writeFile(join(directory, 'jobs.jsonl'), log);
  return aws.bedrock({ directory, stepMs: 20 });
}

const logOf = (directory: string): Promise<string> => readFile(join(directory, 'jobs.jsonl'), 'utf8');
const statuses = ({ events }: Service) => events.map(({ detail }) => String(detail['status']));

/** The whole lines up to each place where a kill can cut a log, and with them a torn one. */
function prefixesOf(log: string): string[] {
  const lines = log.split(/(?<=\n)/);
  return lines.flatMap((line, n) => {
    const before = lines.slice(0, n + 1).join('');
    const next = lines[n + 1] ?? '';
    return next === '' || line === '' ? [before] : [before, before + next.slice(0, next.length / 2)];
  });
}

test('a job goes on to its end from wherever a kill left it, with the same output', async () => {
  const directory = await aws.folder();
  const first = await aws.bedrock({ directory, stepMs: 20 });
  const whole = await run(first, jobOf(input));
  const folder = `out/${idOf(whole)}`;
  const keys = [`${folder}/durable.jsonl.out`, `${folder}/manifest.json.out`];
  const outputs = await Promise.all(keys.map(aws.text));
  const prefixes = prefixesOf(await logOf(directory));
  expect(prefixes).toHaveLength(9);

  for (const prefix of prefixes) {
    const isOver = prefix.includes('Completed"') && prefix.endsWith('\n');
    if (!isOver) await Promise.all(keys.map(aws.remove));
    const service = await startOn(prefix);
    service.server.resume();
    const job = await until(service, whole.jobArn, ended);
    expect(job).toMatchObject({ status: 'Completed', successRecordCount: 100, totalRecordCount: 100 });
    expect({ ...job, endTime: 0, lastModifiedTime: 0, $metadata: 0 }).toEqual({
      ...{ ...whole, endTime: 0, lastModifiedTime: 0, $metadata: 0 },
    });
    // Each status that is to come is told once, and none that was.
    const order = ['Submitted', 'Validating', 'Scheduled', 'InProgress', 'Completed'];
    const reached = prefix.split('\n').length - 1;
    expect(statuses(service)).toEqual(order.slice(reached));
    expect(await Promise.all(keys.map(aws.text))).toEqual(outputs);
  }
});

test('a job that was never told of is not there', async () => {
  const directory = await aws.folder();
  const { jobArn } = await (await aws.still({ directory })).client.send(jobOf(ANY_INPUT));
  const log = await logOf(directory);
  const service = await startOn(log.slice(0, -1));
  await expect(until(service, jobArn, ended)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

describe('a job that was stopped', () => {
  async function stopped(change: Parameters<Harness['bedrock']>[0] = {}) {
    const directory = await aws.folder();
    const service = await aws.bedrock({ directory, stepMs: 20, recordsPerSecond: 100, ...change });
    const { jobArn } = await service.client.send(jobOf(input));
    await until(service, jobArn, ({ processedRecordCount = 0 }) => processedRecordCount >= 20);
    await service.client.send(new StopModelInvocationJobCommand({ jobIdentifier: jobArn }));
    const job = await until(service, jobArn, ended);
    const stopping = (await logOf(directory)).split(/(?<=\n)/).slice(0, -1);
    expect(stopping.at(-1)).toContain('"Stopping"');
    return { job, log: stopping.join('') };
  }

  test('is Stopped after a kill, with what was written', async () => {
    const { job, log } = await stopped();
    const service = await startOn(log);
    service.server.resume();
    const resumed = await until(service, job.jobArn, ended);
    expect(resumed.processedRecordCount).toBeGreaterThanOrEqual(20);
    expect(resumed).toMatchObject({
      ...{ status: 'Stopped', totalRecordCount: 100 },
      ...{ processedRecordCount: job.processedRecordCount, successRecordCount: job.successRecordCount },
    });
    expect(statuses(service)).toEqual(['Stopped']);
    expect(await aws.outputOf(`out/${idOf(job)}/durable.jsonl.out`)).toHaveLength(
      job.processedRecordCount ?? 0,
    );
  });

  test('keeps no output of which the manifest was not written', async () => {
    const { job, log } = await stopped();
    await aws.remove(`out/${idOf(job)}/manifest.json.out`);
    const service = await startOn(log);
    service.server.resume();
    expect(await until(service, job.jobArn, ended)).toMatchObject({
      status: 'Stopped',
      processedRecordCount: 0,
    });
    expect(await aws.outputKeys(job)).toEqual([]);
  });

  test('is billed for what was written, though the kill came before the ledger', async () => {
    const { job, log } = await stopped();
    const directory = await aws.folder();
    await mkdir(join(directory, 'bedrock'));
    await writeFile(join(directory, 'bedrock', 'jobs.jsonl'), log);
    const ledger = new AnswerLedger(ledgerPath(directory));
    const service = await aws.bedrock({ directory: join(directory, 'bedrock'), ledger });
    service.server.resume();
    await until(service, job.jobArn, ended);
    await ledger.close();
    expect(readAnswers(directory).size).toBe(job.processedRecordCount);
  });

  test('can be stopped before it is resumed', async () => {
    const directory = await aws.folder();
    const { jobArn } = await (await aws.still({ directory })).client.send(jobOf(input));
    const service = await startOn(await logOf(directory));
    await service.client.send(new StopModelInvocationJobCommand({ jobIdentifier: jobArn }));
    service.server.resume();
    expect(await until(service, jobArn, ended)).toMatchObject({ status: 'Stopped' });
    expect(statuses(service)).toEqual(['Stopping', 'Stopped']);
  });
});

test('to close is to suspend', async () => {
  const directory = await aws.folder();
  const first = await aws.bedrock({ directory, recordsPerSecond: 10 });
  const { jobArn } = await first.client.send(jobOf(input));
  await until(first, jobArn, ({ status }) => status === 'InProgress');
  await aws.stopServices();
  expect(statuses(first).at(-1)).toBe('InProgress');
  const second = await aws.bedrock({ directory });
  expect(statuses(second)).toEqual([]);
  second.server.resume();
  expect(await until(second, jobArn, ended)).toMatchObject({ status: 'Completed' });
  expect(statuses(second)).toEqual(['Completed']);
});

test('a restart does not begin the time in a status anew', async () => {
  const waits: number[] = [];
  let now = Date.UTC(2026, 0, 1);
  const clock: Clock = {
    now: () => now,
    sleep: (ms, signal) => {
      waits.push(ms);
      return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    },
  };
  const directory = await aws.folder();
  const first = await aws.bedrock({ directory, clock, stepMs: HOUR });
  await first.client.send(jobOf(ANY_INPUT));
  for (const passed of [HOUR / 4, HOUR, -2 * HOUR]) {
    await aws.stopServices();
    now += passed;
    (await aws.bedrock({ directory, clock, stepMs: HOUR })).server.resume();
  }
  expect(waits).toEqual([HOUR, (HOUR * 3) / 4, 0, HOUR]);
});

test('tokens, names, quotas and order hold over a restart', async () => {
  const directory = await aws.folder();
  const still = () => aws.still({ directory, maxJobsPerModel: 2 });
  const twice = jobOf(ANY_INPUT, { clientRequestToken: 'once', jobName: 'first' });
  const first = await (await still()).client.send(twice);
  await aws.stopServices();
  const service = await still();
  expect((await service.client.send(twice)).jobArn).toBe(first.jobArn);
  const sameName = jobOf(ANY_INPUT, { jobName: 'first' });
  await expect(service.client.send(sameName)).rejects.toMatchObject({ name: 'ConflictException' });
  const second = await service.client.send(jobOf(ANY_INPUT));
  const third = service.client.send(jobOf(ANY_INPUT));
  await expect(third).rejects.toMatchObject({ name: 'ServiceQuotaExceededException' });
  const page = await service.client.send(new ListModelInvocationJobsCommand({ maxResults: 1 }));
  const { nextToken } = page;
  const rest = await service.client.send(new ListModelInvocationJobsCommand({ maxResults: 1, nextToken }));
  const listed = [page, rest].map(({ invocationJobSummaries: jobs = [] }) => jobs[0]?.jobArn);
  expect(listed).toEqual([second.jobArn, first.jobArn]);
  expect(rest.nextToken).toBeUndefined();
});

test('a job keeps its fate over a restart', async () => {
  const directory = await aws.folder();
  const jobFaults = new JobFaults([{ nth: 2, at: 'InProgress', end: 'Failed', afterRecords: 30 }]);
  const first = await aws.bedrock({ directory, recordsPerSecond: 50, jobFaults });
  const arns = [];
  for (let n = 0; n < 2; n++) arns.push((await first.client.send(jobOf(input))).jobArn);
  await until(first, arns[1], ({ processedRecordCount = 0 }) => processedRecordCount > 0);
  await aws.stopServices();
  const second = await aws.bedrock({ directory, jobFaults });
  second.server.resume();
  const ends = await Promise.all(arns.map((arn) => until(second, arn, ended)));
  expect(ends.map(({ status, processedRecordCount }) => [status, processedRecordCount])).toEqual([
    ['Completed', 100],
    ['Failed', 30],
  ]);
});
