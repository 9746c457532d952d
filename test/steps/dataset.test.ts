import * as zlib from 'node:zlib';
import fc from 'fast-check';
import type { Chunk, Part } from '../../src/batch/manifest.ts';
import { prepareInput } from '../../src/steps/prepare-input.ts';
import { MemoryStore } from './fakes.ts';
import { preprocessed } from './finished-steps.ts';
import { textModel } from './fixtures.ts';

const request = {
  s3_uri: 's3://bucket/inputs/many/',
  job_name_prefix: 'many',
  model_id: textModel,
  prompt_id: 'joke_about_topic',
};

/** Topics that tell where they come from: `{file}:{row}`. */
const table = (file: string, rows: number) =>
  `id,topic\n${Array.from({ length: rows }, (_, i) => `${i},${file}:${i}\n`).join('')}`;

function prepare(files: Readonly<Record<string, string | Buffer>>, change: object = {}) {
  const objects = new MemoryStore({ pieceBytes: 4096 });
  for (const [name, content] of Object.entries(files)) objects.put(`inputs/many/${name}`, content);
  const input = {
    run_id: 'r1',
    execution_arn: 'arn:r1',
    started_at: '2026-01-02T03:04:05.000Z',
    request: { ...request, ...change },
  };
  return { objects, run: preprocessed(input, objects) };
}

const parts = (objects: MemoryStore) => objects.json('runs/many/r1/parts.jsonl') as Part[];
const chunks = (objects: MemoryStore) => objects.json('runs/many/r1/chunks.jsonl') as Chunk[];

test('all objects below a prefix are one run, in the order of their keys, each answered by a file of its own', async () => {
  const { objects, run } = prepare({
    'b/2.csv': table('b2', 80),
    'a/1.csv': table('a1', 150),
    'a/_SUCCESS': '',
    'a/.1.csv.crc': 'x',
    'folder/': '',
  });
  expect(await run).toMatchObject({ row_count: 230, chunk_count: 1, output_format: 'csv' });
  expect(parts(objects)).toMatchObject([
    {
      index: 0,
      first_row: 0,
      output_key: 'batch_output_csv/many/r1/a/1.csv',
      source: { first_row: 0, row_count: 150 },
    },
    {
      index: 1,
      first_row: 150,
      output_key: 'batch_output_csv/many/r1/b/2.csv',
      source: { first_row: 0, row_count: 80 },
    },
  ]);
});

// The property that everything else rests on: whatever the files and the plan, records are the rows of the files, once, in order.
test('the chunks of any files hold every row once and in order', async () => {
  const files = fc.array(fc.integer({ min: 0, max: 260 }), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(files, fc.integer({ min: 100, max: 400 }), async (rowCounts, max_records_per_job) => {
      const rows = rowCounts.reduce((sum, count) => sum + count, 0);
      fc.pre(rows >= 100);
      const named = Object.fromEntries(rowCounts.map((count, i) => [`${i}.csv`, table(String(i), count)]));
      const { objects, run } = prepare(named, { max_records_per_job });
      const described = await run;
      const asked: string[] = [];
      for (const chunk of chunks(objects)) {
        await prepareInput({ run: described, chunk, attempt: 1 }, { objects });
        const key = `batch_inputs_json/many/r1/${String(chunk.index).padStart(5, '0')}/1.jsonl`;
        const records = objects.json(key) as {
          modelInput: { messages: [{ content: [{ text: string }] }] };
        }[];
        asked.push(
          ...records.map(
            ({ modelInput }) => /about (\S+) in/.exec(modelInput.messages[0].content[0].text)?.[1] ?? '',
          ),
        );
      }
      expect(asked).toEqual(
        rowCounts.flatMap((count, i) => Array.from({ length: count }, (_, row) => `${i}:${row}`)),
      );
      const covered = parts(objects).map(({ first_row, source }) => [first_row, source.row_count]);
      expect(covered.reduce((sum, [, count]) => sum + (count ?? 0), 0)).toBe(rows);
    }),
    { numRuns: 25 },
  );
});

test('a bound cuts the last file that it reaches, and leaves out those behind it', async () => {
  const { objects, run } = prepare(
    { '1.csv': table('1', 100), '2.csv': table('2', 100), '3.csv': table('3', 9) },
    { max_records_total: 130 },
  );
  expect(await run).toMatchObject({ row_count: 130 });
  expect(parts(objects).map(({ source }) => source.row_count)).toEqual([100, 30]);
});

test('a change of format keeps names apart', async () => {
  const files = {
    'x.csv': table('1', 100),
    'x.tsv': table('2', 100).replaceAll(',', '\t'),
    'y.csv': table('3', 5),
  };
  const { objects, run } = prepare(files, { output_format: 'parquet' });
  await run;
  expect(parts(objects).map(({ output_key }) => output_key)).toEqual([
    'batch_output_parquet/many/r1/x.parquet',
    'batch_output_parquet/many/r1/x.tsv.parquet',
    'batch_output_parquet/many/r1/y.parquet',
  ]);
});

const zstd = (zlib as { zstdCompressSync?: (text: string) => Buffer }).zstdCompressSync;
const packers: readonly [string, ((text: string) => Buffer) | undefined][] = [
  ['.gz', (text) => zlib.gzipSync(text)],
  // Two members, as appending to a .gz makes them.
  ['.gz', (text) => Buffer.concat([zlib.gzipSync(text.slice(0, 700)), zlib.gzipSync(text.slice(700))])],
  ['.zst', zstd],
];

test.each(packers.filter(([, pack]) => pack !== undefined))(
  'a table packed as %s is unpacked once, and read from there',
  async (ending, pack) => {
    const { objects, run } = prepare({
      [`1.csv${ending}`]: pack?.(table('1', 150)) ?? '',
      '2.csv': table('2', 50),
    });
    expect(await run).toMatchObject({ row_count: 200 });
    expect(objects.text(`runs/many/r1/staged/inputs/many/1.csv${ending}`)).toBe(table('1', 150));
    expect(chunks(objects)[0]?.ranges.map(({ object, row_count }) => [object.key, row_count])).toEqual([
      [`runs/many/r1/staged/inputs/many/1.csv${ending}`, 150],
      ['inputs/many/2.csv', 50],
    ]);
    expect(parts(objects)[0]?.output_key).toBe('batch_output_csv/many/r1/1.csv');
  },
);

const refusals: readonly [string, Readonly<Record<string, string | Buffer>>, object, string][] = [
  [
    'damaged gzip',
    { '1.csv.gz': zlib.gzipSync(table('1', 100)).subarray(0, 200) },
    {},
    'Cannot read s3://bucket/inputs/many/1.csv.gz: its compression is damaged (unexpected end of file).',
  ],
  [
    'gzip by its name alone',
    { '1.csv.gz': table('1', 100) },
    {},
    'its compression is damaged (incorrect header check).',
  ],
  [
    'a ragged row in gzip',
    { '1.csv.gz': zlib.gzipSync('topic\na\nb,c\n') },
    {},
    'Cannot read s3://bucket/inputs/many/1.csv: line 3 must have 1 fields',
  ],
  [
    'nothing below the prefix',
    {},
    {},
    'Cannot start the run: s3_uri must name objects, got none below s3://bucket/inputs/many/.',
  ],
  [
    'one object without the column',
    { '1.csv': table('1', 100), '2.csv': 'id\n1\n' },
    {},
    'missing: topic; existing: id.',
  ],
  [
    'an object of another kind',
    { '1.csv': table('1', 100), '2.json': '{}' },
    {},
    's3://bucket/inputs/many/2.json: the dataset must be a CSV file',
  ],
  [
    'a job of too many objects',
    Object.fromEntries(Array.from({ length: 250 }, (_, i) => [`${i}.csv`, table(String(i), 1)])),
    {},
    'Cannot start the run: the 250 rows of a job must come from at most 200 objects (lower max_records_per_job, or join small objects), got 250.',
  ],
];

test.each(refusals)('%s is refused', async (_, files, change, sentence) => {
  await expect(prepare(files, change).run).rejects.toMatchObject({
    kind: 'InvalidInput',
    message: expect.stringContaining(sentence),
  });
});

test('objects whose names would be one are answered by files of their own', async () => {
  const csv = Buffer.from(table('1', 60));
  const { objects, run } = prepare({ 'a.csv': csv, 'a.csv.gz': zlib.gzipSync(csv), 'a_1.csv': csv });
  expect(await run).toMatchObject({ row_count: 180 });
  const keys = parts(objects).map((part) => part.output_key.replace('batch_output_csv/many/r1/', ''));
  expect(keys).toEqual(['a.csv', 'a_1.csv', 'a_1_1.csv']);
});

test('files of other formats keep their ending behind their name where it would be taken', async () => {
  const { objects, run } = prepare(
    { 'a.csv': table('1', 60), 'a.tsv': table('1', 60).replaceAll(',', '\t'), 'a.txt': table('1', 60) },
    { output_format: 'parquet' },
  );
  await run;
  expect(parts(objects).map((part) => part.output_key.split('/').at(-1))).toEqual([
    'a.parquet',
    'a.tsv.parquet',
    'a.txt.parquet',
  ]);
});

test('a name that makes the key of an output too long for S3 is refused before anything is written', async () => {
  const { objects, run } = prepare({ [`${'x'.repeat(1010)}.csv`]: table('1', 150) });
  await expect(run).rejects.toMatchObject({
    kind: 'InvalidInput',
    message: expect.stringMatching(
      /^Cannot start the run: an output's key must have at most 1024 bytes, got /,
    ),
  });
  expect(objects.objects.has('runs/many/r1/parts.jsonl')).toBe(false);
});

test('the names of a thousand columns are no part of the items that the state machine passes', async () => {
  const keys = Array.from({ length: 990 }, (_, i) => `${i}${'k'.repeat(280)}`);
  const record = JSON.stringify({ topic: 'x', ...Object.fromEntries(keys.map((key) => [key, 1])) });
  const { objects, run } = prepare({
    '1.jsonl': `${record}\n`.repeat(110),
    '2.jsonl': `${record}\n`.repeat(5),
  });
  await run;
  for (const part of parts(objects)) {
    expect(JSON.stringify(part).length).toBeLessThan(2000);
    expect(part.columns_key).toBe('runs/many/r1/columns/00000.json');
  }
  expect(objects.json('runs/many/r1/columns/00000.json')).toEqual([{ columns: ['topic', ...keys] }]);
});

describe('JSON lines without an object', () => {
  const objectsOf = (file: string, rows: number) =>
    Array.from({ length: rows }, (_, i) => `${JSON.stringify({ topic: `${file}:${i}` })}\n`).join('');
  const ready = Array.from({ length: 120 }, (_, i) => `{"recordId":"${i}","modelInput":{}}\n`).join('');

  test.each([
    ['first', { '1.jsonl': '', '2.jsonl': objectsOf('2', 120) }, {}],
    ['first and second', { '1.jsonl': '\n', '2.jsonl': '', '3.jsonl': objectsOf('3', 120) }, {}],
    ['between', { '1.jsonl': objectsOf('1', 60), '2.jsonl': '\n\n', '3.jsonl': objectsOf('3', 60) }, {}],
    ['last', { '1.jsonl': objectsOf('1', 120), '2.jsonl': '' }, {}],
    ['in another format', { '1.jsonl': '', '2.jsonl': objectsOf('2', 120) }, { output_format: 'csv' }],
    ['before ready-made records', { '1.jsonl': '', '2.jsonl': ready }, { prompt_id: undefined }],
    ['behind ready-made records', { '1.jsonl': ready, '2.jsonl': '' }, { prompt_id: undefined }],
  ])('%s add nothing to a dataset of many objects', async (_, files, change) => {
    const { objects, run } = prepare(files, change);
    const { ready_made, output_format } = await run;
    expect([ready_made ?? false, output_format]).toEqual([
      'prompt_id' in change,
      'output_format' in change ? 'csv' : 'jsonl',
    ]);
    const rows = parts(objects).map(({ source }) => [source.object.key.slice(-7), source.row_count]);
    const full = Object.entries(files).filter(([, text]) => text.trim() !== '');
    expect(rows).toEqual(full.map(([name, text]) => [name, text.split('\n').length - 1]));
  });

  test.each([
    [
      { '1.jsonl': '', '2.jsonl': '\n' },
      {},
      'Cannot start the run: the dataset must have at least one row, got 0.',
    ],
    [
      { '1.jsonl': '' },
      {},
      'Cannot read s3://bucket/inputs/many/1.jsonl: the file must have JSON objects, a line each, and it is empty.',
    ],
    [{ '1.jsonl': '', '2.csv': table('2', 120) }, {}, 'all objects of the dataset must have one format'],
    [{ '1.jsonl': '', '2.jsonl': objectsOf('2', 120) }, { prompt_id: undefined }, 'prompt_id must be given'],
    [{ '1.jsonl': '', '2.jsonl': '{"id":1}\n' }, {}, 'missing: topic; existing: id.'],
  ])('%j is refused', async (files, change, sentence) => {
    await expect(prepare(files, change).run).rejects.toMatchObject({
      kind: 'InvalidInput',
      message: expect.stringContaining(sentence),
    });
  });
});
