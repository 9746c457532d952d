import type { Chunk, Part } from '../../src/batch/manifest.ts';
import { openParquet } from '../../src/data/parquet/parquet.ts';
import { openTable } from '../../src/data/table.ts';
import { prepareInput } from '../../src/steps/prepare-input.ts';
import { memorySource, rowsOf } from '../data/memory-source.ts';
import { parquetBytes } from '../data/parquet-source.ts';
import { MemoryStore } from './fakes.ts';
import { preprocessed } from './finished-steps.ts';
import { textModel, topics, vectorModel } from './fixtures.ts';

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

function prepare(content: string | Uint8Array | undefined, change: object = {}, key = 'inputs/t.csv') {
  const objects = new MemoryStore({ pieceBytes: 4096 });
  if (content !== undefined) objects.put(key, content);
  const asked = { ...input, request: { ...request, s3_uri: `s3://bucket/${key}`, ...change } };
  return { objects, run: preprocessed(asked, objects) };
}

test('describes the run, and writes its chunks and parts where the run says', async () => {
  const { objects, run } = prepare(topics(2500), { max_records_per_job: 900 });
  const described = await run;
  expect(described).toEqual({
    run_id: 'run-1',
    job_name_prefix: 'jokes',
    execution_arn: 'arn:run-1',
    started_at: '2026-01-02T03:04:05.000Z',
    model_id: textModel,
    prompt_id: 'joke_about_topic',
    output_format: 'csv',
    row_count: 2500,
    chunk_count: 3,
    chunks_key: 'runs/jokes/run-1/chunks.jsonl',
    parts_key: 'runs/jokes/run-1/parts.jsonl',
    chunk_reports_prefix: 'runs/jokes/run-1/chunk_reports',
    part_reports_prefix: 'runs/jokes/run-1/part_reports',
    csv: {},
    max_attempts: 3,
    small_sets: 'on_demand',
    max_on_demand_concurrency: 20,
    notes: [],
  });
  const chunks = objects.json('runs/jokes/run-1/chunks.jsonl') as Chunk[];
  expect(chunks.map(({ index, first_row, row_count }) => [index, first_row, row_count])).toEqual([
    [0, 0, 834],
    [1, 834, 833],
    [2, 1667, 833],
  ]);
  const parts = objects.json('runs/jokes/run-1/parts.jsonl') as Part[];
  expect(parts).toMatchObject([
    {
      index: 0,
      first_row: 0,
      source: { first_row: 0, row_count: 2500 },
      output_key: 'batch_output_csv/jokes/run-1/t.csv',
    },
  ]);
  expect([...objects.objects.keys()].sort()).toEqual([
    'inputs/t.csv',
    'runs/jokes/run-1/chunks.jsonl',
    'runs/jokes/run-1/parts.jsonl',
    runFile,
  ]);
  expect(JSON.parse(objects.text(runFile))).toEqual(described);
});

test('each chunk leads to its own rows of the pinned object', async () => {
  const { objects, run } = prepare(topics(2500), { max_records_per_job: 300 });
  await run;
  const seen: (string | null)[] = [];
  for (const { ranges } of objects.json('runs/jokes/run-1/chunks.jsonl') as Chunk[]) {
    for (const { object, format, first_row, row_count, start } of ranges) {
      expect(object).toEqual(
        JSON.parse(JSON.stringify(await objects.pin({ bucket: 'bucket', key: 'inputs/t.csv' }))),
      );
      expect(first_row - (start?.row ?? 0)).toBeLessThan(64);
      const table = await openTable(objects.source(object), format);
      const window = { firstRow: first_row, rowCount: row_count, start };
      for (const [id = null] of await rowsOf(table.texts(window, ['id']))) seen.push(id);
    }
  }
  expect(seen).toEqual(Array.from({ length: 2500 }, (_, i) => `${i}`));
});

test('says what the user asked for and does not get', async () => {
  const csv = topics(150).replace('topic,id', 'topic,status');
  const { objects, run } = prepare(csv, { max_records_per_job: 10 });
  const notes = [
    'Jobs hold up to 150 records, more than max_records_per_job = 10: a batch inference job takes at least 100.',
    'The input has a column status, so the appended one is named status_1.',
  ];
  expect((await run).notes).toEqual(notes);
  expect(JSON.parse(objects.text(runFile))).toMatchObject({ notes });
});

test.each([
  ['inputs/a/b.v1.csv', 'batch_output_csv/jokes/run-1/b.v1.csv'],
  ['inputs/T.TSV', 'batch_output_csv/jokes/run-1/T.TSV'],
  ['inputs/.csv', 'batch_output_csv/jokes/run-1/output.csv'],
  ['batch_output_csv/jokes/run-0/t.csv', 'batch_output_csv/jokes/run-1/t.csv'],
])('%s is answered by %s', async (key, outputKey) => {
  const { objects, run } = prepare(topics(100), {}, key);
  await run;
  expect(objects.json('runs/jokes/run-1/parts.jsonl')).toMatchObject([{ output_key: outputKey }]);
});

test('takes only as many rows of a CSV file as it may', async () => {
  const { objects, run } = prepare(topics(500), { max_records_total: 120 });
  expect(await run).toMatchObject({ row_count: 120, chunk_count: 1 });
  expect(objects.json('runs/jokes/run-1/parts.jsonl')).toMatchObject([
    { source: { first_row: 0, row_count: 120 } },
  ]);
});

const topicsParquet = (rows: number) =>
  parquetBytes([{ name: 'topic', type: 'string' }], [Array.from({ length: rows }, (_, i) => `topic ${i}`)]);

test.each([
  [{}, 'parquet', 'batch_output_parquet/jokes/run-1/t.parquet'],
  [{ output_format: 'csv' }, 'csv', 'batch_output_csv/jokes/run-1/t.csv'],
  [{ output_format: 'csv', max_records_total: 150 }, 'csv', 'batch_output_csv/jokes/run-1/t.csv'],
])('Parquet with %j comes back as %s', async (change, format, outputKey) => {
  const { objects, run } = prepare(await topicsParquet(200), change, 'inputs/t.parquet');
  expect(await run).toMatchObject({ output_format: format });
  expect(objects.json('runs/jokes/run-1/parts.jsonl')).toMatchObject([{ output_key: outputKey }]);
});

test('CSV comes back as Parquet if asked', async () => {
  const { run } = prepare(topics(100), { output_format: 'parquet' });
  expect(await run).toMatchObject({ output_format: 'parquet' });
});

test('two columns of one name may stay in CSV where the prompt does not ask for them', async () => {
  const csv = topics(100)
    .replace('id', 'id,id')
    .replace(/(\d)\n/g, '$1,x\n');
  expect(await prepare(csv).run).toMatchObject({ row_count: 100, output_format: 'csv', notes: [] });
});

test('in one column an empty line between rows is a row', async () => {
  const { run } = prepare(`topic\n${'a\n\n'.repeat(100)}\n\n`);
  expect(await run).toMatchObject({ row_count: 199 });
});

test('an embedding model needs no prompt', async () => {
  const csv = topics(100).replace('topic', 'input_text');
  const { run } = prepare(csv, { model_id: vectorModel, prompt_id: null });
  expect(await run).toMatchObject({ prompt_id: null, row_count: 100 });
});

const places =
  's3://bucket/inputs/, s3://bucket/hf/, s3://bucket/batch_output_csv/, s3://bucket/batch_output_parquet/, s3://bucket/batch_output_jsonl/';
const wrongColumns = (existing: string, missing = 'topic') =>
  `the dataset must have the columns that the prompt names; missing: ${missing}; existing: ${existing}.`;

test.each<[string, string | undefined, object, string]>([
  ['missing columns', topics(100).replace('topic,id', 'Topic,n'), {}, wrongColumns('Topic, n')],
  [
    'missing columns of an embedding',
    topics(100),
    { model_id: vectorModel, prompt_id: null },
    wrongColumns('topic, id', 'input_text'),
  ],
  [
    'a prompt column that is there twice',
    topics(100).replace('id', 'topic'),
    {},
    'the column topic must be the only one of its name, got two.',
  ],
  ['a header only', 'topic,id\n', {}, 'the dataset must have at least one row, got 0.'],
  ['a header without its line end', 'topic,id', {}, 'the dataset must have at least one row, got 0.'],
  [
    'too few rows',
    topics(99),
    { small_sets: 'fail' },
    'the number of rows must be at least 100, the fewest records that a batch inference job takes, got 99.',
  ],
  [
    'too small a total',
    topics(500),
    { max_records_total: 5, small_sets: 'fail' },
    'the number of rows must be at least 100, the fewest records that a batch inference job takes, got 5.',
  ],
  [
    'another bucket',
    topics(100),
    { s3_uri: 's3://other/inputs/t.csv' },
    `s3_uri must name an object below one of ${places}, got s3://other/inputs/t.csv.`,
  ],
  [
    'a prefix that is not read',
    topics(100),
    { s3_uri: 's3://bucket/runs/t.csv' },
    `s3_uri must name an object below one of ${places}, got s3://bucket/runs/t.csv.`,
  ],
  [
    'a prefix that only looks alike',
    topics(100),
    { s3_uri: 's3://bucket/inputs2/t.csv' },
    `s3_uri must name an object below one of ${places}, got s3://bucket/inputs2/t.csv.`,
  ],
  [
    'a model of no family',
    topics(100),
    { model_id: 'gpt-4' },
    'model_id must be of a known family: Anthropic Claude (anthropic.claude-*); Amazon Titan Text Embeddings V2 (amazon.titan-embed-text-v2:0), got gpt-4.',
  ],
  [
    'an unknown prompt',
    topics(100),
    { prompt_id: 'poem' },
    'prompt_id must be one of joke_about_topic, sentiment_classifier, question_answering, got poem.',
  ],
  [
    'Parquet with two columns of one name',
    topics(100)
      .replace('id', 'id,id')
      .replace(/(\d)\n/g, '$1,x\n'),
    { output_format: 'parquet' },
    'the columns of parquet output must have different names, got two named id.',
  ],
])('refuses %s before anything is written', async (_, content, change, sentence) => {
  const { objects, run } = prepare(content, change);
  await expect(run).rejects.toMatchObject({
    kind: 'InvalidInput',
    message: `Cannot start the run: ${sentence}`,
  });
  expect([...objects.objects.keys()]).toEqual(['inputs/t.csv']);
});

test.each([
  ['an empty object', 'inputs/t.csv', '', 'the file must have a header and rows, and it is empty.'],
  [
    'JSON lines without one',
    'inputs/t.jsonl',
    '\n\r\n',
    'the file must have JSON objects, a line each, and it is empty.',
  ],
  [
    'objects without keys',
    'inputs/t.jsonl',
    '{}\n{}\n',
    'its objects must have keys, and the first 2 have none.',
  ],
  [
    'a ragged row',
    'inputs/t.csv',
    `${topics(120)}x\n`,
    'line 122 must have 2 fields like the header, and it has 1.',
  ],
  [
    'a quote never closed',
    'inputs/t.csv',
    `${topics(120)}"x,1\n`,
    'line 122 is malformed: a quote opened there is never closed.',
  ],
  [
    'a line that is no object',
    'inputs/t.jsonl',
    '{"topic":1}\n[]\n',
    'line 2 must be a JSON object in UTF-8, and it is not.',
  ],
  [
    'a file of another kind',
    'inputs/t.xlsx',
    '{}\n',
    'the dataset must be a CSV file (.csv, .tsv, .txt), JSON lines (.jsonl, .ndjson) or a Parquet file.',
  ],
])('refuses %s by its URI', async (_, key, content, sentence) => {
  const { run } = prepare(content, {}, key);
  await expect(run).rejects.toMatchObject({
    kind: 'InvalidInput',
    message: `Cannot read s3://bucket/${key}: ${sentence}`,
  });
});

test('Parquet that is written as Parquet may be cut at any row', async () => {
  const { objects, run } = prepare(await topicsParquet(200), { max_records_total: 150 }, 'inputs/t.parquet');
  expect(await run).toMatchObject({ row_count: 150, output_format: 'parquet' });
  expect(objects.json('runs/jokes/run-1/parts.jsonl')).toMatchObject([{ source: { row_count: 150 } }]);
});

test('a Parquet table that could not be cut is refused before anything is paid, and not cut it is none of our business', async () => {
  const values = Array.from({ length: 200 }, (_, i) => `value ${i} ${'x'.repeat(50)}`);
  const columns = [
    { name: 'topic', type: 'string' as const },
    { name: 'other', type: 'string' as const },
  ];
  const bytes = Buffer.from(await parquetBytes(columns, [values, values]));
  // In the pages of the column that no prompt names.
  const { metadata } = await openParquet(memorySource(bytes), 't.parquet');
  const chunk = metadata.row_groups.at(-1)?.columns[1]?.meta_data;
  const start = Number(chunk?.data_page_offset);
  bytes.fill(0xff, start, start + 20);
  const cut = prepare(bytes, { max_records_total: 160 }, 'inputs/t.parquet');
  await expect(cut.run).rejects.toMatchObject({
    kind: 'InvalidInput',
    message: expect.stringContaining('s3://bucket/inputs/t.parquet'),
  });
  expect([...cut.objects.objects.keys()]).toEqual(['inputs/t.parquet']);
  expect(await prepare(bytes, {}, 'inputs/t.parquet').run).toMatchObject({ row_count: 200 });
});

test('a chunk deep inside of a row group begins at a page, not at the beginning', async () => {
  const values = Array.from({ length: 60_000 }, (_, i) => `topic ${i} ${'x'.repeat(100)}`);
  const bytes = await parquetBytes([{ name: 'topic', type: 'string' }], [values], 60_000);
  const { objects, run } = prepare(bytes, { max_records_per_job: 1000 }, 'inputs/t.parquet');
  const described = await run;
  const all = objects.json(described.chunks_key) as Chunk[];
  const last = all.at(-1);
  expect(last?.ranges[0]?.start?.pages).toEqual([
    { column: 'topic', offset: expect.any(Number), row: expect.any(Number) },
  ]);
  expect(last?.ranges[0]?.start?.pages?.[0]?.row).toBeGreaterThan(30_000);
  await prepareInput({ run: described, chunk: last as Chunk, attempt: 1 }, { objects });
  const lines = objects.text('batch_inputs_json/jokes/run-1/00059/1.jsonl').split('\n');
  expect(lines).toHaveLength(1001);
  expect(lines[0]).toContain('topic 59000 ');
});

test('an object that is not there is NotFound', async () => {
  await expect(prepare(undefined).run).rejects.toMatchObject({ kind: 'NotFound' });
});

test.each(['a=b', 'é', 'a b', 'a+b', 'x'.repeat(81)])('refuses an execution named %j', async (run_id) => {
  const objects = new MemoryStore();
  objects.put('inputs/t.csv', topics(100));
  await expect(preprocessed({ ...input, run_id }, objects)).rejects.toMatchObject({
    kind: 'InvalidInput',
    message: `Cannot start the run: the execution's name must have only letters, digits, ".", "-" and "_", got ${run_id}.`,
  });
});

test('an object that changes while it is surveyed is SourceChanged', async () => {
  class Replaced extends MemoryStore {
    override async pin(location: { readonly bucket: string; readonly key: string }) {
      const pinned = await super.pin(location);
      this.put(location.key, topics(101));
      return pinned;
    }
  }
  const objects = new Replaced();
  objects.put('inputs/t.csv', topics(100));
  await expect(preprocessed(input, objects)).rejects.toMatchObject({ kind: 'SourceChanged' });
});
