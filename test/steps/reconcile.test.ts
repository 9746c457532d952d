import { PATIENCE_MS, reconcile } from '../../src/steps/reconcile.ts';
import { terminalStatuses } from './fakes.ts';
import { HOUR, JobWorld, run } from './jobs-in-flight.ts';

async function world() {
  const all = new JobWorld();
  return { all, ...(await all.submit()) };
}

test('asks for nothing but holders when no job is in flight', async () => {
  const all = new JobWorld();
  const asked = [
    jest.spyOn(all.inventory, 'get'),
    jest.spyOn(all.jobs, 'get'),
    jest.spyOn(all.jobs, 'findByName'),
  ];
  await reconcile(all);
  for (const one of asked) expect(one).not.toHaveBeenCalled();
});

test.each(terminalStatuses)('a job that is %s, of which no event told, is answered', async (status) => {
  const { all, jobArn, jobName } = await world();
  all.jobs.move(jobArn, status, 'why');
  await reconcile(all);
  expect(all.tasks.answers).toEqual([
    { taskToken: 'task-0', output: { status, message: 'why', job_arn: jobArn } },
  ]);
  expect(all.item(jobName).status).toBe(status);
  expect(all.slots.names).toEqual([]);
  await reconcile(all);
  expect(all.tasks.answers).toHaveLength(1);
});

test.each([0, 25 * HOUR])('a job in flight, last submitted %i ms ago, goes on', async (ms) => {
  const { all, jobArn, jobName } = await world();
  all.ms = ms;
  all.jobs.move(jobArn, 'InProgress');
  await reconcile(all);
  expect(all.jobs.stopped).toEqual([]);
  expect(all.item(jobName).status).toBe('InProgress');
  expect(all.slots.names).toEqual([jobName]);
});

test('a job whose ARN was lost is adopted', async () => {
  const { all, jobArn, jobName } = await world();
  all.loseArn(jobName);
  all.jobs.move(jobArn, 'Completed');
  await reconcile(all);
  expect(all.item(jobName).jobArn).toBe(jobArn);
  expect(all.answered).toEqual([['task-0', 'Completed']]);
});

describe('a job that nobody waits for', () => {
  test.each([
    { ms: PATIENCE_MS - 1, stopped: 0 },
    { ms: PATIENCE_MS, stopped: 1 },
  ])('is stopped when its last delivery is long ago: after $ms ms $stopped', async ({ ms, stopped }) => {
    const { all, jobName } = await world();
    all.tasks.abandon('task-0');
    all.ms = ms;
    await reconcile(all);
    expect(all.jobs.stopped).toHaveLength(stopped);
    // It bills on until it has stopped.
    expect(all.slots.names).toEqual([jobName]);
  });

  test('is stopped where the ledger has forgotten it, too', async () => {
    const { all, jobArn } = await world();
    all.inventory.items.clear();
    all.ms = 91 * 24 * HOUR;
    await reconcile(all);
    expect(all.jobs.stopped).toEqual([jobArn]);
    all.jobs.move(jobArn, 'Stopped');
    await reconcile(all);
    expect(all.slots.names).toEqual([]);
  });
});

describe('a slot whose job Bedrock does not have', () => {
  const lost = async (all: JobWorld, jobName: string) => {
    all.loseArn(jobName);
    all.jobs.created.length = 0;
  };

  test.each([
    { ms: PATIENCE_MS - 1, names: 1, answers: [] },
    { ms: PATIENCE_MS, names: 0, answers: [['task-0', 'NotSubmitted']] },
  ])('after $ms ms is held by $names', async ({ ms, names, answers }) => {
    const { all, jobName } = await world();
    await lost(all, jobName);
    all.ms = ms;
    await reconcile(all);
    expect(all.slots.names).toHaveLength(names);
    expect(all.answered).toEqual(answers);
  });

  test('is not taken from a delivery that asked for it meanwhile', async () => {
    const { all, jobName } = await world();
    await lost(all, jobName);
    all.ms = 2 * HOUR;
    jest.spyOn(all.tasks, 'succeed').mockImplementationOnce(async () => {
      all.ms += 1;
      return all.slots.acquire(run.model_id, jobName);
    });
    await reconcile(all);
    expect(all.slots.names).toEqual([jobName]);
  });

  test('is freed when Bedrock has forgotten the job behind its ARN', async () => {
    const { all, jobName } = await world();
    all.inventory.items.set(jobName, { ...all.item(jobName), jobArn: 'arn:gone' });
    await reconcile(all);
    expect(all.slots.names).toEqual([jobName]);
    all.ms = 2 * HOUR;
    await reconcile(all);
    expect(all.slots.names).toEqual([]);
    expect(all.answered).toEqual([['task-0', 'NotSubmitted']]);
  });

  test('is freed when not even the ledger has it', async () => {
    const all = new JobWorld();
    await all.slots.acquire(run.model_id, 'jokes');
    await reconcile(all);
    expect(all.slots.names).toEqual(['jokes']);
    all.ms = 2 * HOUR;
    await reconcile(all);
    expect(all.slots.names).toEqual([]);
  });
});

test('looks after five at a time, and one that fails keeps no other from being looked after', async () => {
  const all = new JobWorld();
  for (let chunk = 0; chunk < 23; chunk++) all.jobs.move((await all.submit(chunk)).jobArn, 'Completed');
  const { get } = all.jobs;
  let [atOnce, most] = [0, 0];
  jest.spyOn(all.jobs, 'get').mockImplementation(async (jobArn) => {
    most = Math.max(most, ++atOnce);
    await new Promise(setImmediate);
    atOnce--;
    if (jobArn.endsWith('/7')) throw new Error('throttled');
    return get.call(all.jobs, jobArn);
  });
  await expect(reconcile(all)).rejects.toThrow(
    new AggregateError(
      [],
      'Cannot look after all jobs in flight: 1 failed, the first because of Error: throttled',
    ),
  );
  expect(most).toBe(5);
  expect(all.tasks.answers).toHaveLength(22);
  expect(all.slots.names).toHaveLength(1);
});

test('a list of holders that breaks off is an error, after what it gave was looked after', async () => {
  const { all, jobArn } = await world();
  all.jobs.move(jobArn, 'Completed');
  const { value: holder } = await all.slots.holders().next();
  jest.spyOn(all.slots, 'holders').mockImplementation(async function* () {
    if (holder !== undefined) yield holder;
    throw new Error('broken off');
  });
  await expect(reconcile(all)).rejects.toThrow('Error: broken off');
  expect(all.tasks.answers).toHaveLength(1);
});
