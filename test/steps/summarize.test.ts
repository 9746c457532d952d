import type { AttemptResult, ChunkReport, PartReport, Run } from '../../src/batch/manifest.ts';
import { type SummarizeInput, type Summary, summarize } from '../../src/steps/summarize.ts';
import { MemoryStore } from './fakes.ts';
import { aRun } from './fixtures.ts';
import { failures, type MapFiles, mapResult } from './map-files.ts';

const run = aRun({ row_count: 500, chunk_count: 2, notes: ['A note of the plan.'] });
const collaborators = (objects: MemoryStore) => ({ objects, now: () => Date.parse(run.started_at) + 90_500 });

function anAttempt(change: Partial<AttemptResult>): AttemptResult {
  return { status: 'Completed', attempt: 1, way: 'batch', records: 250, null_values: 2, ...change };
}

function chunkReport(index: number, change: Partial<ChunkReport> = {}): ChunkReport {
  return {
    index,
    rows: 250,
    attempts: [anAttempt({ job_arn: `arn:job/${index}`, job_name: `jokes-0-0000${index}-1` })],
    null_values: 2,
    discrepancies: [],
    ...change,
  };
}

const reports = (count: number) => Array.from({ length: count }, (_, i) => chunkReport(i));

/** A part whose rows that did not succeed are twenty missing, and the others failed. */
const partReport = (index: number, rows: number, succeeded = rows - 100): PartReport => ({
  index,
  output_uri: `s3://bucket/out/${index}.csv`,
  rows,
  outcomes: {
    statuses: { succeeded, failed: rows - succeeded - 20, missing: 20 },
    error_codes: { '400': rows - succeeded - 20, NoAnswer: 20 },
    input_tokens: succeeded * 5,
    output_tokens: succeeded * 2,
  },
});

function world(chunks: MapFiles, parts: MapFiles, change: Partial<Run> = {}) {
  const objects = new MemoryStore({ pieceBytes: 1000 });
  const input: SummarizeInput = {
    run: { ...run, ...change },
    chunks: mapResult(objects, 'chunk_reports', chunks),
    parts: mapResult(objects, 'part_reports', parts),
  };
  return { objects, summary: summarize(input, collaborators(objects)) };
}

const summaryKey = 'runs/jokes/run-1/summary.json';

test('adds up chunks and parts, over all files of the maps', async () => {
  const { objects, summary } = world(
    { succeeded: [[chunkReport(1)], [chunkReport(0)]] },
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
    error_codes: { '400': 160, NoAnswer: 40 },
    input_tokens: 1500,
    output_tokens: 600,
    on_demand_records: 0,
    null_values: 4,
    chunks: 2,
    notes: ['A note of the plan.'],
    duration_seconds: 90.5,
    output_uris: ['s3://bucket/out/0.csv', 's3://bucket/out/1.csv'],
    summary_uri: `s3://bucket/${summaryKey}`,
  });
  expect(JSON.parse(objects.text(summaryKey))).toEqual({
    ...output,
    attempts: [
      { chunk: 0, ...anAttempt({ job_arn: 'arn:job/0', job_name: 'jokes-0-00000-1' }) },
      { chunk: 1, ...anAttempt({ job_arn: 'arn:job/1', job_name: 'jokes-0-00001-1' }) },
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

const twoFailed = failures([
  [2, 'out of time'],
  [1, 'out of memory'],
]);
test.each([
  ['a list', twoFailed],
  ['a line each', twoFailed.slice(1, -1).replace('},{"Name"', '}\n{"Name"')],
])('names the chunks that failed, in order, from %s of failures', async (_, failed) => {
  const { objects, summary } = world(
    { succeeded: [[chunkReport(0)]], failed: [failed] },
    { succeeded: [[partReport(0, 500, 200)]] },
    { chunk_count: 3 },
  );
  const output = await summary;
  expect(output).toMatchObject({
    rows: 500,
    chunks: 3,
    statuses: { succeeded: 200, failed: 280, missing: 20 },
  });
  expect(output).not.toHaveProperty('failed_chunks');
  expect(JSON.parse(objects.text(summaryKey))).toMatchObject({
    failed_chunks: [
      { index: 1, error: 'States.Timeout: out of memory' },
      { index: 2, error: 'States.Timeout: out of time' },
    ],
  });
});

test('a failed chunk is told in a sentence, also where its cause was cut off', async () => {
  const cause = JSON.stringify({ errorType: 'E', errorMessage: 'too large', trace: ['x'.repeat(40_000)] });
  const { objects, summary } = world(
    { succeeded: [[chunkReport(0)]], failed: [failures([[1, cause.slice(0, 32_768)]])] },
    { succeeded: [[partReport(0, 500)]] },
  );
  await summary;
  expect(JSON.parse(objects.text(summaryKey))).toMatchObject({
    failed_chunks: [{ index: 1, error: 'States.Timeout: too large' }],
  });
});

test('many outputs are in summary.json, and the first ten in the answer', async () => {
  const parts = Array.from({ length: 25 }, (_, i) => partReport(i, 40, 20)).reverse();
  const { objects, summary } = world(
    { succeeded: [reports(2)] },
    { succeeded: [parts] },
    { row_count: 1000 },
  );
  const { output_uris } = await summary;
  const uris = Array.from({ length: 25 }, (_, i) => `s3://bucket/out/${i}.csv`);
  expect(output_uris).toEqual(uris.slice(0, 10));
  expect(JSON.parse(objects.text(summaryKey))).toMatchObject({ output_uris: uris });
});

test.each([
  [[partReport(0, 499)], 499],
  [[partReport(0, 300), partReport(1, 300)], 600],
  [[], 0],
])('rows that do not add up are an error, and there is no summary', async (parts, came) => {
  const { objects, summary } = world({ succeeded: [reports(2)] }, { succeeded: [parts] });
  await expect(summary).rejects.toMatchObject({
    kind: 'Internal',
    message: `Cannot account for every row: 500 rows went in and ${came} came out.`,
  });
  expect(objects.objects.has(summaryKey)).toBe(false);
});

test.each<[string, MapFiles, number]>([
  ['a chunk too few', { succeeded: [reports(1)] }, 1],
  ['a chunk too many', { succeeded: [reports(3)] }, 3],
  ['no chunk', {}, 0],
  ['a failed chunk too many', { succeeded: [reports(2)], failed: [failures([[2, 'x']])] }, 3],
])('%s is an error, and there is no summary', async (_, chunks, came) => {
  const { objects, summary } = world(chunks, { succeeded: [[partReport(0, 500)]] });
  await expect(summary).rejects.toMatchObject({
    kind: 'Internal',
    message: `Cannot account for every row: 2 chunks went in and ${came} came out.`,
  });
  expect(objects.objects.has(summaryKey)).toBe(false);
});

test('a part that failed is an error', async () => {
  const Input = JSON.stringify({ run, part: { index: 0 } });
  const failed = JSON.stringify([{ Input, Error: 'States.Timeout', Cause: 'replaced' }]);
  const { objects, summary } = world({ succeeded: [reports(2)] }, { failed: [failed] });
  await expect(summary).rejects.toMatchObject({
    kind: 'Internal',
    message: 'Cannot account for every row: States.Timeout: replaced.',
  });
  expect(objects.objects.has(summaryKey)).toBe(false);
});

const nothing = [partReport(0, 500, 0)];
test.each<[string, MapFiles, string]>([
  [
    'the message of a job',
    {
      succeeded: [
        [
          chunkReport(0),
          chunkReport(1, { attempts: [anAttempt({ status: 'Failed', message: 'less records' })] }),
        ],
      ],
    },
    'less records',
  ],
  [
    'the failure of the first chunk',
    {
      failed: [
        failures([
          [1, 'later'],
          [0, 'no such role'],
        ]),
      ],
    },
    'States.Timeout: no such role',
  ],
  [
    'the failure of a chunk, where a job has an empty message',
    {
      succeeded: [[chunkReport(0, { attempts: [anAttempt({ status: 'Failed', message: '' })] })]],
      failed: [failures([[1, 'no such role']])],
    },
    'States.Timeout: no such role',
  ],
  ['the errors of records', { succeeded: [reports(2)] }, 'each record has an error'],
])('a run without one success fails with %s, after the summary is written', async (_, chunks, example) => {
  const { objects, summary } = world(chunks, { succeeded: [nothing] });
  await expect(summary).rejects.toMatchObject({
    kind: 'NoRowSucceeded',
    message: `None of 500 rows succeeded, for example: ${example}. See s3://bucket/${summaryKey}.`,
  });
  expect(JSON.parse(objects.text(summaryKey))).toMatchObject({ statuses: { succeeded: 0 } });
});

test('one success is enough', async () => {
  const { summary } = world({ succeeded: [reports(2)] }, { succeeded: [[partReport(0, 500, 1)]] });
  expect((await summary).statuses.succeeded).toBe(1);
});

/** Step Functions refuses a state's output of more. */
const MOST_OUTPUT_BYTES = 256 * 1024;

test('the answer of 5,000 chunks is short, whatever was amiss with them, and summary.json has it all', async () => {
  const discrepancies = [
    'manifest.json.out counts 1000 successes, the output has 999',
    '1 lines of the output could not be read',
  ];
  const chunks = reports(4000).map((report) => ({ ...report, discrepancies }));
  const causes = Array.from({ length: 1000 }, (_, i) => [4000 + i, 'x'.repeat(2000)] as const);
  const error_codes = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`Code${i}`, 1]));
  const part = partReport(0, 500);
  const { objects, summary } = world(
    { succeeded: [chunks], failed: [failures(causes)] },
    { succeeded: [[{ ...part, outcomes: { ...part.outcomes, error_codes } }]] },
    { chunk_count: 5000 },
  );
  const output = await summary;
  expect(JSON.stringify(output).length).toBeLessThan(MOST_OUTPUT_BYTES / 25);
  expect(output.notes).toHaveLength(11);
  expect(output.notes.slice(0, 2)).toEqual([
    'A note of the plan.',
    'Chunk 0: manifest.json.out counts 1000 successes, the output has 999.',
  ]);
  expect(output.notes.at(-1)).toBe('7991 more notes are in summary.json.');
  expect(Object.keys(output.error_codes)).toHaveLength(10);
  const whole = JSON.parse(objects.text(summaryKey)) as Summary;
  expect([whole.notes.length, whole.attempts.length, whole.failed_chunks.length]).toEqual([8001, 4000, 1000]);
  expect(whole.error_codes).toEqual(error_codes);
});

test('ten notes are all in the answer', async () => {
  const notes = Array.from({ length: 10 }, (_, i) => `Note ${i}.`);
  const { summary } = world({ succeeded: [reports(2)] }, { succeeded: [[partReport(0, 500)]] }, { notes });
  expect((await summary).notes).toEqual(notes);
});

// The rows of a chunk that failed are missing, with the code ChunkFailed in the output, which AssembleOutput counts.
test('the error codes account for every row that did not succeed', async () => {
  const outcomes = {
    statuses: { succeeded: 200, failed: 40, missing: 260 },
    error_codes: { '400': 40, NoAnswer: 10, ChunkFailed: 250 },
    input_tokens: 0,
    output_tokens: 0,
  };
  const { summary } = world(
    { succeeded: [[chunkReport(0)]], failed: [failures([[1, 'x']])] },
    { succeeded: [[{ ...partReport(0, 500), outcomes }]] },
  );
  const { error_codes, statuses } = await summary;
  const coded = Object.values(error_codes).reduce((sum, rows) => sum + rows, 0);
  expect(coded).toBe(statuses.failed + statuses.missing);
});
