import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import Papa from 'papaparse';
import { simulate } from '../../src/local/bedrock/simulate.ts';
import type { ExecutionOutput } from '../../src/steps/summarize.ts';
import { synthesized } from '../setup/assembly.ts';
import { LocalStack, until } from '../setup/local-stack.ts';

const claude = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
let stack: LocalStack;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'main-job-'));
  stack = await LocalStack.start(await synthesized());
});

afterAll(async () => {
  await stack.stop();
  await rm(directory, { recursive: true, force: true });
});

async function succeeded(input: Record<string, unknown>): Promise<ExecutionOutput> {
  const ended = await stack.run(input);
  expect([ended.status, ended.error, ended.cause]).toEqual(['SUCCEEDED', undefined, undefined]);
  return JSON.parse(ended.output ?? '') as ExecutionOutput;
}

/** Writes bytes to a file, so that DuckDB can be asked about them. */
async function fileOf(name: string, bytes: Buffer): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, bytes);
  return path;
}

async function query(sql: string): Promise<readonly Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJson();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const appended = ['record_id', 'status', 'error', 'stop_reason', 'input_tokens', 'output_tokens'];

test('the README’s run: every topic gets its joke, in order, through at least three jobs', async () => {
  const topics = await readFile('examples/jokes/topics.csv');
  await stack.upload('jokes/topics.csv', topics);
  const written = await readFile('examples/jokes/input.json', 'utf8');
  const output = await succeeded(JSON.parse(written.replace('${bucketName}', stack.bucket)));

  const [header = [], ...rows] = Papa.parse<string[]>(
    (await stack.download(output.output_uris[0] ?? '')).toString(),
    { skipEmptyLines: true },
  ).data;
  const [inputHeader = [], ...inputRows] = Papa.parse<string[]>(topics.toString(), {
    skipEmptyLines: true,
  }).data;
  expect(inputRows.length).toBeGreaterThanOrEqual(350);
  expect(header).toEqual([...inputHeader, 'response', ...appended]);
  expect(rows.map((row) => row.slice(0, inputHeader.length))).toEqual(inputRows);
  const topic = inputHeader.indexOf('topic');
  for (const [i, row] of rows.entries()) {
    const [response, recordId, status, error] = row.slice(inputHeader.length);
    expect([recordId, status, error]).toEqual([`R${String(i).padStart(10, '0')}`, 'succeeded', '']);
    // The simulated model quotes the beginning of its prompt, so an answer in another's row would show.
    expect(response).toContain(`Tell me a joke about ${row[topic]}`.slice(0, 60));
  }
  const summary = JSON.parse((await stack.download(output.summary_uri)).toString());
  expect(summary.statuses).toEqual({ succeeded: inputRows.length, failed: 0, missing: 0 });
  expect(summary.attempts.length).toBeGreaterThanOrEqual(3);
  expect(summary.attempts.every((job: { status: string }) => job.status === 'Completed')).toBe(true);
});

test('embeddings of a Parquet file: 1,024 floats in every row, the input’s columns untouched', async () => {
  const reviews = await readFile('examples/reviews/reviews.parquet');
  const s3_uri = await stack.upload('reviews.parquet', reviews);
  const output = await succeeded({
    s3_uri,
    job_name_prefix: 'reviews',
    model_id: 'amazon.titan-embed-text-v2:0',
  });
  const before = await fileOf('before.parquet', reviews);
  const after = await fileOf('after.parquet', await stack.download(output.output_uris[0] ?? ''));

  const inputTypes = await query(`DESCRIBE SELECT * FROM '${before}'`);
  const outputTypes = await query(`DESCRIBE SELECT * FROM '${after}'`);
  expect(outputTypes.slice(0, inputTypes.length)).toEqual(inputTypes);
  expect(
    outputTypes.slice(inputTypes.length).map(({ column_name, column_type }) => [column_name, column_type]),
  ).toEqual([
    ['embedding', 'FLOAT[]'],
    ...appended.map((name) => [name, name.endsWith('tokens') ? 'BIGINT' : 'VARCHAR']),
  ]);
  const kept = `SELECT * EXCLUDE (embedding, ${appended.join(', ')}) FROM '${after}'`;
  expect(await query(kept)).toEqual(await query(`SELECT * FROM '${before}'`));

  // The simulated model makes a vector of its text alone, so a vector in another's row would show, and so would two alike.
  const rows = await query(`SELECT input_text, embedding, record_id, status FROM '${after}'`);
  expect(rows).toHaveLength(output.rows);
  for (const [i, { input_text, embedding, record_id, status }] of rows.entries()) {
    const request = { invocationType: 'InvokeModel', modelInput: { inputText: input_text } } as const;
    const { modelOutput } = simulate({ modelId: 'amazon.titan-embed-text-v2:0', ...request }) as {
      modelOutput: { embedding: number[] };
    };
    expect(embedding).toHaveLength(1024);
    expect(embedding).toEqual(modelOutput.embedding.map(Math.fround));
    expect([record_id, status]).toEqual([`R${String(i).padStart(10, '0')}`, 'succeeded']);
  }
  expect(new Set(rows.map(({ embedding }) => String(embedding))).size).toBe(
    new Set(rows.map(({ input_text }) => input_text)).size,
  );
});

test('a change of format keeps every value: CSV to Parquet as text, Parquet to CSV', async () => {
  const body = `topic,note\r\n${Array.from({ length: 130 }, (_, i) => `"t ${i}","say ""é"",\n${i}"`).join('\r\n')}`;
  const csvUri = await stack.upload('format.csv', body);
  const first = await succeeded({
    s3_uri: csvUri,
    job_name_prefix: 'to-parquet',
    model_id: claude,
    prompt_id: 'joke_about_topic',
    output_format: 'parquet',
  });
  const parquetUri = first.output_uris[0] ?? '';
  const parquet = await fileOf('format.parquet', await stack.download(parquetUri));
  expect(await query(`SELECT topic, note FROM '${parquet}' LIMIT 2`)).toEqual([
    { topic: 't 0', note: 'say "é",\n0' },
    { topic: 't 1', note: 'say "é",\n1' },
  ]);

  // The result of one run is the input of the next; its columns clash and are renamed, and the run says so.
  const second = await succeeded({
    s3_uri: parquetUri,
    job_name_prefix: 'to-csv',
    model_id: claude,
    prompt_id: 'joke_about_topic',
    output_format: 'csv',
  });
  expect(second.notes[0]).toBe('The input has a column response, so the appended one is named response_1.');
  const { data } = Papa.parse<Record<string, string>>(
    (await stack.download(second.output_uris[0] ?? '')).toString(),
    { header: true, skipEmptyLines: true },
  );
  expect(data).toHaveLength(130);
  expect(data[129]).toMatchObject({
    topic: 't 129',
    note: 'say "é",\n129',
    status: 'succeeded',
    status_1: 'succeeded',
  });
});

test('JSON lines keep their own bytes, and become CSV and Parquet as text', async () => {
  const line = (i: number) =>
    i % 3 === 0
      ? `{"topic":"t ${i}","n":9007199254740993,"tags":["a", {"b":null}]}`
      : `{ "n" : 1.10, "topic":"t\\u0020${i}", "response":"mine" }`;
  const body = `${Array.from({ length: 150 }, (_, i) => line(i)).join('\n')}\n\n`;
  const s3_uri = await stack.upload('lines.jsonl', body);
  const input = { s3_uri, model_id: claude, prompt_id: 'joke_about_topic' };

  const same = await succeeded({ ...input, job_name_prefix: 'jsonl' });
  expect(same.output_uris[0]).toMatch(/batch_output_jsonl\/jsonl\/.*\/lines\.jsonl$/);
  expect(same.notes).toEqual(['The input has a column response, so the appended one is named response_1.']);
  const lines = (await stack.download(same.output_uris[0] ?? '')).toString().trim().split('\n');
  expect(lines).toHaveLength(150);
  for (const [i, text] of lines.entries()) {
    expect(text.startsWith(line(i).slice(0, line(i).lastIndexOf('}')))).toBe(true);
    expect(JSON.parse(text)).toMatchObject({
      topic: `t ${i}`,
      response_1: expect.stringContaining(`about t ${i} in`),
      status: 'succeeded',
    });
  }

  const asCsv = await succeeded({ ...input, job_name_prefix: 'jsonl-csv', output_format: 'csv' });
  const { data } = Papa.parse<Record<string, string>>(
    (await stack.download(asCsv.output_uris[0] ?? '')).toString(),
    { header: true, skipEmptyLines: true },
  );
  expect(data[0]).toMatchObject({
    topic: 't 0',
    n: '9007199254740993',
    tags: '["a", {"b":null}]',
    response: '',
    status: 'succeeded',
  });
  expect(data[1]).toMatchObject({ topic: 't 1', n: '1.10', tags: '', response: 'mine' });

  const asParquet = await succeeded({ ...input, job_name_prefix: 'jsonl-parquet', output_format: 'parquet' });
  const parquet = await fileOf('lines.parquet', await stack.download(asParquet.output_uris[0] ?? ''));
  expect(await query(`SELECT topic, n, tags, response, status FROM '${parquet}' LIMIT 2`)).toEqual([
    { topic: 't 0', n: '9007199254740993', tags: '["a", {"b":null}]', response: null, status: 'succeeded' },
    { topic: 't 1', n: '1.10', tags: null, response: 'mine', status: 'succeeded' },
  ]);
});

test('CSV becomes JSON lines, every cell a string', async () => {
  const s3_uri = await stack.upload('to-lines.csv', `topic,n\n${'"a ""b"" é",1\n'.repeat(100)}`);
  const output = await succeeded({
    s3_uri,
    job_name_prefix: 'csv-jsonl',
    model_id: claude,
    prompt_id: 'joke_about_topic',
    output_format: 'jsonl',
  });
  const [first = ''] = (await stack.download(output.output_uris[0] ?? '')).toString().split('\n');
  expect(JSON.parse(first)).toMatchObject({
    topic: 'a "b" é',
    n: '1',
    record_id: 'R0000000000',
    input_tokens: expect.any(Number),
    error: null,
  });
});

test('vectors of JSON lines are arrays', async () => {
  const s3_uri = await stack.upload('vectors.jsonl', '{"input_text":"x"}\n{}\n'.repeat(60));
  const output = await succeeded({
    s3_uri,
    job_name_prefix: 'jsonl-vectors',
    model_id: 'amazon.titan-embed-text-v2:0',
  });
  expect([output.rows, output.null_values]).toEqual([120, 60]);
  const [first = '', second = ''] = (await stack.download(output.output_uris[0] ?? ''))
    .toString()
    .split('\n');
  expect(JSON.parse(first).embedding).toHaveLength(1024);
  expect(JSON.parse(second)).toMatchObject({ record_id: 'R0000000001' });
});

test('a prefix of many objects is one run, and each object is answered by a file of its own', async () => {
  const rows = (file: string, count: number) =>
    `topic\n${Array.from({ length: count }, (_, i) => `${file}${i}\n`).join('')}`;
  const counts = { a: 70, b: 3, c: 180 };
  for (const [file, count] of Object.entries(counts))
    await stack.upload(`many/${file}.csv`, rows(file, count));
  const s3_uri = `s3://${stack.bucket}/inputs/many/`;
  const output = await succeeded({
    s3_uri,
    job_name_prefix: 'many',
    model_id: claude,
    prompt_id: 'joke_about_topic',
    max_records_per_job: 130,
  });
  expect([output.rows, output.chunks]).toEqual([253, 2]);
  for (const [i, [file, count]] of Object.entries(counts).entries()) {
    const text = (await stack.download(output.output_uris[i] ?? '')).toString();
    const { data } = Papa.parse<Record<string, string>>(text, { header: true, skipEmptyLines: true });
    expect(data.map(({ topic }) => topic)).toEqual(
      Array.from({ length: count }, (_, row) => `${file}${row}`),
    );
    expect(data.every(({ topic, response }) => response?.includes(`about ${topic} in`))).toBe(true);
  }
});

test('max_records_total and max_num_jobs bound a run', async () => {
  const s3_uri = await stack.upload(
    'bounded.csv',
    `topic\n${Array.from({ length: 500 }, (_, i) => `t${i}\n`).join('')}`,
  );
  const input = {
    s3_uri,
    job_name_prefix: 'bounded',
    model_id: claude,
    prompt_id: 'joke_about_topic',
    max_records_per_job: 110,
  };
  const byTotal = await succeeded({ ...input, max_records_total: 250 });
  expect([byTotal.rows, byTotal.chunks]).toEqual([250, 2]);
  const byJobs = await succeeded({ ...input, max_num_jobs: 2 });
  expect([byJobs.rows, byJobs.chunks]).toEqual([220, 2]);
});

test('a run of an object that is replaced meanwhile never mixes its rows', async () => {
  const rows = (word: string) => `topic\n${Array.from({ length: 120 }, (_, i) => `${word}${i}\n`).join('')}`;
  const s3_uri = await stack.upload('replaced.csv', rows('old'));
  const started = await stack.startExecution({
    s3_uri,
    job_name_prefix: 'replaced',
    model_id: claude,
    prompt_id: 'joke_about_topic',
  });
  await stack.upload('replaced.csv', rows('new'));
  const { status, output } = await until(
    () => stack.describe(started),
    ({ status }) => status !== 'RUNNING',
  );
  expect(status).toBe('SUCCEEDED');
  const text = await stack.download((JSON.parse(output ?? '') as ExecutionOutput).output_uris[0] ?? '');
  // The bucket keeps versions, and a run reads the one that was there when it began.
  expect(new Set(text.toString().match(/^(old|new)/gm)).size).toBe(1);
});
