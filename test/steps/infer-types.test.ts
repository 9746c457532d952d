import { runKeys } from '../../src/batch/keys.ts';
import type { Chunk, Part } from '../../src/batch/manifest.ts';
import { answerRow, encodeAnswers } from '../../src/data/answers.ts';
import { openParquet, parquetJson } from '../../src/data/parquet/parquet.ts';
import { collected } from '../data/memory-source.ts';
import { MemoryStore } from './fakes.ts';
import { assembled, preprocessed, shortTimes } from './finished-steps.ts';
import { textModel } from './fixtures.ts';

const request = {
  s3_uri: 's3://bucket/inputs/t/',
  job_name_prefix: 'typed',
  model_id: textModel,
  prompt_id: 'joke_about_topic',
  output_format: 'parquet',
  infer_types: true,
};
const input = { run_id: 'r1', execution_arn: 'arn:r1', started_at: '2026-01-02T03:04:05.000Z', request };

const header = 'topic,int,big,zip,price,flag,day,at,mixed,empty\n';
const row = (i: number, mixed = `${i}`) =>
  `t${i},${i % 3 === 0 ? '' : -i},90071992547409${i % 90}3,007,${i}.5,${i % 2 === 0},2024-01-3${i % 2},2024-01-31T10:00:0${i % 10},${mixed},\n`;
const table = (rows: number, last = row(rows)) =>
  header + Array.from({ length: rows - 1 }, (_, i) => row(i)).join('') + last;

async function outputs(files: Record<string, string>, change: object = {}, timeLeft = () => Infinity) {
  const objects = new MemoryStore({ pieceBytes: 2000 });
  for (const [name, content] of Object.entries(files)) objects.put(`inputs/t/${name}`, content);
  const run = await preprocessed({ ...input, request: { ...request, ...change } }, objects, { timeLeft });
  for (const { index, first_row, row_count } of objects.json(run.chunks_key) as Chunk[]) {
    const error = { code: 'X', message: 'y' };
    const rows = Array.from({ length: row_count }, (_, i) =>
      answerRow(first_row + i, { status: 'missing', error }),
    );
    await objects.write(runKeys.answers(run, index), encodeAnswers(rows, 'response'));
  }
  const parts = objects.json(run.parts_key) as Part[];
  for (const part of parts) await assembled({ run, part }, objects);
  return Promise.all(
    parts.map(async ({ output_key }) => {
      const source = objects.source(await objects.pin({ bucket: 'bucket', key: output_key }));
      return openParquet(source, output_key);
    }),
  );
}

const typesOf = (output: Awaited<ReturnType<typeof outputs>>[number]) =>
  Object.fromEntries(
    output.metadata.schema
      .slice(1, 11)
      .map(({ name, type, logical_type }) => [
        name,
        logical_type === undefined ? type : `${type} ${logical_type.type}`,
      ]),
  );

const typed = {
  topic: 'BYTE_ARRAY STRING',
  int: 'INT64',
  big: 'INT64',
  zip: 'BYTE_ARRAY STRING',
  price: 'DOUBLE',
  flag: 'BOOLEAN',
  day: 'INT32 DATE',
  at: 'INT64 TIMESTAMP',
  mixed: 'INT64',
  empty: 'BYTE_ARRAY STRING',
};

test('columns of CSV get the types that all their values have, and the values are those of the text', async () => {
  const [output] = await outputs({ '1.csv': table(150) });
  if (output === undefined) throw new Error('There is no output.');
  expect(typesOf(output)).toEqual(typed);
  const columns = Object.keys(typed);
  const [rows] = await collected(parquetJson(output, { columns, firstRow: 4, rowCount: 1 }));
  expect(rows).toEqual(
    [
      ...['"t4"', '-4', '9007199254740943', '"007"', '4.5', 'true', '"2024-01-30"'],
      ...['"2024-01-31T10:00:04.000000"', '4', '""'],
    ].map((json) => (json === '9007199254740943' ? expect.stringMatching(/^"?9007199254740943"?$/) : json)),
  );
  const [first] = await collected(parquetJson(output, { columns: ['int'], firstRow: 0, rowCount: 1 }));
  expect(first).toEqual(['null']);
});

test('one value at the end of the last object decides for the whole dataset, however the reading is put down', async () => {
  const all = await outputs({ '1.csv': table(150), '2.csv': table(50, row(1, 'n/a')) }, {}, shortTimes(1));
  for (const output of all) expect(typesOf(output)).toEqual({ ...typed, mixed: 'BYTE_ARRAY STRING' });
});

test('without the option every column stays text', async () => {
  const [output] = await outputs({ '1.csv': table(150) }, { infer_types: undefined });
  expect(new Set(Object.values(typesOf(output as never)))).toEqual(new Set(['BYTE_ARRAY STRING']));
});

test.each([
  ['CSV that stays CSV', { '1.csv': table(150) }, { output_format: undefined }, 'csv to csv'],
  ['JSON lines', { '1.jsonl': '{"topic":1}\n'.repeat(150) }, {}, 'jsonl to parquet'],
])('there is nothing to infer for %s, which is said', async (_, files, change, got) => {
  await expect(outputs(files, change)).rejects.toMatchObject({
    kind: 'InvalidInput',
    message: `Cannot start the run: infer_types must be absent, unless CSV is written as Parquet, got ${got}.`,
  });
});

test('objects of other columns cannot be typed together', async () => {
  const files = { '1.csv': table(150), '2.csv': 'topic\nx\n' };
  await expect(outputs(files)).rejects.toMatchObject({
    message: expect.stringContaining('all objects must have the same columns for infer_types'),
  });
});
