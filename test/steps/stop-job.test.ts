import { jobEvent } from '../../src/steps/job-event.ts';
import { stopJob } from '../../src/steps/stop-job.ts';
import { terminalStatuses } from './fakes.ts';
import { inputOf, JobWorld, run } from './jobs-in-flight.ts';

async function world() {
  const all = new JobWorld();
  const job = await all.submit();
  all.tasks.abandon('task-0');
  all.tasks.wait('stop');
  return { all, ...job };
}
const stop = (all: JobWorld) => stopJob(inputOf(0, 'stop'), all);

test('a job in flight is asked to stop, and its end is told to this task', async () => {
  const { all, jobArn, jobName } = await world();
  expect(await stop(all)).toEqual({ job_arn: jobArn });
  expect(all.jobs.stopped).toEqual([jobArn]);
  expect(all.answered).toEqual([]);
  expect(all.item(jobName)).toMatchObject({ taskToken: 'stop', status: 'Stopping' });
  expect(all.slots.names).toEqual([jobName]);
  all.jobs.move(jobArn, 'Stopped');
  await jobEvent({ batchJobName: jobName, batchJobArn: jobArn, status: 'Stopped' }, all);
  expect(all.answered).toEqual([['stop', 'Stopped']]);
  expect(all.slots.names).toEqual([]);
});

test.each(terminalStatuses)('a job that is %s already answers at once', async (status) => {
  const { all, jobArn } = await world();
  all.jobs.move(jobArn, status);
  await stop(all);
  expect(all.jobs.stopped).toEqual([]);
  expect(all.answered).toEqual([['stop', status]]);
  expect(all.slots.names).toEqual([]);
});

test('a job whose ARN was lost is found by its name', async () => {
  const { all, jobArn, jobName } = await world();
  all.loseArn(jobName);
  expect(await stop(all)).toEqual({ job_arn: jobArn });
  expect(all.jobs.stopped).toEqual([jobArn]);
  expect(all.item(jobName).jobArn).toBe(jobArn);
});

test.each([
  { what: 'not even the ledger has', inLedger: false },
  { what: 'only the ledger has', inLedger: true },
])('a job that $what answers, and has no slot any more', async ({ inLedger }) => {
  const { all: other, jobName } = await world();
  const all = new JobWorld();
  all.tasks.wait('stop');
  if (inLedger) await all.inventory.add({ ...other.item(jobName), jobArn: undefined });
  await all.slots.acquire(run.model_id, jobName);
  all.ms += 181_000;
  expect(await stop(all)).toEqual({ job_arn: null });
  expect(all.tasks.answers).toEqual([
    { taskToken: 'stop', output: { status: 'NotSubmitted', message: 'no job was submitted' } },
  ]);
  expect(all.slots.names).toEqual([]);
});

test('a job that was entered a moment ago may be about to be submitted', async () => {
  const { all: other, jobName } = await world();
  const all = new JobWorld();
  all.tasks.wait('stop');
  await all.inventory.add({ ...other.item(jobName), jobArn: undefined });
  await all.slots.acquire(run.model_id, jobName);
  all.ms += 179_000;
  await expect(stop(all)).rejects.toThrow('Cannot tell yet whether the job');
  expect([all.tasks.answers, all.slots.names]).toEqual([[], [jobName]]);
});

test('the jobs of a run that was redriven are not collected', async () => {
  const { all, jobArn } = await world();
  const collected = { execution_arn: 'arn:collect', started_at: run.started_at };
  const input = inputOf(0, 'stop', { ...run, collected });
  await expect(stopJob(input, all)).rejects.toMatchObject({ name: 'InvalidInput' });
  expect(all.jobs.stopped).toEqual([]);
  all.executionStatus = 'ABORTED';
  await stopJob(input, all);
  expect(all.jobs.stopped).toEqual([jobArn]);
});
