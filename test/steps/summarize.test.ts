import type { ChunkReport, PartReport, Run } from '../../src/batch/manifest.ts';
import { type SummarizeInput, summarize } from '../../src/steps/summarize.ts';
import { MemoryStore } from './fakes.ts';
import { aRun } from './fixtures.ts';

const run = aRun({ row_count: 500, chunk_count: 2, notes: ['A note of the plan.'] });
const started = '2026-01-02T03:04:05.000Z';
const collaborators = (objects: MemoryStore) => ({ objects, now: () => Date.parse(started) + 90_500 });

function chunkReport(index: number, change: Partial<ChunkReport> = {}): ChunkReport {
  return {
    index,
    rows: 250,
    attempts: 1,
    job: { status: 'Completed', job_arn: `arn:job/${index}`, job_name: `jokes-0-0000${index}-1` },
    outcomes: {
      statuses: { succeeded: 200, failed: 40, missing: 10 },
      error_codes: { '400': 40, NoAnswer: 10 },
      input_tokens: 1000,
      output_tokens: 500,
    },
    null_values: 2,
    discrepancies: [],
    ...change,
  };
}

const partReport = (index: number, rows: number, succeeded = rows - 100): PartReport => ({
  index,
  output_uri: `s3://bucket/out/${index}.csv`,
  rows,
  statuses: { succeeded, failed: rows - succeeded - 20, missing: 20 },
});

interface MapFiles {
  readonly succeeded?: readonly (readonly unknown[])[];
  /** The whole text of a file of failures. */
  readonly failed?: readonly string[];
}

/** What a Distributed Map's ResultWriter leaves behind. */
function mapResult(objects: MemoryStore, name: string, { succeeded = [], failed = [] }: MapFiles) {
  const folder = `runs/jokes/run-1/${name}/uuid`;
  const put = (kind: string, texts: readonly string[]) =>
    texts.map((text, i) => {
      const Key = `${folder}/${kind}_${i}.jsonl`;
      objects.put(Key, text);
      return { Key, Size: text.length };
    });
  const SUCCEEDED = put(
    'SUCCEEDED',
    succeeded.map((outputs) => outputs.map((output) => `${JSON.stringify(output)}\n`).join('')),
  );
  const ResultFiles = { SUCCEEDED, FAILED: put('FAILED', failed), PENDING: [] };
  const Key = `${folder}/manifest.json`;
  objects.put(Key, JSON.stringify({ DestinationBucket: 'bucket', MapRunArn: 'arn', ResultFiles }, null, 2));
  return { MapRunArn: 'arn', ResultWriterDetails: { Bucket: 'bucket', Key } };
}

function world(chunks: MapFiles, parts: MapFiles, change: Partial<Run> = {}) {
  const objects = new MemoryStore({ pieceBytes: 1000 });
  const input: SummarizeInput = {
    run: { ...run, ...change },
    started_at: started,
    chunks: mapResult(objects, 'chunk_reports', chunks),
    parts: mapResult(objects, 'part_reports', parts),
  };
  return { objects, summary: summarize(input, collaborators(objects)) };
}

const summaryKey = 'runs/jokes/run-1/summary.json';
const failures = (...causes: string[]) =>
  JSON.stringify(
    causes.map((Cause) => ({ Name: 'child', Status: 'FAILED', Error: 'States.Timeout', Cause })),
  );

test('adds up chunks and parts, over all files of the maps', async () => {
  const { objects, summary } = world(
    { succeeded: [[chunkReport(0)], [chunkReport(1)]] },
    { succeeded: [[partReport(1, 200), partReport(0, 300)]] },
  );
  const output = await summary;
  expect(output).toEqual({
    run_id: 'run-1',
    job_name_prefix: 'jokes',
    model_id: run.model_id,
    prompt_id: 'joke_about_topic',
    rows: 500,
    statuses: { succeeded: 300, failed: 160, missing: 40 },
    error_codes: { '400': 80, NoAnswer: 20 },
    input_tokens: 2000,
    output_tokens: 1000,
    null_values: 4,
    chunks: 2,
    notes: ['A note of the plan.'],
    duration_seconds: 90.5,
    output_uris: ['s3://bucket/out/0.csv', 's3://bucket/out/1.csv'],
    summary_uri: `s3://bucket/${summaryKey}`,
  });
  expect(JSON.parse(objects.text(summaryKey))).toEqual({
    ...output,
    jobs: [
      { status: 'Completed', job_arn: 'arn:job/0', job_name: 'jokes-0-00000-1', rows: 250 },
      { status: 'Completed', job_arn: 'arn:job/1', job_name: 'jokes-0-00001-1', rows: 250 },
    ],
    failed_chunks: [],
  });
});

test('says what was found amiss in which chunk', async () => {
  const { summary } = world(
    { succeeded: [[chunkReport(0), chunkReport(1, { discrepancies: ['a is not b', 'c is not d'] })]] },
    { succeeded: [[partReport(0, 500)]] },
  );
  expect((await summary).notes).toEqual([
    'A note of the plan.',
    'Chunk 1: a is not b.',
    'Chunk 1: c is not d.',
  ]);
});

test.each([
  ['a list', failures('out of time', 'out of memory')],
  ['a line each', failures('out of time', 'out of memory').slice(1, -1).replace('},{', '}\n{')],
])('names the chunks that failed, from %s of failures', async (_, failed) => {
  const { objects, summary } = world(
    { succeeded: [[chunkReport(0)]], failed: [failed] },
    { succeeded: [[partReport(0, 500, 200)]] },
  );
  expect(await summary).toMatchObject({
    rows: 500,
    chunks: 2,
    statuses: { succeeded: 200, failed: 280, missing: 20 },
  });
  expect(JSON.parse(objects.text(summaryKey))).toMatchObject({
    failed_chunks: ['States.Timeout: out of time', 'States.Timeout: out of memory'],
  });
});

test('many outputs are in summary.json, and the first ten in the answer', async () => {
  const parts = Array.from({ length: 25 }, (_, i) => partReport(i, 20, 0));
  parts[3] = partReport(3, 20, 1);
  const { objects, summary } = world({ succeeded: [[chunkReport(0)]] }, { succeeded: [parts] });
  const { output_uris } = await summary;
  expect(output_uris).toEqual(parts.slice(0, 10).map((part) => part.output_uri));
  expect(JSON.parse(objects.text(summaryKey))).toMatchObject({
    output_uris: parts.map((part) => part.output_uri),
  });
});

test.each([
  [[partReport(0, 499)], 499],
  [[partReport(0, 300), partReport(1, 300)], 600],
  [[], 0],
])('rows that do not add up are an error, and there is no summary', async (parts, came) => {
  const { objects, summary } = world({ succeeded: [[chunkReport(0)]] }, { succeeded: [parts] });
  await expect(summary).rejects.toMatchObject({
    kind: 'Internal',
    message: `Cannot account for every row: 500 rows went in and ${came} came out.`,
  });
  expect(objects.objects.has(summaryKey)).toBe(false);
});

test('a part that failed is an error', async () => {
  const { summary } = world({ succeeded: [[chunkReport(0)]] }, { failed: [failures('replaced')] });
  await expect(summary).rejects.toMatchObject({
    kind: 'Internal',
    message: 'Cannot account for every row: States.Timeout: replaced',
  });
});

const nothing = [partReport(0, 500, 0)];
test.each<[string, MapFiles, string]>([
  [
    'the message of a job',
    {
      succeeded: [
        [
          chunkReport(0),
          chunkReport(1, { job: { status: 'Failed', message: 'less records', job_name: 'n' } }),
        ],
      ],
    },
    'less records',
  ],
  ['the failure of a chunk', { failed: [failures('no such role')] }, 'States.Timeout: no such role'],
  ['the errors of records', { succeeded: [[chunkReport(0)]] }, 'each record has an error'],
])('a run without one success fails with %s, after the summary is written', async (_, chunks, example) => {
  const { objects, summary } = world(chunks, { succeeded: [nothing] });
  await expect(summary).rejects.toMatchObject({
    kind: 'NoRowSucceeded',
    message: `None of 500 rows succeeded, for example: ${example}. See s3://bucket/${summaryKey}.`,
  });
  expect(JSON.parse(objects.text(summaryKey))).toMatchObject({ statuses: { succeeded: 0 } });
});

test('one success is enough', async () => {
  const { summary } = world({ succeeded: [[chunkReport(0)]] }, { succeeded: [[partReport(0, 500, 1)]] });
  expect((await summary).statuses.succeeded).toBe(1);
});

/** Step Functions refuses a state's output of more. */
const MOST_OUTPUT_BYTES = 256 * 1024;

test('the answer does not grow with the jobs or the failures', async () => {
  const reports = Array.from({ length: 3000 }, (_, i) => chunkReport(i));
  const causes = Array.from({ length: 3000 }, () => 'x'.repeat(100));
  const { summary } = world(
    { succeeded: [reports], failed: [failures(...causes)] },
    { succeeded: [[partReport(0, 500)]] },
  );
  expect(JSON.stringify(await summary).length).toBeLessThan(10_000);
});

// With thousands of chunks the answer must stay below what a state may give out: all notes belong in summary.json, and as
// many as fit in the answer.
test.failing('the answer does not grow with the discrepancies', async () => {
  const discrepancies = ['manifest.json.out counts 1000 successes, the output has 999'];
  const reports = Array.from({ length: 5000 }, (_, i) => chunkReport(i, { discrepancies }));
  const { summary } = world({ succeeded: [reports] }, { succeeded: [[partReport(0, 500)]] });
  expect(JSON.stringify(await summary).length).toBeLessThan(MOST_OUTPUT_BYTES);
});

// The rows of a chunk that failed are missing, with the code ChunkFailed in the output: the codes must count them.
test.failing('the error codes account for every row that did not succeed', async () => {
  const part = { ...partReport(0, 500), statuses: { succeeded: 200, failed: 40, missing: 260 } };
  const { summary } = world(
    { succeeded: [[chunkReport(0)]], failed: [failures('x')] },
    { succeeded: [[part]] },
  );
  const { error_codes, statuses } = await summary;
  const coded = Object.values(error_codes).reduce((sum, rows) => sum + rows, 0);
  expect(coded).toBe(statuses.failed + statuses.missing);
});
