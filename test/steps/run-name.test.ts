import { MemoryStore } from './fakes.ts';
import { preprocessed } from './finished-steps.ts';
import { textModel, topics } from './fixtures.ts';

const request = {
  s3_uri: 's3://bucket/inputs/t.csv',
  job_name_prefix: 'jokes',
  model_id: textModel,
  prompt_id: 'joke_about_topic',
};
const input = {
  run_id: 'run-1',
  execution_arn: 'arn:run-1',
  started_at: '2026-01-02T03:04:05.000Z',
  request,
};
const runFile = 'runs/jokes/run-1/run.json';

/** A run that has been prepared, and another execution that comes for the same name. */
async function claimedTwice(change: object) {
  const objects = new MemoryStore({ pieceBytes: 4096 });
  objects.put('inputs/t.csv', topics(100));
  const first = await preprocessed(input, objects);
  const before = new Map(objects.objects);
  const second = preprocessed({ ...input, ...change }, objects);
  return { objects, first, before, second };
}

test.each<[string, object]>([
  ['another execution', { execution_arn: 'arn:other' }],
  ['the same ARN at another time', { started_at: '2026-04-02T03:04:05.000Z' }],
  ['another with another request', { execution_arn: 'arn:other', request: { ...request, max_num_jobs: 1 } }],
])('a name that is taken is refused to %s, and the files stay as they are', async (_, change) => {
  const { objects, before, second } = await claimedTwice(change);
  await expect(second).rejects.toMatchObject({
    kind: 'InvalidInput',
    message:
      "Cannot start the run: the execution's name must be new: an execution of 2026-01-02T03:04:05.000Z has its files under it, got run-1.",
  });
  expect(objects.objects).toEqual(before);
});

test('a second delivery of the same execution comes to the same', async () => {
  const { objects, first, before, second } = await claimedTwice({});
  expect(await second).toEqual(first);
  expect(objects.objects).toEqual(before);
});

test('after a crash behind the claim, the next delivery writes what is missing', async () => {
  const objects = new MemoryStore({ pieceBytes: 4096 });
  objects.put('inputs/t.csv', topics(100));
  const write = objects.write.bind(objects);
  const spy = jest.spyOn(objects, 'write').mockImplementation(async (key, body) => {
    if (key !== runFile) throw new Error('crash');
    await write(key, body);
  });
  await expect(preprocessed(input, objects)).rejects.toThrow('crash');
  spy.mockRestore();
  await preprocessed(input, objects);
  expect(objects.json('runs/jokes/run-1/chunks.jsonl')).toHaveLength(1);
  expect(objects.json('runs/jokes/run-1/parts.jsonl')).toHaveLength(1);
});

test('one name under two prefixes is two runs', async () => {
  const { second } = await claimedTwice({
    execution_arn: 'arn:other',
    request: { ...request, job_name_prefix: 'puns' },
  });
  expect(await second).toMatchObject({ job_name_prefix: 'puns', run_id: 'run-1' });
});
