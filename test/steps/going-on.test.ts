import * as zlib from 'node:zlib';
import { runKeys } from '../../src/batch/keys.ts';
import type { Chunk, Part, Run } from '../../src/batch/manifest.ts';
import { answerRow, encodeAnswers } from '../../src/data/answers.ts';
import { assembleOutput } from '../../src/steps/assemble-output.ts';
import type { ObjectStore } from '../../src/steps/collaborators.ts';
import { preprocess } from '../../src/steps/preprocess.ts';
import { parquetBytes } from '../data/parquet-source.ts';
import { MemoryStore } from './fakes.ts';
import { assembled, noHub, preprocessed, shortTimes } from './finished-steps.ts';
import { textModel, topics } from './fixtures.ts';

const request = {
  s3_uri: 's3://bucket/inputs/many/',
  job_name_prefix: 'jokes',
  model_id: textModel,
  prompt_id: 'joke_about_topic',
  max_records_per_job: 400,
};
const input = { run_id: 'r1', execution_arn: 'arn:r1', started_at: '2026-01-02T03:04:05.000Z', request };

const jsonl = (rows: number, from: number) =>
  Array.from({ length: rows }, (_, i) => `{"topic":"t${from + i}","k${from}":${i}}\n`).join('');
const topicsParquet = (rows: number) =>
  parquetBytes(
    [{ name: 'topic', type: 'string' }],
    [Array.from({ length: rows }, (_, i) => `topic ${i}`)],
    70,
  );

const datasets: readonly (readonly [string, () => Promise<Record<string, string | Uint8Array>>])[] = [
  [
    'CSV',
    async () => ({ '1.csv': topics(1500), '2.csv': topics(3), '3.csv': topics(0), '4.csv': topics(700) }),
  ],
  ['JSON lines', async () => ({ '1.jsonl': jsonl(1200, 0), '2.jsonl': jsonl(2500, 1200) })],
  ['Parquet', async () => ({ '1.parquet': await topicsParquet(500), '2.parquet': await topicsParquet(300) })],
  [
    'packed CSV',
    async () => ({ '1.csv.gz': zlib.gzipSync(topics(200)), '2.csv.gz': zlib.gzipSync(topics(150)) }),
  ],
];

function storeOf(files: Record<string, string | Uint8Array>, pieceBytes = 3000): MemoryStore {
  const objects = new MemoryStore({ pieceBytes });
  for (const [name, content] of Object.entries(files)) objects.put(`inputs/many/${name}`, content);
  return objects;
}

const manifests = (objects: MemoryStore, run: Run) => [
  objects.text(run.chunks_key),
  objects.text(run.parts_key),
];

describe.each(datasets)('a dataset of %s', (_, files) => {
  test('is read to the same plan, however often its reading is put down', async () => {
    const whole = storeOf(await files());
    const run = await preprocessed(input, whole);
    const parted = storeOf(await files());
    let invocations = 0;
    const timeLeft = shortTimes(2);
    for (;;) {
      invocations++;
      const told = await preprocess(input, {
        objects: parted,
        hub: noHub,
        defaults: { maxRecordsPerJob: 1000 },
        timeLeft,
      });
      if (!('unfinished' in told)) {
        expect(told).toEqual(run);
        break;
      }
      expect(told.rows_so_far).toBeLessThanOrEqual(run.row_count);
    }
    expect(invocations).toBeGreaterThan(1);
    expect(manifests(parted, run)).toEqual(manifests(whole, run));
  });
});

test('a reading that an earlier execution of the name put down is not taken up', async () => {
  const objects = storeOf({ '1.csv': topics(1500), '2.csv': topics(700) });
  const collaborators = { objects, hub: noHub, defaults: { maxRecordsPerJob: 1000 }, timeLeft: () => 0 };
  const earlier = await preprocess({ ...input, started_at: '2025-01-01T00:00:00.000Z' }, collaborators);
  expect(earlier).toMatchObject({ unfinished: true });
  objects.objects.delete('inputs/many/1.csv');
  expect(await preprocessed(input, objects)).toMatchObject({ row_count: 700 });
});

test('an object that is replaced while the reading rests is SourceChanged', async () => {
  const objects = storeOf({ '1.csv': topics(1500) });
  const collaborators = {
    objects,
    hub: noHub,
    defaults: { maxRecordsPerJob: 1000 },
    timeLeft: shortTimes(1),
  };
  expect(await preprocess(input, collaborators)).toMatchObject({ unfinished: true });
  objects.put('inputs/many/1.csv', topics(1501));
  await expect(preprocessed(input, objects)).rejects.toMatchObject({ kind: 'SourceChanged' });
});

test('a packed object that takes too long to unpack is refused with what to do', async () => {
  const objects = storeOf({ '1.csv.gz': zlib.gzipSync(topics(900)) });
  await expect(preprocessed(input, objects, { timeLeft: shortTimes(1) })).rejects.toMatchObject({
    kind: 'InvalidInput',
    message:
      'Cannot start the run: s3://bucket/inputs/many/1.csv.gz must be unpacked within the 15 minutes of a function, got more (upload it unpacked, or as several objects).',
  });
});

test('packed objects are unpacked in one invocation each, if need be, and none is refused for what others took', async () => {
  const names = ['1', '2', '3', '4', '5'];
  const files = Object.fromEntries(names.map((name) => [`${name}.csv.gz`, zlib.gzipSync(topics(150))]));
  // Time for one object, and for some of the next.
  const run = await preprocessed(input, storeOf(files), { timeLeft: shortTimes(3) });
  expect(run).toMatchObject({ row_count: 750 });
});

/** A store that does some things in another way. */
function changed(objects: MemoryStore, change: Partial<ObjectStore>): ObjectStore {
  const { bucket } = objects;
  const methods = ['pin', 'source', 'exists', 'read', 'list', 'write', 'upload'] as const;
  const bound = Object.fromEntries(methods.map((name) => [name, objects[name].bind(objects)]));
  return { bucket, ...(bound as unknown as Omit<ObjectStore, 'bucket'>), ...change };
}

/** A run whose chunks are all answered. */
async function answered(outputFormat: 'csv' | 'jsonl' | 'parquet') {
  const files = {
    '1.csv': `topic,id\n${'"a topic of some length, with ""quotes""",1\n'.repeat(60_000)}`,
  };
  const objects = storeOf(files, 500_000);
  const run = await preprocessed(
    { ...input, request: { ...request, max_records_per_job: 25_000, output_format: outputFormat } },
    objects,
  );
  for (const { index, first_row, row_count } of objects.json(run.chunks_key) as Chunk[]) {
    const rows = Array.from({ length: row_count }, (_, i) => {
      const answer = {
        response: `joke ${i}`,
        embedding: null,
        stopReason: null,
        inputTokens: 1,
        outputTokens: 2,
      };
      return answerRow(first_row + i, { status: 'succeeded', answer });
    });
    await objects.write(runKeys.answers(run, index), encodeAnswers(rows, 'response'));
  }
  const [part] = objects.json(run.parts_key) as [Part];
  return { objects, run, part };
}

describe.each(['csv', 'jsonl', 'parquet'] as const)('a join to %s', (format) => {
  test('ends with the same output, report and counts, however often it is put down', async () => {
    const { objects, run, part } = await answered(format);
    const whole = await assembled({ run, part }, objects);
    const bytes = objects.text(part.output_key);
    objects.objects.delete(part.output_key);
    let invocations = 0;
    // CSV may be put down every thousand rows.
    const timeLeft = format === 'csv' ? shortTimes(12) : () => 0;
    for (;;) {
      invocations++;
      const report = await assembleOutput({ run, part }, { objects, timeLeft });
      if (!('unfinished' in report)) {
        expect(report).toEqual(whole);
        break;
      }
      expect(objects.objects.has(part.output_key)).toBe(false);
    }
    expect(invocations).toBeGreaterThan(1);
    expect(objects.text(part.output_key) === bytes).toBe(true);
  });
});

test('a join that dies goes on from where it was put down last', async () => {
  const { objects, run, part } = await answered('csv');
  const whole = await assembled({ run, part }, objects);
  const bytes = objects.text(part.output_key);
  expect(await assembleOutput({ run, part }, { objects, timeLeft: () => 0 })).toMatchObject({
    unfinished: true,
  });
  const died = new Error('The function died.');
  const dying = changed(objects, {
    upload: (key, state) => ({ ...objects.upload(key, state), add: () => Promise.reject(died) }),
  });
  await expect(assembleOutput({ run, part }, { objects: dying, timeLeft: () => 0 })).rejects.toBe(died);
  expect(await assembled({ run, part }, objects)).toEqual(whole);
  expect(objects.text(part.output_key) === bytes).toBe(true);
});
