import { BatchError, finalErrors } from '../../src/errors.ts';
import { type RunJobInput, runJob } from '../../src/steps/run-job.ts';
import { terminalStatuses } from './fakes.ts';
import { aChunk, aRun, pinnedNowhere } from './fixtures.ts';
import { FakeJobs, FakeTasks, type Journal, MemoryInventory, MemorySlots } from './job-fakes.ts';

const run = aRun();
const input: RunJobInput = {
  task_token: 'first',
  asked_at: 1,
  run,
  chunk: aChunk(run, pinnedNowhere),
  attempt: 1,
  prepared: {
    input_uri: 's3://bucket/in.jsonl',
    output_uri: 's3://bucket/out/',
    records: 4,
    null_values: 0,
    way: 'batch' as const,
  },
};
const again = { ...input, task_token: 'second', asked_at: 2 };

function world() {
  const journal: Journal = [];
  const inventory = new MemoryInventory(journal);
  const jobs = new FakeJobs(journal);
  const tasks = new FakeTasks('first', 'second');
  const slots = new MemorySlots({ max: 4, journal });
  const execution = { status: 'RUNNING' };
  const executions = { statusOf: async () => execution.status };
  return { journal, inventory, jobs, tasks, slots, execution, executions };
}

const onlyItem = ({ inventory }: ReturnType<typeof world>) => {
  expect(inventory.items.size).toBe(1);
  return [...inventory.items.values()][0];
};

test('takes a slot, enters the job in the ledger, submits it and records its ARN', async () => {
  const all = world();
  const { job_arn } = await runJob(input, all);
  const [request] = all.jobs.created;
  expect(request).toEqual({
    jobName: expect.stringMatching(/^jokes-[0-9a-f]{10}-00000-1$/),
    clientRequestToken: expect.stringMatching(/^[0-9a-f]{64}$/),
    modelId: run.model_id,
    inputUri: 's3://bucket/in.jsonl',
    outputUri: 's3://bucket/out/',
  });
  const { jobName } = request as { jobName: string };
  expect(all.journal).toEqual([
    `slot for ${jobName}`,
    `ledger has ${jobName}`,
    `Bedrock has ${jobName}`,
    `${jobName} has its ARN`,
  ]);
  expect(onlyItem(all)).toEqual({
    jobName,
    runId: 'run-1',
    executionArn: run.execution_arn,
    chunk: 0,
    attempt: 1,
    modelId: run.model_id,
    taskToken: 'first',
    askedAt: 1,
    deliveredAt: 0,
    jobArn: job_arn,
    status: 'Submitted',
  });
  expect(all.tasks.answers).toEqual([]);
});

test('another chunk, attempt or execution has a job of its own', async () => {
  const all = world();
  const other = aRun({ execution_arn: `${run.execution_arn}-2` });
  for (const next of [
    input,
    { ...input, attempt: 2 },
    { ...input, chunk: { ...input.chunk, index: 1 } },
    { ...input, run: other },
  ])
    await runJob(next, all);
  expect(new Set(all.jobs.created.map(({ jobName }) => jobName)).size).toBe(4);
  expect(new Set(all.jobs.created.map(({ clientRequestToken }) => clientRequestToken)).size).toBe(4);
});

test('the job of an earlier execution of the same ARN is not adopted', async () => {
  const all = world();
  const earlier = await runJob(input, all);
  all.jobs.move(earlier.job_arn ?? '', 'Completed');
  const later = await runJob({ ...again, run: aRun({ started_at: '2026-04-02T03:04:05.000Z' }) }, all);
  expect(later.job_arn).not.toBe(earlier.job_arn);
  expect(new Set(all.jobs.created.map(({ jobName }) => jobName)).size).toBe(2);
  expect(new Set(all.jobs.created.map(({ clientRequestToken }) => clientRequestToken)).size).toBe(2);
  expect(all.tasks.answers).toEqual([]);
  expect([...all.inventory.items.values()].map(({ taskToken, jobArn }) => [taskToken, jobArn])).toEqual([
    ['first', earlier.job_arn],
    ['second', later.job_arn],
  ]);
});

test.each(terminalStatuses)(
  'a first delivery to whose Create Bedrock gives a job that is %s answers at once',
  async (status) => {
    const all = world();
    const { job_arn } = await runJob(input, all);
    all.jobs.move(job_arn ?? '', status, 'why');
    // The ledger has lost the job, and Bedrock knows its token.
    all.inventory.items.clear();
    expect(await runJob(again, all)).toEqual({ job_arn });
    expect(all.jobs.created).toHaveLength(1);
    expect(all.tasks.answers).toEqual([{ taskToken: 'second', output: { status, message: 'why', job_arn } }]);
    expect(onlyItem(all)).toMatchObject({ taskToken: 'second', jobArn: job_arn, status });
  },
);

test('the status of a job is read after every delivery', async () => {
  const all = world();
  const get = jest.spyOn(all.jobs, 'get');
  const { job_arn } = await runJob(input, all);
  expect(get.mock.calls).toEqual([[job_arn]]);
  all.jobs.move(job_arn ?? '', 'InProgress');
  await runJob(again, all);
  expect(get).toHaveBeenCalledTimes(2);
  expect(onlyItem(all)?.status).toBe('InProgress');
  expect(all.tasks.answers).toEqual([]);
});

test('where the status cannot be read, the retry adopts the job', async () => {
  const all = world();
  const throttled = new BatchError('JobSlotUnavailable', 'Cannot go on with the job yet.');
  jest.spyOn(all.jobs, 'get').mockRejectedValueOnce(throttled);
  await expect(runJob(input, all)).rejects.toBe(throttled);
  const { job_arn } = await runJob(again, all);
  expect(all.jobs.created).toHaveLength(1);
  expect(onlyItem(all)).toMatchObject({ taskToken: 'second', jobArn: job_arn });
});

test('a second delivery adopts the job, and waits for it instead of the first', async () => {
  const all = world();
  const { job_arn } = await runJob(input, all);
  // A job whose ARN is known is not asked for again: by now the quota may be full.
  all.jobs.failNextCreate(new BatchError('JobSlotUnavailable', 'Cannot submit the job yet.'));
  expect(await runJob(again, all)).toEqual({ job_arn });
  expect(all.jobs.created).toHaveLength(1);
  expect(onlyItem(all)).toMatchObject({ taskToken: 'second', jobArn: job_arn });
  expect(all.tasks.answers).toEqual([]);
});

test('a second delivery at the same time makes no second job', async () => {
  const all = world();
  const [first, second] = await Promise.all([runJob(input, all), runJob(again, all)]);
  expect(first).toEqual(second);
  expect(all.jobs.created).toHaveLength(1);
  expect(onlyItem(all)?.taskToken).toBe('second');
});

test.each(terminalStatuses)(
  'a second delivery of a job that is %s answers at once, with its status',
  async (status) => {
    const all = world();
    const { job_arn } = await runJob(input, all);
    all.jobs.move(job_arn ?? '', status, 'why');
    await runJob(again, all);
    expect(all.tasks.answers).toEqual([{ taskToken: 'second', output: { status, message: 'why', job_arn } }]);
    expect(onlyItem(all)?.status).toBe(status);
  },
);

test('after a crash between the ledger and Bedrock, the next delivery submits the job', async () => {
  const all = world();
  all.jobs.failNextCreate(new Error('crash'));
  await expect(runJob(input, all)).rejects.toThrow('crash');
  expect(onlyItem(all)).toMatchObject({ taskToken: 'first' });
  const { job_arn } = await runJob(again, all);
  expect(all.jobs.created).toHaveLength(1);
  expect(onlyItem(all)).toMatchObject({ taskToken: 'second', jobArn: job_arn });
});

test('after a crash between Bedrock and the ARN, the next delivery finds the one job', async () => {
  const all = world();
  jest.spyOn(all.inventory, 'recordArn').mockRejectedValueOnce(new Error('crash'));
  await expect(runJob(input, all)).rejects.toThrow('crash');
  expect(onlyItem(all)?.jobArn).toBeUndefined();
  const { job_arn } = await runJob(again, all);
  expect(all.jobs.created).toHaveLength(1);
  expect(onlyItem(all)).toMatchObject({ taskToken: 'second', jobArn: job_arn });
});

test('a job that ended between such a crash and the next delivery is answered', async () => {
  const all = world();
  const { recordArn } = all.inventory;
  jest.spyOn(all.inventory, 'recordArn').mockImplementationOnce(async (_, jobArn) => {
    all.jobs.move(jobArn, 'Completed');
    throw new Error('crash');
  });
  await expect(runJob(input, all)).rejects.toThrow('crash');
  all.inventory.recordArn = recordArn;
  const { job_arn } = await runJob(again, all);
  expect(all.tasks.answers).toEqual([
    { taskToken: 'second', output: { status: 'Completed', message: undefined, job_arn } },
  ]);
});

test('a full quota passes through as it is, and the retry submits the same job', async () => {
  const all = world();
  const full = new BatchError('JobSlotUnavailable', 'Cannot submit the job yet: 20 jobs are in flight.');
  all.jobs.failNextCreate(full);
  await expect(runJob(input, all)).rejects.toBe(full);
  // The name is one that the state machine tries again for hours.
  expect(full.name).toBe('JobSlotUnavailable');
  expect(finalErrors).not.toContain(full.name);
  await runJob(again, all);
  expect(all.jobs.created).toHaveLength(1);
});

describe('slots', () => {
  const others = async ({ slots }: ReturnType<typeof world>, count: number, modelId = run.model_id) => {
    for (let i = 0; i < count; i++) await slots.acquire(modelId, `other-${i}`);
  };
  const held = ({ slots, jobs }: ReturnType<typeof world>) =>
    slots.names.includes(jobs.created[0]?.jobName ?? '');

  test('without one, nothing is begun, and the state machine tries for hours', async () => {
    const all = world();
    await others(all, 4);
    const refused = { name: 'JobSlotUnavailable', message: expect.stringContaining(run.model_id) };
    await expect(runJob(input, all)).rejects.toMatchObject(refused);
    expect(all.inventory.items.size).toBe(0);
    expect(all.jobs.created).toHaveLength(0);
    await all.slots.release(run.model_id, 'other-2');
    await runJob(again, all);
    expect(held(all)).toBe(true);
  });

  test('of another model are not in the way', async () => {
    const all = world();
    await others(all, 4, 'other.model');
    await runJob(input, all);
    expect(held(all)).toBe(true);
  });

  test('are held once by a job that is delivered twice', async () => {
    const all = world();
    await others(all, 3);
    await runJob(input, all);
    await runJob(again, all);
    expect(all.slots.names).toHaveLength(4);
  });

  test('a job that ended and gave its slot to another is answered without one', async () => {
    const all = world();
    const { job_arn } = await runJob(input, all);
    all.jobs.move(job_arn ?? '', 'Completed');
    await all.slots.release(run.model_id, all.jobs.created[0]?.jobName ?? '');
    await others(all, 4);
    await runJob(again, all);
    expect(all.tasks.answers).toHaveLength(1);
    expect(all.slots.names).toHaveLength(4);
  });

  const named = (name: string) => Object.assign(new Error('no'), { name });
  test.each([
    { error: new BatchError('JobSlotUnavailable', 'quota'), keeps: true },
    { error: named('ThrottlingException'), keeps: true },
    { error: named('InternalServerException'), keeps: true },
    { error: named('TimeoutError'), keeps: true },
    { error: named('ValidationException'), keeps: false },
    { error: named('AccessDeniedException'), keeps: false },
    { error: named('ResourceNotFoundException'), keeps: false },
  ])('after $error.name of Create the slot is kept: $keeps', async ({ error, keeps }) => {
    const all = world();
    all.jobs.failNextCreate(error);
    await expect(runJob(input, all)).rejects.toBe(error);
    expect(all.slots.names).toHaveLength(keeps ? 1 : 0);
  });

  test.each(terminalStatuses)('a job that is found %s gives its slot back', async (status) => {
    const all = world();
    const { job_arn } = await runJob(input, all);
    all.jobs.move(job_arn ?? '', status);
    await runJob(again, all);
    expect(all.slots.names).toEqual([]);
  });
});

test('a job that Bedrock lists under the name is adopted, even when its token is forgotten', async () => {
  const all = world();
  jest.spyOn(all.inventory, 'recordArn').mockRejectedValueOnce(new Error('crash'));
  await expect(runJob(input, all)).rejects.toThrow('crash');
  all.jobs.forgetTokens();
  const { job_arn } = await runJob(again, all);
  expect(all.jobs.created).toHaveLength(1);
  expect(onlyItem(all)).toMatchObject({ taskToken: 'second', jobArn: job_arn });
});

describe('after the deadline', () => {
  const late = { ...input, past_deadline: true };

  test('a job that was never submitted is not any more, and its task goes on', async () => {
    const all = world();
    expect(await runJob(late, all)).toEqual({ job_arn: null });
    expect(all.jobs.created).toEqual([]);
    expect(all.tasks.answers).toEqual([
      { taskToken: 'first', output: { status: 'NotSubmitted', message: 'no job was submitted' } },
    ]);
  });

  test('one that is in the ledger may be with Bedrock, and is asked for by the same token', async () => {
    const all = world();
    await runJob(input, all);
    const [[name, item] = ['', undefined]] = all.inventory.items;
    if (item === undefined) throw new Error('The ledger is empty.');
    const { jobArn: _, ...unsubmitted } = item;
    all.inventory.items.set(name, unsubmitted);
    // Bedrock lists a new job late.
    all.jobs.findByName = async () => undefined;
    const { job_arn } = await runJob({ ...again, past_deadline: true }, all);
    expect(job_arn).not.toBeNull();
    expect(all.jobs.created).toHaveLength(1);
    expect(all.tasks.answers).toEqual([]);
  });

  test('a job that was submitted before is waited for', async () => {
    const all = world();
    const { job_arn } = await runJob(input, all);
    expect(await runJob({ ...again, past_deadline: true }, all)).toEqual({ job_arn });
    expect(all.tasks.answers).toEqual([]);
  });
});

test('a job that is submitted while its execution is stopped is stopped at once', async () => {
  const all = world();
  all.execution.status = 'ABORTED';
  const { job_arn } = await runJob(input, all);
  expect(all.jobs.stopped).toEqual([job_arn]);
});

test('a job that Bedrock does not know yet is waited for', async () => {
  const all = world();
  all.jobs.get = () => Promise.reject(new BatchError('NotFound', 'Cannot read the job.'));
  const { job_arn } = await runJob(input, all);
  expect(job_arn).toEqual(expect.stringContaining('model-invocation-job'));
  expect(all.tasks.answers).toEqual([]);
});

test('a delivery that was overtaken by a later one does not take the job from it', async () => {
  const all = world();
  await runJob(input, all);
  await runJob({ ...input, task_token: 'third', asked_at: 3 }, all);
  await runJob(again, all);
  expect(onlyItem(all)?.taskToken).toBe('third');
});
