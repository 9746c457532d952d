import type { Chunk, Part } from '../../src/batch/manifest.ts';
import { huggingFaceHub } from '../../src/data/hugging-face/hub.ts';
import { prepareInput } from '../../src/steps/prepare-input.ts';
import { preprocess } from '../../src/steps/preprocess.ts';
import { type FakeHub, type FakeHubOptions, startFakeHub } from '../data/hugging-face/fake-hub.ts';
import { parquetBytes } from '../data/parquet-source.ts';
import { MemoryStore } from './fakes.ts';
import { preprocessed } from './finished-steps.ts';
import { textModel, topics } from './fixtures.ts';

const request = {
  dataset_id: 'owner/jokes',
  job_name_prefix: 'hf',
  model_id: textModel,
  prompt_id: 'joke_about_topic',
};
const input = { run_id: 'r1', execution_arn: 'arn:r1', started_at: '2026-01-02T03:04:05.000Z', request };

const fakes: FakeHub[] = [];
afterEach(async () => {
  for (const fake of fakes.splice(0)) await fake.close();
});

async function world(options: FakeHubOptions) {
  const fake = await startFakeHub(options);
  fakes.push(fake);
  const hub = huggingFaceHub({ ...fake, accessToken: async () => 'hf_valid', wait: async () => undefined });
  return { fake, hub, objects: new MemoryStore({ pieceBytes: 100_000 }) };
}

const topicsParquet = (rows: number, from = 0) =>
  parquetBytes(
    [{ name: 'topic', type: 'string' }],
    [Array.from({ length: rows }, (_, i) => `topic ${from + i}`)],
  );

test('a converted split is fetched once, pinned to its commit, and read like any table', async () => {
  const { fake, hub, objects } = await world({
    datasets: {
      'owner/jokes': {
        files: { 'README.md': '# jokes' },
        converted: {
          'default/train/0000.parquet': await topicsParquet(120),
          'default/train/0001.parquet': await topicsParquet(80, 120),
        },
      },
    },
  });
  const run = await preprocessed(input, objects, { hub });
  expect(run).toMatchObject({ row_count: 200, output_format: 'parquet' });
  const staged = [...objects.objects.keys()].filter((key) => key.startsWith('hf/'));
  expect(staged).toEqual([
    expect.stringMatching(/^hf\/owner\/jokes\/[0-9a-f]{40}\/default\/train\/0000\.parquet$/),
    expect.stringMatching(/^hf\/owner\/jokes\/[0-9a-f]{40}\/default\/train\/0001\.parquet$/),
  ]);
  const parts = objects.json(run.parts_key) as Part[];
  expect(parts.map((part) => part.output_key)).toEqual([
    'batch_output_parquet/hf/r1/0000.parquet',
    'batch_output_parquet/hf/r1/0001.parquet',
  ]);
  for (const chunk of objects.json(run.chunks_key) as Chunk[]) {
    await prepareInput({ run, chunk, attempt: 1 }, { objects });
  }
  const texts = objects.text('batch_inputs_json/hf/r1/00000/1.jsonl').split('\n');
  expect(texts).toHaveLength(201);
  expect(texts[199]).toContain('topic 199');
  const fetched = () => fake.requests.filter(({ server }) => server === 'storage').length;
  const before = fetched();
  // A later run finds the files where the first one left them.
  await preprocessed({ ...input, run_id: 'r2' }, objects, { hub });
  expect(fetched()).toBe(before);
});

test('a revision is read from the repository itself, in its own format', async () => {
  const { hub, objects } = await world({
    datasets: {
      'owner/jokes': {
        files: { 'train.csv': topics(1) },
        revisions: { v1: { 'train.csv': topics(150), 'test.csv': topics(3) } },
      },
    },
  });
  const asked = { ...input, request: { ...request, revision: 'v1' } };
  expect(await preprocessed(asked, objects, { hub })).toMatchObject({ row_count: 150, output_format: 'csv' });
});

test('a download that is put down, again and again, goes on where it was', async () => {
  const converted = { 'default/train/0000.parquet': await topicsParquet(40_000) };
  const { hub, objects } = await world({
    datasets: { 'owner/jokes': { files: {}, converted } },
    faults: { '0000.parquet': [{ cutAfter: 20_000 }] },
  });
  // Time is short only while bytes are fetched: each look that finds a part in the store lets one more pass.
  let looks = 0;
  const timeLeft = () => (looks++ % 3 === 2 ? 0 : Infinity);
  let invocations = 0;
  for (;;) {
    invocations++;
    const run = await preprocess(input, { objects, hub, defaults: { maxRecordsPerJob: 100_000 }, timeLeft });
    if ('unfinished' in run) continue;
    expect(run.row_count).toBe(40_000);
    break;
  }
  expect(invocations).toBeGreaterThan(1);
  const key = [...objects.objects.keys()].find((name) => name.startsWith('hf/')) ?? '';
  expect(objects.objects.get(key)?.equals(converted['default/train/0000.parquet'])).toBe(true);
});

test('a download whose upload is gone when it is taken up begins anew', async () => {
  const converted = { 'default/train/0000.parquet': await topicsParquet(40_000) };
  const { hub, objects } = await world({ datasets: { 'owner/jokes': { files: {}, converted } } });
  const defaults = { maxRecordsPerJob: 100_000 };
  const asked = { objects, hub, defaults };
  expect(await preprocess(input, { ...asked, timeLeft: () => 0 })).toMatchObject({ unfinished: true });
  const { state } = JSON.parse(objects.text('runs/hf/r1/survey.json'));
  const key = `hf/owner/jokes/${state.split.commit}/default/train/0000.parquet`;
  expect(objects.objects.has(key)).toBe(false);
  await objects.upload(key, state.fetch.upload).abort();
  expect(await preprocessed(input, objects, { ...asked, timeLeft: () => Infinity })).toMatchObject({
    row_count: 40_000,
  });
  expect(objects.objects.get(key)?.equals(converted['default/train/0000.parquet'])).toBe(true);
});

test('a set whose terms were not accepted is refused with what to do, and nothing is left', async () => {
  const { hub, objects } = await world({
    datasets: { 'owner/jokes': { files: { 'train.csv': topics(150) }, gated: 'not accepted' } },
  });
  await expect(preprocessed(input, objects, { hub })).rejects.toMatchObject({
    kind: 'InvalidInput',
    message: expect.stringContaining('accept'),
  });
  expect([...objects.objects.keys()]).toEqual([]);
});
