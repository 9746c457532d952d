import { parseRunRequest } from '../../src/batch/request.ts';
import acceptedCases from '../cases/batch/requests-accepted.json';
import refusedCases from '../cases/batch/requests-refused.json';

type Fields = Readonly<Record<string, unknown>>;

interface Accepted {
  readonly name: string;
  readonly change: Fields;
  readonly request: Fields;
}

/** A whole `input`, or a good one with a `change`, or `without` one of its keys. */
interface Refused {
  readonly name: string;
  readonly input?: unknown;
  readonly change?: Fields;
  readonly without?: string;
  readonly refusal: string;
}

const good: Fields = { s3_uri: 's3://bucket/inputs/t.csv', job_name_prefix: 'jokes', model_id: 'a.model' };
const parsed = {
  s3Uri: 's3://bucket/inputs/t.csv',
  jobNamePrefix: 'jokes',
  modelId: 'a.model',
  promptId: undefined,
  maxJobs: undefined,
  maxRecordsPerJob: 1000,
  maxRecordsTotal: 77,
  outputFormat: undefined,
};
const defaults = { maxRecordsPerJob: 1000, maxRecordsTotal: 77 };

function inputOf({ input, change = {}, without }: Refused): unknown {
  if (input !== undefined) return input;
  const changed: Record<string, unknown> = { ...good, ...change };
  if (without !== undefined) delete changed[without];
  return changed;
}

const refused = (message: string) => expect.objectContaining({ kind: 'InvalidInput', message });

test.each(acceptedCases as readonly Accepted[])('accepts $name', ({ change, request }) => {
  expect(parseRunRequest({ ...good, ...change }, defaults)).toEqual({ ...parsed, ...request });
});

test.each(refusedCases as readonly Refused[])('refuses $name', (refusedCase) => {
  expect(() => parseRunRequest(inputOf(refusedCase), defaults)).toThrow(refused(refusedCase.refusal));
});

test('refuses nothing at all', () => {
  const sentence = 'Cannot start the run: the execution input must be a JSON object, got nothing.';
  expect(() => parseRunRequest(undefined, defaults)).toThrow(refused(sentence));
});

test('refuses a key named __proto__, which JSON can hold', () => {
  const input: unknown = JSON.parse('{"__proto__": {"s3_uri": "s3://b/inputs/k"}}');
  expect(() => parseRunRequest(input, defaults)).toThrow(/^Cannot start the run: "__proto__" is not a key/);
});

test('refuses a key next to its alias, whichever comes first', () => {
  const both = { ...good, max_records_per_job: 5, max_records_per_batch: 5 };
  const sentence =
    /^Cannot start the run: max_records_per_job and its alias max_records_per_batch must not both be given/;
  expect(() => parseRunRequest(both, defaults)).toThrow(sentence);
});

test('without a default there is no total', () => {
  expect(parseRunRequest(good, { maxRecordsPerJob: 10 })).toMatchObject({
    maxRecordsPerJob: 10,
    maxRecordsTotal: undefined,
  });
});

// The refusal must name the value that was given under the alias; it says "got nothing".
test.failing('refuses a bad value under an alias with that value', () => {
  const sentence = 'Cannot start the run: max_records_per_job must be an integer from 1 to 100000, got 0.';
  expect(() => parseRunRequest({ ...good, max_records_per_batch: 0 }, defaults)).toThrow(refused(sentence));
});

// Whichever of a key and its alias comes first, the sentence must name the alias as the alias.
test.failing('names the alias when it comes before its key', () => {
  const both = { ...good, max_records_per_batch: 5, max_records_per_job: 5 };
  const sentence =
    /^Cannot start the run: max_records_per_job and its alias max_records_per_batch must not both/;
  expect(() => parseRunRequest(both, defaults)).toThrow(sentence);
});

// What selects a Hugging Face split means nothing for an S3 object: it must be refused, not ignored.
test.failing.each(['split', 'config', 'revision'])('refuses %s beside s3_uri', (key) => {
  expect(() => parseRunRequest({ ...good, [key]: 'x' }, defaults)).toThrow(
    expect.objectContaining({ kind: 'InvalidInput' }),
  );
});

// A prefix names folders and jobs: it must be refused with its blanks, not changed in silence.
test.failing('refuses blanks around the prefix', () => {
  expect(() => parseRunRequest({ ...good, job_name_prefix: ' jokes ' }, defaults)).toThrow(
    expect.objectContaining({ kind: 'InvalidInput' }),
  );
});
