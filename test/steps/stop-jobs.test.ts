import { stopJobs } from '../../src/steps/stop-jobs.ts';
import { terminalStatuses } from './fakes.ts';
import { aRun } from './fixtures.ts';
import { JobWorld, run } from './jobs-in-flight.ts';

const stop = (all: JobWorld, status = 'ABORTED', redriveCount = 0) =>
  stopJobs({ executionArn: run.execution_arn, status, redriveCount }, all);

test.each(['ABORTED', 'TIMED_OUT', 'FAILED'])(
  'every job in flight of an execution that %s is stopped, and no other',
  async (status) => {
    const all = new JobWorld();
    const arns = [];
    for (let chunk = 0; chunk < 12; chunk++) arns.push((await all.submit(chunk)).jobArn);
    await all.submit(0, aRun({ execution_arn: 'arn:other' }));
    await stop(all, status);
    expect([...all.jobs.stopped].sort()).toEqual([...arns].sort());
  },
);

test.each(['RUNNING', 'SUCCEEDED', 'PENDING_REDRIVE'])('an execution that is %s goes on', async (status) => {
  const all = new JobWorld();
  await all.submit();
  await stop(all, status);
  expect(all.jobs.stopped).toEqual([]);
});

test.each(terminalStatuses)(
  'a job that is %s, unknown to the ledger, gives its slot back',
  async (status) => {
    const all = new JobWorld();
    const { jobArn, jobName } = await all.submit();
    all.jobs.move(jobArn, status);
    await stop(all);
    expect(all.jobs.stopped).toEqual([]);
    expect(all.item(jobName).status).toBe(status);
    expect(all.slots.names).toEqual([]);
  },
);

test('a job that the ledger knows to have ended is not asked for', async () => {
  const all = new JobWorld();
  const { jobArn, jobName } = await all.submit();
  await all.inventory.advance(jobName, { jobArn, status: 'Completed' });
  const asked = jest.spyOn(all.jobs, 'stop');
  await stop(all);
  expect(asked).not.toHaveBeenCalled();
});

test('one that ended since the index was written is not asked for either', async () => {
  const all = new JobWorld();
  const { jobArn, jobName } = await all.submit();
  const stale = all.item(jobName);
  await all.inventory.advance(jobName, { jobArn, status: 'Completed' });
  jest.spyOn(all.inventory, 'ofExecution').mockImplementation(async function* () {
    yield stale;
  });
  const asked = jest.spyOn(all.jobs, 'stop');
  await stop(all);
  expect(asked).not.toHaveBeenCalled();
});

test('a job whose ARN was lost is found by its name', async () => {
  const all = new JobWorld();
  const { jobArn, jobName } = await all.submit();
  all.loseArn(jobName);
  await stop(all);
  expect(all.jobs.stopped).toEqual([jobArn]);
  expect(all.item(jobName)).toMatchObject({ jobArn, status: 'Stopping' });
});

test('a job that Bedrock does not have yet keeps its slot for the reconciler', async () => {
  const all = new JobWorld();
  const { jobName } = await all.submit();
  all.loseArn(jobName);
  all.jobs.created.length = 0;
  await stop(all);
  expect(all.jobs.stopped).toEqual([]);
  expect(all.slots.names).toEqual([jobName]);
});

test('is told twice, stops once', async () => {
  const all = new JobWorld();
  await all.submit();
  await stop(all);
  await stop(all);
  expect(all.jobs.stopped).toHaveLength(1);
});

test('jobs that cannot be stopped do not keep the others from it, and are named', async () => {
  const all = new JobWorld();
  for (let chunk = 0; chunk < 12; chunk++) await all.submit(chunk);
  const asked = jest.spyOn(all.jobs, 'stop');
  for (let i = 0; i < 7; i++) asked.mockRejectedValueOnce(new Error(`down ${i}`));
  const failed = await stop(all).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(AggregateError);
  expect((failed as AggregateError).errors).toHaveLength(7);
  expect((failed as AggregateError).message).toBe(
    `Cannot stop all jobs of ${run.execution_arn}: 7 failed, the first because of Error: down 0`,
  );
  expect(all.jobs.stopped).toHaveLength(5);
  await stop(all);
  expect(all.jobs.stopped).toHaveLength(12);
});

test('an event that comes when its execution was redriven stops nothing', async () => {
  const all = new JobWorld();
  await all.submit();
  all.redrives = 1;
  await stop(all);
  expect(all.jobs.stopped).toEqual([]);
  await stop(all, 'FAILED', 1);
  expect(all.jobs.stopped).toHaveLength(1);
});

test('that Step Functions still calls the execution running keeps no job from being stopped', async () => {
  const all = new JobWorld();
  await all.submit();
  all.executionStatus = 'RUNNING';
  await stop(all);
  expect(all.jobs.stopped).toHaveLength(1);
});

test('a redrive that comes while jobs are being stopped keeps the others', async () => {
  const all = new JobWorld();
  for (let chunk = 0; chunk < 12; chunk++) await all.submit(chunk);
  const stopOne = all.jobs.stop.bind(all.jobs);
  all.jobs.stop = async (arn) => {
    all.redrives = 1;
    return stopOne(arn);
  };
  await stop(all);
  expect(all.jobs.stopped.length).toBeLessThan(12);
});
