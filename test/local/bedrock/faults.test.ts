import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StopModelInvocationJobCommand } from '@aws-sdk/client-bedrock';
import { AnswerLedger, ledgerPath, readAnswers } from '../../../src/local/bedrock/answer-ledger.ts';
import { startBedrockRuntime } from '../../../src/local/bedrock/runtime-server.ts';
import { type JobFault, JobFaults } from '../../../src/local/faults/job-faults.ts';
import { contentHash, type RecordFault, RecordFaults } from '../../../src/local/faults/record-faults.ts';
import { claude } from '../../../src/models/claude.ts';
import {
  BUCKET,
  claudeRecords,
  clock,
  ended,
  HAIKU,
  type Harness,
  idOf,
  jobOf,
  run,
  startHarness,
  until,
} from './harness.ts';

let aws: Harness;
let input: string;

beforeAll(async () => {
  aws = await startHarness();
  input = await aws.putLines('in/faults.jsonl', claudeRecords(120));
});
afterEach(() => aws.stopServices());
afterAll(() => aws.close());

const START = ['Submitted', 'Validating', 'Scheduled', 'InProgress'];

async function ran(fault: JobFault) {
  const service = await aws.bedrock({ stepMs: 20, jobFaults: new JobFaults([fault]) });
  const job = await run(service, jobOf(input));
  return { job, told: service.events.map(({ detail }) => detail['status']) };
}

async function linesOf(key: string): Promise<string[]> {
  return (await aws.text(key)).split('\n').slice(0, -1);
}

describe('a job', () => {
  test.each<[JobFault, readonly string[]]>([
    [{ at: 'Submitted', end: 'Failed', message: 'Not today.' }, ['Submitted', 'Failed']],
    [{ at: 'Submitted', end: 'Stopped' }, ['Submitted', 'Stopping', 'Stopped']],
    [{ at: 'Validating', end: 'Failed', message: 'Not today.' }, ['Submitted', 'Validating', 'Failed']],
    [{ at: 'Scheduled', end: 'Expired' }, ['Submitted', 'Validating', 'Scheduled', 'Expired']],
  ])('meets %j before it began', async (fault, expected) => {
    const { job, told } = await ran(fault);
    expect(told).toEqual(expected);
    expect(job).toMatchObject({ status: fault.end, totalRecordCount: 0, processedRecordCount: 0 });
    expect(job.message).toBe(fault.message);
    expect(await aws.outputKeys(job)).toEqual([]);
  });

  test.each<[JobFault, number, readonly string[]]>([
    [{ at: 'InProgress', end: 'Failed', afterRecords: 50 }, 50, ['Failed']],
    [{ at: 'InProgress', end: 'PartiallyCompleted', afterShare: 0.25 }, 30, ['PartiallyCompleted']],
    [{ at: 'InProgress', end: 'Stopped', afterShare: 1 }, 120, ['Stopping', 'Stopped']],
    [{ at: 'InProgress', end: 'Completed', afterRecords: 119 }, 119, ['Completed']],
  ])('meets %j and leaves %i records', async (fault, left, end) => {
    const { job, told } = await ran(fault);
    expect(told).toEqual([...START, ...end]);
    expect(job).toMatchObject({ status: fault.end, totalRecordCount: 120, processedRecordCount: left });
    expect(await aws.outputOf(`out/${idOf(job)}/faults.jsonl.out`)).toHaveLength(left);
    const manifest = JSON.parse(await aws.text(`out/${idOf(job)}/manifest.json.out`));
    expect(manifest).toMatchObject({ totalRecordCount: 120, processedRecordCount: left });
  });

  test('leaves a manifest alone where it answered nothing', async () => {
    const { job } = await ran({ at: 'InProgress', end: 'Failed' });
    expect(job.message).toContain('internal error');
    expect(await aws.outputKeys(job)).toEqual(['manifest.json.out']);
  });

  test.each<[JobFault, number]>([
    [{ at: 'Scheduled', stuck: true }, 0],
    [{ at: 'InProgress', stuck: true, afterRecords: 40 }, 40],
    [{ at: 'InProgress', stuck: true, afterShare: 1 }, 120],
  ])('is stuck by %j until it is stopped', async (fault, left) => {
    const service = await aws.bedrock({ stepMs: 20, jobFaults: new JobFaults([fault]) });
    const { jobArn } = await service.client.send(jobOf(input));
    const isThere = await until(
      service,
      jobArn,
      ({ status, processedRecordCount }) => status === fault.at && processedRecordCount === left,
    );
    await clock.sleep(2000);
    const still = await until(service, jobArn, () => true);
    expect([still.status, still.processedRecordCount]).toEqual([
      isThere.status,
      isThere.processedRecordCount,
    ]);
    await service.client.send(new StopModelInvocationJobCommand({ jobIdentifier: jobArn }));
    const job = await until(service, jobArn, ended);
    expect(job).toMatchObject({ status: 'Stopped', processedRecordCount: left });
    expect(await aws.outputKeys(job)).toHaveLength(left > 0 ? 2 : 0);
  });
});

describe('a record of a job', () => {
  async function output(fault: RecordFault) {
    const service = await aws.bedrock({ stepMs: 20, recordFaults: new RecordFaults({ faults: [fault] }) });
    const job = await run(service, jobOf(input));
    expect(job.status).toBe('Completed');
    const lines = await linesOf(`out/${idOf(job)}/faults.jsonl.out`);
    const { successRecordCount, errorRecordCount } = job;
    return { lines, counts: [successRecordCount, errorRecordCount] };
  }

  test('has an error', async () => {
    const { lines, counts } = await output({ every: 12, errorCode: 503, errorMessage: 'busy' });
    const errors = lines.map((line) => JSON.parse(line)).filter(({ error }) => error !== undefined);
    expect(errors).toHaveLength(10);
    expect(errors[0].error).toEqual({ errorCode: 503, errorMessage: 'busy' });
    expect(counts).toEqual([110, 10]);
  });

  test.each<[RecordFault['missing'], number]>([
    [true, 120],
    ['uncounted', 110],
  ])('is missing (%s), and the manifest counts %i', async (missing, counted) => {
    const { lines, counts } = await output({ every: 12, ...(missing && { missing }) });
    expect(lines).toHaveLength(110);
    expect(counts).toEqual([counted, 0]);
  });

  test('is unreadable', async () => {
    const { lines, counts } = await output({ nth: 7, unreadable: true });
    const torn = lines.filter((line) => !line.endsWith('}'));
    expect(torn).toHaveLength(1);
    expect(() => JSON.parse(torn[0] ?? '')).toThrow();
    expect([lines.length, ...counts]).toEqual([120, 120, 0]);
  });

  test('is there twice', async () => {
    const { lines, counts } = await output({ nth: 7, duplicated: true });
    const ids = lines.map((line) => JSON.parse(line).recordId);
    expect(ids.filter((id) => id === 'row-6')).toHaveLength(2);
    expect([lines.length, ...counts]).toEqual([121, 120, 0]);
  });
});

describe('the ledger of answers', () => {
  const questions = Array.from({ length: 120 }, (_, n) => claude.encode(`Question ${n}?`));
  let directory: string;
  let ledger: AnswerLedger;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ledger-'));
    ledger = new AnswerLedger(ledgerPath(directory));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  test('has what can be read of jobs and on demand, and nothing else', async () => {
    const recordFaults = new RecordFaults({
      faults: [
        { nth: 1, errorCode: 500, times: 1 },
        { nth: 2, missing: true, times: 1 },
        { nth: 3, unreadable: true, times: 1 },
        { nth: 4, duplicated: true },
      ],
    });
    const service = await aws.bedrock({ stepMs: 20, recordFaults, ledger });
    await run(service, jobOf(input));
    const runtime = await startBedrockRuntime({ clock, recordFaults, ledger });
    const ask = (body: unknown) =>
      fetch(`${runtime.url}/model/${HAIKU}/invoke`, { method: 'POST', body: JSON.stringify(body) });
    expect((await ask({ wrong: 1 })).status).toBe(500);
    for (const body of [{ wrong: 2 }, questions[0], questions[5]]) await ask(body);
    await runtime.close();
    await ledger.close();
    const times = readAnswers(directory);
    const counted = questions.slice(0, 7).map((question) => {
      const { jobs, onDemand } = times.get(contentHash(question)) ?? { jobs: 0, onDemand: 0 };
      return [jobs, onDemand];
    });
    expect(counted).toEqual([
      [0, 1],
      [0, 0],
      [0, 0],
      [1, 0],
      [1, 0],
      [1, 1],
      [1, 0],
    ]);
    expect(times.size).toBe(118);
  });

  test('counts a job that a restart repeated once, with its last output', async () => {
    ledger.addJob('a', ['one', 'two']);
    ledger.addJob('b', ['two']);
    ledger.addJob('a', ['two', 'three']);
    ledger.addOnDemand('x');
    await ledger.close();
    expect(Object.fromEntries(readAnswers(directory))).toEqual({
      ...{ two: { jobs: 2, onDemand: 0 }, three: { jobs: 1, onDemand: 0 } },
      [contentHash('x')]: { jobs: 0, onDemand: 1 },
    });
  });
});

test('faults of records befall invocations by the status of their answer', async () => {
  const faults = [{ errorCode: 429, errorMessage: 'slow down', times: 2 }];
  const runtime = await startBedrockRuntime({ clock, recordFaults: new RecordFaults({ faults }) });
  const ask = () =>
    fetch(`${runtime.url}/model/${HAIKU}/invoke`, {
      method: 'POST',
      body: JSON.stringify(claude.encode(`Why ${BUCKET}?`)),
    });
  const first = await ask();
  expect(first.headers.get('x-amzn-errortype')).toBe('ThrottlingException');
  expect(await first.json()).toEqual({ message: 'slow down' });
  expect([first.status, (await ask()).status, (await ask()).status]).toEqual([429, 429, 200]);
  await runtime.close();
});
