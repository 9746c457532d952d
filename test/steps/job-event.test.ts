import type { InventoryItem } from '../../src/steps/collaborators.ts';
import { jobEvent } from '../../src/steps/job-event.ts';
import { runJob } from '../../src/steps/run-job.ts';
import { FakeLog, terminalStatuses } from './fakes.ts';
import { aChunk, aRun, pinnedNowhere } from './fixtures.ts';
import { FakeJobs, FakeTasks, MemoryInventory, MemorySlots } from './job-fakes.ts';

/** A job in flight, whose task waits. */
async function world() {
  const inventory = new MemoryInventory();
  const jobs = new FakeJobs();
  const tasks = new FakeTasks('token');
  const log = new FakeLog();
  const slots = new MemorySlots();
  const run = aRun();
  const prepared = {
    input_uri: 's3://bucket/i',
    output_uri: 's3://bucket/o/',
    records: 4,
    null_values: 0,
    way: 'batch' as const,
  };
  const input = {
    task_token: 'token',
    asked_at: 1,
    run,
    chunk: aChunk(run, pinnedNowhere),
    attempt: 1,
    prepared,
  };
  const executions = { statusOf: async () => 'RUNNING' };
  const { job_arn: jobArn } = await runJob(input, { inventory, jobs, tasks, slots, executions });
  if (jobArn === null) throw new Error('No job was submitted.');
  const jobName = jobs.created[0]?.jobName ?? '';
  const hear = (status: string) =>
    jobEvent({ batchJobName: jobName, batchJobArn: jobArn, status }, { inventory, jobs, tasks, slots, log });
  return {
    inventory,
    jobs,
    tasks,
    slots,
    log,
    jobName,
    jobArn,
    hear,
    status: () => inventory.items.get(jobName)?.status,
  };
}

test.each([
  ['Submitted', 'Submitted'],
  ['Validating', 'Validating'],
  ['Scheduled', 'Scheduled'],
  ['InProgress', 'InProgress'],
  ['Stopping', 'Stopping'],
  // Nobody knows how far along it is, so the ledger stays where it was.
  ['SomethingNew', 'Submitted'],
])('a job that is %s goes on, and nobody is answered', async (status, ledger) => {
  const all = await world();
  all.jobs.move(all.jobArn, status);
  await all.hear(status);
  expect(all.tasks.answers).toEqual([]);
  expect(all.status()).toBe(ledger);
});

test.each(terminalStatuses)(
  'a job that is %s answers its task with success and the status',
  async (status) => {
    const all = await world();
    all.jobs.move(all.jobArn, status, 'a reason');
    await all.hear(status);
    expect(all.tasks.answers).toEqual([
      { taskToken: 'token', output: { status, message: 'a reason', job_arn: all.jobArn } },
    ]);
    expect(all.status()).toBe(status);
  },
);

test('a job of somebody else is left alone', async () => {
  const { inventory, jobs, tasks, slots, log } = await world();
  const get = jest.spyOn(jobs, 'get');
  const detail = { batchJobName: 'theirs', batchJobArn: 'arn:theirs', status: 'Completed' };
  await jobEvent(detail, { inventory, jobs, tasks, slots, log });
  expect(get).not.toHaveBeenCalled();
  expect(inventory.items.has('theirs')).toBe(false);
  expect(log.entries).toEqual([{ message: 'Not a job of this stack.', fields: { batchJobName: 'theirs' } }]);
});

test('an event is a hint: the status is read from the job', async () => {
  const all = await world();
  await all.hear('Completed');
  expect(all.tasks.answers).toEqual([]);
  expect(all.status()).toBe('Submitted');
  all.jobs.move(all.jobArn, 'Completed');
  await all.hear('Validating');
  expect(all.tasks.answers).toHaveLength(1);
});

test('events that come twice answer once', async () => {
  const all = await world();
  all.jobs.move(all.jobArn, 'Completed');
  await Promise.all([all.hear('Completed'), all.hear('Completed')]);
  await all.hear('Completed');
  expect(all.tasks.answers).toHaveLength(1);
  expect(all.log.entries.at(-1)?.fields).toMatchObject({ settled: 'nobody waits' });
});

test('a status read late never moves the ledger backwards', async () => {
  const all = await world();
  for (const status of ['InProgress', 'Completed', 'Scheduled', 'InProgress', 'Stopped', 'Submitted']) {
    all.jobs.move(all.jobArn, status);
    await all.hear(status);
  }
  expect(all.status()).toBe('Completed');
  expect(all.tasks.answers).toHaveLength(1);
});

test('a token that nobody waits on any more is no error', async () => {
  const all = await world();
  const tasks = new FakeTasks();
  all.jobs.move(all.jobArn, 'Completed');
  const detail = { batchJobName: all.jobName, batchJobArn: all.jobArn, status: 'Completed' };
  await expect(jobEvent(detail, { ...all, tasks })).resolves.toBeUndefined();
  expect(all.status()).toBe('Completed');
});

test('an event that overtakes the ARN answers, and leaves the ARN behind', async () => {
  const all = await world();
  const { jobArn: _, ...item } = all.inventory.items.get(all.jobName) as InventoryItem;
  all.inventory.items.set(all.jobName, item);
  all.jobs.move(all.jobArn, 'Failed', 'less records');
  await all.hear('Failed');
  expect(all.inventory.items.get(all.jobName)?.jobArn).toBe(all.jobArn);
  expect(all.tasks.answers).toHaveLength(1);
});

test('the task that took the job over is the one that is answered', async () => {
  const all = await world();
  await all.inventory.handOver(all.jobName, 'later', 2);
  all.tasks.wait('later');
  all.jobs.move(all.jobArn, 'Completed');
  await all.hear('Completed');
  expect(all.tasks.answers.map(({ taskToken }) => taskToken)).toEqual(['later']);
});

test.each(['get', 'succeed'] as const)(
  'where %s fails, the event fails, so that it is delivered again',
  async (what) => {
    const all = await world();
    all.jobs.move(all.jobArn, 'Completed');
    const failed = new Error('service down');
    if (what === 'get') jest.spyOn(all.jobs, 'get').mockRejectedValueOnce(failed);
    else jest.spyOn(all.tasks, 'succeed').mockRejectedValueOnce(failed);
    await expect(all.hear('Completed')).rejects.toBe(failed);
    await all.hear('Completed');
    expect(all.tasks.answers).toHaveLength(1);
  },
);

test('the job that the event names is read and noted under the name that the ledger has', async () => {
  const all = await world();
  const advance = jest.spyOn(all.inventory, 'advance');
  all.jobs.move(all.jobArn, 'Completed');
  await all.hear('Completed');
  expect(advance.mock.calls).toEqual([
    [all.jobName, { jobArn: all.jobArn, status: 'Completed', message: undefined }],
  ]);
  expect([...all.inventory.items.keys()]).toEqual([all.jobName]);
});

test.each(terminalStatuses)('a job that is %s gives its slot back', async (status) => {
  const all = await world();
  expect(all.slots.names).toEqual([all.jobName]);
  all.jobs.move(all.jobArn, status);
  await all.hear(status);
  expect(all.slots.names).toEqual([]);
});

test.each(['Submitted', 'InProgress', 'Stopping', 'SomethingNew'])(
  'one that is %s keeps it',
  async (status) => {
    const all = await world();
    all.jobs.move(all.jobArn, status);
    await all.hear(status);
    expect(all.slots.names).toEqual([all.jobName]);
  },
);

test('the slot is held until the task is answered', async () => {
  const all = await world();
  all.jobs.move(all.jobArn, 'Completed');
  jest.spyOn(all.tasks, 'succeed').mockRejectedValueOnce(new Error('service down'));
  await expect(all.hear('Completed')).rejects.toThrow('service down');
  expect(all.slots.names).toEqual([all.jobName]);
});

test('a task that takes the job over while its end is looked at is answered', async () => {
  const all = await world();
  const { get } = all.jobs;
  jest.spyOn(all.jobs, 'get').mockImplementationOnce(async (jobArn) => {
    await all.inventory.handOver(all.jobName, 'later', 2);
    all.tasks.wait('later');
    return get.call(all.jobs, jobArn);
  });
  all.jobs.move(all.jobArn, 'Completed');
  await all.hear('Completed');
  expect(all.tasks.answers.map(({ taskToken }) => taskToken)).toEqual(['later']);
});
