import Papa from 'papaparse';
import type { Chunk, Run } from '../../src/batch/manifest.ts';
import { resolveModel } from '../../src/models/registry.ts';
import { prepareInput } from '../../src/steps/prepare-input.ts';
import { parquetBytes } from '../data/parquet-source.ts';
import { MemoryStore } from './fakes.ts';
import { preprocessed } from './finished-steps.ts';
import { aChunk, aRun, textModel, topics, vectorModel } from './fixtures.ts';

const key = 'inputs/t.csv';

/** A run of one chunk over a whole file. */
async function oneChunk(content: string | Uint8Array, rowCount: number, change: Partial<Run> = {}) {
  const objects = new MemoryStore();
  objects.put(key, content);
  const run = aRun({ row_count: rowCount, ...change });
  return { objects, run, chunk: aChunk(run, await objects.pin({ bucket: 'bucket', key })) };
}

test('writes one record a row, byte for byte as Bedrock is to read it', async () => {
  const { objects, run, chunk } = await oneChunk('id,topic\n1,"cats, ""big""\nones"\n2,é🚀\n3,\n', 3);
  expect(await prepareInput({ run, chunk, attempt: 1 }, { objects })).toEqual({
    input_uri: 's3://bucket/batch_inputs_json/jokes/run-1/00000/1.jsonl',
    output_uri: 's3://bucket/batch_outputs_json/jokes/run-1/00000/1/',
    records: 3,
    null_values: 0,
    way: 'on_demand',
  });
  const record = (id: string, topic: string) =>
    `{"recordId":"${id}","modelInput":{"anthropic_version":"bedrock-2023-05-31","max_tokens":1024,"messages":[{"role":"user","content":[{"type":"text","text":"Tell me a joke about ${topic} in less than 50 words."}]}]}}\n`;
  expect(objects.text('batch_inputs_json/jokes/run-1/00000/1.jsonl')).toBe(
    record('R0000000000', 'cats, \\"big\\"\\nones') +
      record('R0000000001', 'é🚀') +
      record('R0000000002', ''),
  );
});

test('a vector model is asked for the text alone', async () => {
  const { objects, run, chunk } = await oneChunk('input_text\nhello\n', 1, {
    model_id: vectorModel,
    prompt_id: null,
  });
  await prepareInput({ run, chunk, attempt: 1 }, { objects });
  expect(objects.json('batch_inputs_json/jokes/run-1/00000/1.jsonl')).toEqual([
    { recordId: 'R0000000000', modelInput: { inputText: 'hello' } },
  ]);
});

test('counts the nulls of the columns that the prompt names', async () => {
  const columns = ['topic', 'other'].map((name) => ({ name, type: 'string' as const }));
  const bytes = await parquetBytes(columns, [
    ['a', null, '', null],
    [null, null, null, null],
  ]);
  const { objects, run, chunk } = await oneChunk(bytes, 4);
  const parquet = {
    ...chunk,
    ranges: chunk.ranges.map((range) => ({ ...range, format: 'parquet' as const })),
  };
  expect(await prepareInput({ run, chunk: parquet, attempt: 1 }, { objects })).toMatchObject({
    records: 4,
    null_values: 2,
    way: 'on_demand',
  });
});

test('the chunks of a run ask for each row once, under the number of its row', async () => {
  const objects = new MemoryStore({ pieceBytes: 1000 });
  objects.put(key, topics(730));
  const request = {
    s3_uri: `s3://bucket/${key}`,
    job_name_prefix: 'jokes',
    model_id: textModel,
    prompt_id: 'joke_about_topic',
    max_records_per_job: 110,
  };
  const asked = { run_id: 'run-1', execution_arn: 'arn', started_at: '2026-01-02T03:04:05.000Z', request };
  const run = await preprocessed(asked, objects);
  const records: unknown[] = [];
  for (const chunk of objects.json(run.chunks_key) as Chunk[]) {
    await prepareInput({ run, chunk, attempt: 1 }, { objects });
    records.push(
      ...objects.json(`batch_inputs_json/jokes/run-1/${String(chunk.index).padStart(5, '0')}/1.jsonl`),
    );
  }
  expect(records).toHaveLength(730);
  for (const [row, record] of records.entries()) {
    expect(record).toMatchObject({
      recordId: `R${String(row).padStart(10, '0')}`,
      modelInput: {
        messages: [{ content: [{ text: `Tell me a joke about topic ${row} in less than 50 words.` }] }],
      },
    });
  }
});

test('writes what JSON.stringify makes of each row, also when a file is many parts', async () => {
  const values = Array.from({ length: 6000 }, (_, i) => `${i} "é"\n${'x'.repeat(i % 90)}\\🚀`);
  const content = Papa.unparse([['id', 'topic'], ...values.map((value, i) => [i, value])]);
  const { objects, run, chunk } = await oneChunk(content, values.length);
  await prepareInput({ run, chunk, attempt: 1 }, { objects });
  const { family } = resolveModel(textModel);
  const lines = values.map((value, i) => {
    const modelInput = family.encode(`Tell me a joke about ${value} in less than 50 words.`);
    return `${JSON.stringify({ recordId: `R${String(i).padStart(10, '0')}`, modelInput })}\n`;
  });
  const text = objects.text('batch_inputs_json/jokes/run-1/00000/1.jsonl');
  expect(text.length).toBeGreaterThan(1024 * 1024);
  expect(text === lines.join('')).toBe(true);
});

test('a chunk may lie in several objects', async () => {
  const { objects, run, chunk } = await oneChunk('topic\na\nb\n', 4);
  objects.put('inputs/u.csv', 'x,topic\n1,c\n2,d\n');
  const second = await objects.pin({ bucket: 'bucket', key: 'inputs/u.csv' });
  const ranges = [
    { ...chunk.ranges[0], row_count: 2 },
    { object: second, format: 'csv', first_row: 0, row_count: 2 },
  ] as Chunk['ranges'];
  await prepareInput({ run, chunk: { ...chunk, ranges }, attempt: 1 }, { objects });
  expect(objects.text('batch_inputs_json/jokes/run-1/00000/1.jsonl').match(/about [a-d]/g)).toEqual(
    ['a', 'b', 'c', 'd'].map((topic) => `about ${topic}`),
  );
});

test('an object that was replaced is SourceChanged, and nothing is written', async () => {
  const { objects, run, chunk } = await oneChunk(topics(4), 4);
  objects.put(key, topics(5));
  await expect(prepareInput({ run, chunk, attempt: 1 }, { objects })).rejects.toMatchObject({
    kind: 'SourceChanged',
  });
  expect([...objects.objects.keys()]).toEqual([key]);
});

test('a chunk of fewer rows than the plan has is an error', async () => {
  const { objects, run, chunk } = await oneChunk(topics(4), 6);
  await expect(prepareInput({ run, chunk, attempt: 1 }, { objects })).rejects.toThrow(
    'Cannot prepare the job: the chunk must have 6 rows as when the run began, got 4.',
  );
});

describe('where a file may have 1,000 bytes', () => {
  beforeEach(() => {
    jest.replaceProperty(resolveModel(textModel).limits, 'maxFileBytes', 1000);
  });
  afterEach(() => jest.restoreAllMocks());

  test('records up to that size are written', async () => {
    const { objects, run, chunk } = await oneChunk(`topic\n${'x'.repeat(788)}\n`, 1);
    await prepareInput({ run, chunk, attempt: 1 }, { objects });
    expect(objects.objects.get('batch_inputs_json/jokes/run-1/00000/1.jsonl')).toHaveLength(1000);
  });

  test('one byte more is refused, and nothing is left behind', async () => {
    const { objects, run, chunk } = await oneChunk(`topic\n${'x'.repeat(789)}\n`, 1);
    await expect(prepareInput({ run, chunk, attempt: 1 }, { objects })).rejects.toMatchObject({
      kind: 'InvalidInput',
      message:
        'Cannot prepare the job: the 1 records of chunk 0 must be at most 1000 bytes for one job (lower max_records_per_job), got more.',
    });
    expect([...objects.objects.keys()]).toEqual([key]);
  });
});
