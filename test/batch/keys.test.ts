import fc from 'fast-check';
import {
  outputFormats,
  parseS3Uri,
  prefixes,
  readablePrefixes,
  runKeys,
  s3Uri,
} from '../../src/batch/keys.ts';
import { jobNamePrefixPattern, runIdPattern } from '../../src/batch/names.ts';
import { bedrockPatterns, LONGEST_S3_URI } from './bedrock-patterns.ts';

const run = { job_name_prefix: 'jokes', run_id: 'r1' };
const runs = fc.record({
  job_name_prefix: fc.stringMatching(jobNamePrefixPattern),
  run_id: fc.stringMatching(runIdPattern),
});

test('Bedrock takes the URIs of every job input and output', () => {
  const bucket = 'b'.repeat(63);
  fc.assert(
    fc.property(runs, fc.nat(99_999), fc.integer({ min: 1, max: 99 }), (any, chunk, attempt) => {
      for (const key of [runKeys.jobInput(any, chunk, attempt), runKeys.jobOutput(any, chunk, attempt)]) {
        const uri = s3Uri({ bucket, key });
        expect(uri).toMatch(bedrockPatterns.s3Uri);
        expect(uri.length).toBeLessThanOrEqual(LONGEST_S3_URI);
      }
    }),
  );
});

test('every key lies where the user is told', () => {
  expect({
    run: runKeys.run(run),
    chunks: runKeys.chunks(run),
    parts: runKeys.parts(run),
    summary: runKeys.summary(run),
    chunkReports: runKeys.chunkReports(run),
    partReports: runKeys.partReports(run),
    answers: runKeys.answers(run, 3),
    jobInput: runKeys.jobInput(run, 3, 1),
    jobOutput: runKeys.jobOutput(run, 3, 1),
    csv: runKeys.output(run, 'csv', 'topics.csv'),
    parquet: runKeys.output(run, 'parquet', 'topics.parquet'),
  }).toEqual({
    run: 'runs/jokes/r1/run.json',
    chunks: 'runs/jokes/r1/chunks.jsonl',
    parts: 'runs/jokes/r1/parts.jsonl',
    summary: 'runs/jokes/r1/summary.json',
    chunkReports: 'runs/jokes/r1/chunk_reports',
    partReports: 'runs/jokes/r1/part_reports',
    answers: 'runs/jokes/r1/answers/00003.arrow',
    jobInput: 'batch_inputs_json/jokes/r1/00003/1.jsonl',
    jobOutput: 'batch_outputs_json/jokes/r1/00003/1/',
    csv: 'batch_output_csv/jokes/r1/topics.csv',
    parquet: 'batch_output_parquet/jokes/r1/topics.parquet',
  });
});

test('listing an attempt finds no other attempt or chunk', () => {
  fc.assert(
    fc.property(
      fc.nat(99_999),
      fc.nat(99_999),
      fc.nat(99),
      fc.nat(99),
      (chunk, other, attempt, otherAttempt) => {
        fc.pre(chunk !== other || attempt !== otherAttempt);
        const output = runKeys.jobOutput(run, other, otherAttempt);
        expect(output.startsWith(runKeys.jobOutput(run, chunk, attempt))).toBe(false);
      },
    ),
  );
});

test('a run may read uploads and the outputs of runs, and nothing of its own making besides', () => {
  const outputs = outputFormats.map((format) => runKeys.output(run, format, 'x'));
  const readable = (key: string) => readablePrefixes.some((prefix) => key.startsWith(prefix));
  expect(['inputs/a.csv', ...outputs].every(readable)).toBe(true);
  expect([prefixes.runs, prefixes.jobInputs, prefixes.jobOutputs].some(readable)).toBe(false);
});

test.each([
  ['s3://bucket/a/b.csv', { bucket: 'bucket', key: 'a/b.csv' }],
  ['s3://bucket//a', { bucket: 'bucket', key: '/a' }],
  ['s3://bucket/a b/é?x=1#y', { bucket: 'bucket', key: 'a b/é?x=1#y' }],
  ['s3://bucket/a\nb', undefined],
  ['s3://bucket/', undefined],
  ['s3://bucket', undefined],
  ['s3:///key', undefined],
  ['S3://bucket/key', undefined],
  ['bucket/key', undefined],
  [' s3://bucket/key', undefined],
  ['', undefined],
])('%j is parsed', (uri, location) => {
  expect(parseS3Uri(uri)).toEqual(location);
  if (location !== undefined) expect(s3Uri(location)).toBe(uri);
});
