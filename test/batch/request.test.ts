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
  dataset: { kind: 's3', uri: 's3://bucket/inputs/t.csv' },
  jobNamePrefix: 'jokes',
  modelId: 'a.model',
  promptId: undefined,
  maxJobs: undefined,
  maxRecordsPerJob: 1000,
  maxRecordsTotal: 77,
  outputFormat: undefined,
  maxAttempts: 3,
  smallSets: 'on_demand',
  maxOnDemandConcurrency: 20,
  deadlineMinutes: undefined,
  inferTypes: false,
  embeddingType: undefined,
  csv: { delimiter: undefined, raggedRows: undefined },
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

test('without a default there is no total', () => {
  expect(parseRunRequest(good, { maxRecordsPerJob: 10 })).toMatchObject({
    maxRecordsPerJob: 10,
    maxRecordsTotal: undefined,
  });
});

test.each([
  ['first', { max_records_per_batch: 5, max_records_per_job: 5 }],
  ['second', { max_records_per_job: 5, max_records_per_batch: 5 }],
])('refuses a key next to its alias, which comes %s', (_, both) => {
  const sentence =
    /^Cannot start the run: max_records_per_job and its alias max_records_per_batch must not both be given/;
  expect(() => parseRunRequest({ ...good, ...both }, defaults)).toThrow(sentence);
});
