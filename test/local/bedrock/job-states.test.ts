import { GetModelInvocationJobCommand, ListModelInvocationJobsCommand } from '@aws-sdk/client-bedrock';
import { JOB_STATUSES, type Job } from '../../../src/local/bedrock/job.ts';
import { ShownCounters } from '../../../src/local/bedrock/shown-counters.ts';
import type { Clock } from '../../../src/local/clock.ts';
import { type JobFault, JobFaults } from '../../../src/local/faults/job-faults.ts';
import { ANY_INPUT, claudeRecords, type Harness, jobOf, run, startHarness, TITAN, until } from './harness.ts';

let aws: Harness;
beforeAll(async () => {
  aws = await startHarness();
});
afterEach(() => aws.stopServices());
afterAll(() => aws.close());

it('every status is reached, and told of', async () => {
  const uri = await aws.putLines('in/states.jsonl', claudeRecords(100));
  const jobFaults = new JobFaults([
    { nth: 2, at: 'Validating', end: 'Failed' },
    { nth: 3, at: 'Scheduled', end: 'Expired' },
    { nth: 4, at: 'InProgress', end: 'PartiallyCompleted', afterRecords: 10 },
    { nth: 5, at: 'InProgress', end: 'Stopped', afterRecords: 10 },
  ] satisfies JobFault[]);
  const service = await aws.bedrock({ stepMs: 20, jobFaults });
  const jobs = [];
  for (let n = 0; n < 5; n++) jobs.push(await run(service, jobOf(uri)));
  expect(jobs.map(({ status }) => status)).toEqual([
    ...['Completed', 'Failed', 'Expired', 'PartiallyCompleted', 'Stopped'],
  ]);
  const told = new Set(service.events.map(({ detail }) => detail['status']));
  expect([...told].sort()).toEqual([...JOB_STATUSES].sort());
  expect(JOB_STATUSES).toHaveLength(10);
  for (const statusEquals of ['Completed', 'Failed', 'Expired', 'PartiallyCompleted', 'Stopped'] as const) {
    const page = await service.client.send(new ListModelInvocationJobsCommand({ statusEquals }));
    expect(page.invocationJobSummaries).toHaveLength(1);
  }
});

it('a token that was used before gets its job, whatever else is asked for with it', async () => {
  const { client, events } = await aws.still();
  const once = jobOf(ANY_INPUT, { clientRequestToken: 'once', timeoutDurationInHours: 24 });
  const first = await client.send(once);
  const other = { clientRequestToken: 'once', timeoutDurationInHours: 48, modelId: TITAN };
  expect((await client.send(jobOf('s3://other-bucket/x.jsonl', other))).jobArn).toBe(first.jobArn);
  expect(await client.send(new GetModelInvocationJobCommand({ jobIdentifier: first.jobArn }))).toMatchObject({
    ...{
      jobName: once.input.jobName,
      timeoutDurationInHours: 24,
      inputDataConfig: once.input.inputDataConfig,
    },
  });
  expect(events).toHaveLength(1);
  // Tokens are case-sensitive.
  const another = await client.send(jobOf(ANY_INPUT, { clientRequestToken: 'Once' }));
  expect(another.jobArn).not.toBe(first.jobArn);
});

const NOWHERE = {
  inputDataConfig: { s3InputDataConfig: { s3Uri: ANY_INPUT } },
  outputDataConfig: { s3OutputDataConfig: { s3Uri: ANY_INPUT } },
};

describe('the counters of a running job', () => {
  let now = 0;
  const clock: Clock = { now: () => now, sleep: () => Promise.reject(new Error('Nobody waits here.')) };
  const jobAt = (status: Job['status'], succeededRecords: number): Job => ({
    ...{ id: 'abcdefgh1234', arn: '', sequence: 0, modelArn: '', submitTime: 0, expirationTime: 0 },
    request: { jobName: 'a', roleArn: '', modelId: '', ...NOWHERE },
    ...{ status, lastModifiedTime: 0, validatedRecords: 100, totalRecords: 100, failedRecords: 0 },
    succeededRecords,
  });

  it('lag behind by no more than they may, and are exact before and after', () => {
    now = 0;
    const counters = new ShownCounters(clock, 60_000);
    const none = { totalRecords: 0, succeededRecords: 0, failedRecords: 0 };
    const shown = (status: Job['status'], succeeded: number, at: number) => {
      now = at;
      return counters.of(jobAt(status, succeeded));
    };
    counters.note(jobAt('InProgress', 0));
    expect(shown('InProgress', 10, 59_999)).toEqual(none);
    expect(shown('InProgress', 20, 60_000)).toEqual({ ...none, totalRecords: 100, succeededRecords: 20 });
    expect(shown('InProgress', 30, 119_999)).toMatchObject({ succeededRecords: 20 });
    expect(shown('Stopping', 40, 119_999)).toMatchObject({ succeededRecords: 20 });
    expect(shown('Stopping', 50, 120_000)).toMatchObject({ succeededRecords: 50 });
    counters.note(jobAt('Stopped', 51));
    expect(shown('Stopped', 51, 120_000)).toMatchObject({ succeededRecords: 51 });
  });

  it('are shown at once for a job that a restart found running', () => {
    now = 0;
    expect(new ShownCounters(clock, 60_000).of(jobAt('InProgress', 7))).toMatchObject({
      succeededRecords: 7,
    });
  });

  it('are one lag old in Get and List alike', async () => {
    const uri = await aws.putLines('in/lag.jsonl', claudeRecords(1000));
    const service = await aws.bedrock({ stepMs: 20, recordsPerSecond: 100, counterLagMs: 3_600_000 });
    const { jobArn } = await service.client.send(jobOf(uri));
    await until(service, jobArn, ({ status }) => status === 'InProgress');
    const page = await service.client.send(new ListModelInvocationJobsCommand({}));
    expect(page.invocationJobSummaries?.[0]).toMatchObject({ totalRecordCount: 0, processedRecordCount: 0 });
    const job = await until(service, jobArn, ({ endTime }) => endTime !== undefined);
    expect(job).toMatchObject({ totalRecordCount: 1000, processedRecordCount: 1000 });
  });
});
