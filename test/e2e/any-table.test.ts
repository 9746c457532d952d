import { readFileSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import Papa from 'papaparse';
import { recordIdOf } from '../../src/batch/record-id.ts';
import { simulate } from '../../src/local/bedrock/simulate.ts';
import type { ExecutionOutput } from '../../src/steps/summarize.ts';
import { type Duck, everyType, openDuck } from '../data/parquet/duck.ts';
import { synthesized } from '../setup/assembly.ts';
import { LocalStack } from '../setup/local-stack.ts';
import { csvSpecs, csvTable } from './tables/csv-table.ts';
import { jsonlSpecs, jsonlTable, memberText } from './tables/jsonl-table.ts';
import {
  appendedTo,
  arrowColumns,
  csvRows,
  filled,
  jsonlRows,
  parquetIds,
  parquetRows,
  parquetTexts,
  schemaOf,
} from './tables/judges.ts';
import { type ParquetSpec, parquetSpecs, rowsOf, writeParquet } from './tables/parquet-table.ts';
import type { TextTable } from './tables/text-table.ts';

let stack: LocalStack;
let duck: Duck;

beforeAll(async () => {
  stack = await LocalStack.start(await synthesized());
  duck = await openDuck();
  await duck.run("SET TimeZone = 'UTC'");
});

afterAll(async () => {
  duck.close();
  await stack.stop();
});

/** TABLE_SEED repeats a failure; what is smaller is not looked for, as every try is a whole run. */
const runs = (numRuns: number) => ({
  numRuns,
  endOnFailure: true,
  seed: Number(process.env['TABLE_SEED'] ?? Date.now() % 2 ** 31),
});

/** A model, and the column that it reads. */
const asked = fc.constantFrom(
  { column: 'input_text', model: { model_id: 'amazon.titan-embed-text-v2:0' } },
  {
    column: 'input_text',
    model: { model_id: 'amazon.titan-embed-text-v2:0', embedding_type: 'float64' },
  },
  {
    column: 'topic',
    model: { model_id: 'us.anthropic.claude-haiku-4-5-20251001-v1:0', prompt_id: 'joke_about_topic' },
  },
);
const chunking = fc.record({ max_records_per_job: fc.integer({ min: 100, max: 400 }) });

/** Runs a table of the duck's folder through the stack, and returns where its output lies. */
async function outputOf(
  name: string,
  rowCount: number,
  input: Readonly<Record<string, unknown>>,
): Promise<string> {
  const s3_uri = await stack.upload(`any/${name}`, readFileSync(duck.path(name)));
  const ended = await stack.run({ s3_uri, job_name_prefix: 'any', ...input });
  expect([ended.status, ended.error, ended.cause]).toEqual(['SUCCEEDED', undefined, undefined]);
  const { rows, output_uris } = JSON.parse(ended.output ?? '') as ExecutionOutput;
  expect([rows, output_uris.length]).toEqual([rowCount, 1]);
  const path = duck.path(`output-${name}`);
  writeFileSync(path, await stack.download(output_uris[0] ?? ''));
  return path;
}

/** They count the rows in the order of the input. */
const ids = (rowCount: number) => Array.from({ length: rowCount }, (_, row) => recordIdOf(row));

/** The input's columns come first in the output, unchanged. */
async function expectSameParquet(input: string, output: string, width: number): Promise<void> {
  const schema = await schemaOf(input);
  expect((await schemaOf(output)).slice(0, schema.length)).toEqual(schema);
  const rows = await parquetRows(duck, input, width);
  expect(await parquetRows(duck, output, width)).toEqual(rows);
  expect(await parquetIds(duck, output, width)).toEqual(ids(rows.length));
}

test('any Parquet table keeps its schema, its values and its order', async () => {
  const table = asked.chain(({ column, model }) =>
    fc.record({ model: fc.constant(model), chunking, spec: parquetSpecs(column, 'any') }),
  );
  await fc.assert(
    fc.asyncProperty(table, async ({ model, chunking: limits, spec }) => {
      await writeParquet(duck, spec, duck.path('t.parquet'));
      const output = await outputOf('t.parquet', rowsOf(spec), { ...model, ...limits });
      await expectSameParquet(duck.path('t.parquet'), output, spec.columns.length);
    }),
    runs(8),
  );
});

test('a Parquet table of 38 columns, of every type, reads the same to two readers', async () => {
  const every = `SELECT *, 'text ' || id AS input_text FROM (${everyType(260)})`;
  const groups = ['id < 110', 'id >= 110'].map((rows) => `SELECT * FROM (${every}) WHERE ${rows}`);
  const input = duck.path('wide.parquet');
  const options = "FORMAT parquet, CODEC 'zstd', ROW_GROUP_SIZE 1";
  await duck.run(`COPY (${groups.join(' UNION ALL ')}) TO '${input}' (${options})`);
  const output = await outputOf('wide.parquet', 260, { model_id: 'amazon.titan-embed-text-v2:0' });

  await expectSameParquet(input, output, 38);
  const columns = arrowColumns(input);
  expect(columns).toHaveLength(38);
  expect(arrowColumns(output).slice(0, 38)).toEqual(columns);
});

test('vectors of doubles are the numbers that the model wrote, to the bit, in every format', async () => {
  const model_id = 'amazon.titan-embed-text-v2:0';
  const texts = Array.from({ length: 100 }, (_, i) => `text ${i}`);
  writeFileSync(duck.path('v.csv'), `input_text,n\n${texts.map((own) => `${own},1\n`).join('')}`);
  const expected = texts.map((inputText) => {
    const answer = simulate({
      modelId: model_id,
      invocationType: 'InvokeModel',
      modelInput: { inputText },
    }) as { modelOutput: { embedding: number[] } };
    return answer.modelOutput.embedding;
  });
  expect(expected.flat().some((number) => Math.fround(number) !== number)).toBe(true);
  const run = (output_format: string) =>
    outputOf('v.csv', texts.length, { model_id, embedding_type: 'float64', output_format });

  const parquet = `read_parquet('${await run('parquet')}')`;
  expect(await duck.rows(`SELECT DISTINCT typeof(embedding) FROM ${parquet}`)).toEqual([['DOUBLE[]']]);
  expect((await duck.rows(`SELECT embedding FROM ${parquet}`)).flat()).toEqual(expected);
  const { data } = Papa.parse<string[]>(readFileSync(await run('csv'), 'utf8'), { delimiter: ',' });
  expect(data.slice(1, -1).map((row) => JSON.parse(row[2] ?? ''))).toEqual(expected);
  const lines = readFileSync(await run('jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { embedding: number[] }).embedding)).toEqual(expected);
});

test('any CSV table keeps its bytes, its cells and its order', async () => {
  const table = asked.chain(({ column, model }) =>
    fc.record({ model: fc.constant(model), chunking, spec: csvSpecs(column) }),
  );
  let judged = 0;
  await fc.assert(
    fc.asyncProperty(table, async ({ model, chunking: limits, spec }) => {
      const csv = csvTable(spec);
      writeFileSync(duck.path('t.csv'), csv.bytes);
      const output = await outputOf('t.csv', csv.rows.length, { ...model, ...limits });
      const [, ...appended] = appendedTo(csv, readFileSync(output, 'utf8'));
      expect(appended.map((fields) => /R\d{10}/.exec(fields)?.[0])).toEqual(ids(csv.rows.length));
      const input = await csvRows(duck, duck.path('t.csv'), csv);
      const read = await csvRows(duck, output, csv);
      // Where DuckDB takes the input for something else, the bytes alone are judged.
      if (!isDeepStrictEqual(input, csv.rows) || read === undefined) return;
      judged++;
      expect(read).toEqual(csv.rows);
    }),
    runs(8),
  );
  expect(judged).toBeGreaterThan(0);
});

test('any JSON lines keep their bytes, their members and their order', async () => {
  const table = asked.chain(({ column, model }) =>
    fc.record({ model: fc.constant(model), chunking, spec: jsonlSpecs(column) }),
  );
  await fc.assert(
    fc.asyncProperty(table, async ({ model, chunking: limits, spec }) => {
      const { bytes, columns, rows, lines } = jsonlTable(spec);
      writeFileSync(duck.path('t.jsonl'), bytes);
      const output = await outputOf('t.jsonl', rows.length, { ...model, ...limits });
      const written = readFileSync(output, 'utf8')
        .replace(/^\uFEFF/, '')
        .trimEnd()
        .split('\n');
      const own = lines.map((line) => line.slice(0, line.lastIndexOf('}')));
      expect(written.map((line, i) => line.slice(0, own[i]?.length))).toEqual(own);
      const id = columns.includes('record_id') ? 'record_id_1' : 'record_id';
      const read = await jsonlRows(duck, output, [...columns, id]);
      const { length: width } = columns;
      expect(read.map((row) => row.slice(0, width))).toEqual(
        await jsonlRows(duck, duck.path('t.jsonl'), columns),
      );
      expect(read.map((row) => row[width])).toEqual(ids(rows.length).map((text) => JSON.stringify(text)));
    }),
    runs(6),
  );
});

/** The input's columns of an output as text. */
const readers = {
  csv: async (path: string, { length: width }: readonly string[]) => {
    const { data } = Papa.parse<string[]>(readFileSync(path, 'utf8'), { delimiter: ',', newline: '\n' });
    return data.slice(1, -1).map((row) => row.slice(0, width));
  },
  parquet: (path: string, { length: width }: readonly string[]) => parquetRows(duck, path, width),
  jsonl: async (path: string, columns: readonly string[]) => {
    const rows = await jsonlRows(duck, path, columns);
    return rows.map((row) => row.map((json) => memberText(String(json))));
  },
} as const;

async function plainParquet(spec: ParquetSpec): Promise<TextTable> {
  const path = duck.path('plain.parquet');
  await writeParquet(duck, spec, path);
  const columns = spec.columns.map(({ name }) => name);
  return { bytes: readFileSync(path), columns, rows: await parquetTexts(duck, path) };
}

const change = fc.oneof(
  fc.record({
    from: fc.constant('csv' as const),
    to: fc.constantFrom('jsonl' as const, 'parquet' as const),
    spec: csvSpecs('topic'),
  }),
  fc.record({
    from: fc.constant('jsonl' as const),
    to: fc.constantFrom('csv' as const, 'parquet' as const),
    spec: jsonlSpecs('topic'),
  }),
  fc.record({
    from: fc.constant('parquet' as const),
    to: fc.constant('csv' as const),
    spec: parquetSpecs('topic', 'text'),
  }),
  fc.record({
    from: fc.constant('parquet' as const),
    to: fc.constant('jsonl' as const),
    spec: parquetSpecs('topic', 'json'),
  }),
);

type Change = typeof change extends fc.Arbitrary<infer Of> ? Of : never;

async function tableOf({ from, spec }: Change): Promise<TextTable> {
  if (from === 'csv') return csvTable(spec);
  return from === 'jsonl' ? jsonlTable(spec) : plainParquet(spec);
}

test('any change of format keeps the text of every cell', async () => {
  const model = { model_id: 'us.anthropic.claude-haiku-4-5-20251001-v1:0', prompt_id: 'joke_about_topic' };
  await fc.assert(
    fc.asyncProperty(change, chunking, async (changed, limits) => {
      const { bytes, columns, rows } = await tableOf(changed);
      const { from, to } = changed;
      writeFileSync(duck.path(`t.${from}`), bytes);
      const output = await outputOf(`t.${from}`, rows.length, { ...model, ...limits, output_format: to });
      expect(await readers[to](output, columns)).toEqual(to === 'csv' ? filled(rows) : rows);
    }),
    runs(10),
  );
});
