import leven from 'leven';
import * as z from 'zod';
import { BatchError, refusal } from '../errors.ts';
import { type OutputFormat, outputFormats, parseS3Uri } from './keys.ts';
import { JOB_NAME_PREFIX_LENGTH, jobNamePrefixPattern } from './names.ts';

/** The most that any model takes; one that takes fewer refuses them when chunks are planned. */
const MAX_RECORDS_PER_JOB = 100_000;

/** What becomes of fewer records than a batch inference job takes. */
const smallSets = ['on_demand', 'fail'] as const;
const MOST_ATTEMPTS = 10;
const MOST_ON_DEMAND = 1000;
/** Thirty days: longer than all jobs of a run take. */
const MOST_DEADLINE_MINUTES = 43_200;
const embeddingTypes = ['float32', 'float64'] as const;

const count = (max: number) =>
  z
    .int(`an integer from 1 to ${max}`)
    .min(1, `an integer from 1 to ${max}`)
    .max(max, `an integer from 1 to ${max}`);
const text = z.string('a string').min(1, 'a string of at least one character');

/** The execution's input, as the README documents it. */
const fields = {
  s3_uri: text.nullish(),
  dataset_id: text.nullish(),
  split: text.nullish(),
  config: text.nullish(),
  revision: text.nullish(),
  job_name_prefix: text.regex(
    jobNamePrefixPattern,
    `1 to ${JOB_NAME_PREFIX_LENGTH} letters, digits, "-" or ".", the first a letter or digit (Bedrock accepts no other in job names and S3 URIs)`,
  ),
  model_id: text,
  prompt_id: text.nullish(),
  max_num_jobs: count(Number.MAX_SAFE_INTEGER).nullish(),
  max_records_per_job: count(MAX_RECORDS_PER_JOB).nullish(),
  max_records_total: count(Number.MAX_SAFE_INTEGER).nullish(),
  output_format: z.enum(outputFormats, `one of ${outputFormats.join(', ')}`).nullish(),
  max_attempts: count(MOST_ATTEMPTS).nullish(),
  small_sets: z.enum(smallSets, `one of ${smallSets.join(', ')}`).nullish(),
  max_on_demand_concurrency: count(MOST_ON_DEMAND).nullish(),
  deadline_minutes: count(MOST_DEADLINE_MINUTES).nullish(),
  infer_types: z.boolean('true or false').nullish(),
  embedding_type: z.enum(embeddingTypes, `one of ${embeddingTypes.join(', ')}`).nullish(),
  csv_delimiter: z
    .string('one character')
    .regex(/^[\t\x20-\x7e]$/, 'one ASCII character')
    .regex(/[^"]/, 'another character than the quote')
    .nullish(),
  csv_ragged_rows: z.enum(['refuse', 'pad'], 'refuse or pad').nullish(),
};

const aliases: Readonly<Record<string, keyof typeof fields>> = {
  max_records_per_batch: 'max_records_per_job',
};

const schema = z.object(fields);

/** Where the rows are: an object or all below a prefix, or a split on the Hugging Face Hub. */
export type DatasetName =
  | { readonly kind: 's3'; readonly uri: string }
  | {
      readonly kind: 'hugging-face';
      readonly datasetId: string;
      readonly split: string;
      readonly config?: string | undefined;
      readonly revision?: string | undefined;
    };

export interface RunRequest {
  readonly dataset: DatasetName;
  readonly jobNamePrefix: string;
  readonly modelId: string;
  readonly promptId: string | undefined;
  readonly maxJobs: number | undefined;
  readonly maxRecordsPerJob: number;
  readonly maxRecordsTotal: number | undefined;
  readonly outputFormat: OutputFormat | undefined;
  /** Jobs, or turns on demand, that a record gets at most. */
  readonly maxAttempts: number;
  readonly smallSets: (typeof smallSets)[number];
  /** Records of the run that are invoked on demand at a time. */
  readonly maxOnDemandConcurrency: number;
  /** After these from the start of the run what has no answer is asked on demand. */
  readonly deadlineMinutes: number | undefined;
  /** CSV written as Parquet: columns become numbers, booleans, dates and times where all their values are. */
  readonly inferTypes: boolean;
  readonly embeddingType: (typeof embeddingTypes)[number] | undefined;
  readonly csv: CsvRequest;
}

export interface CsvRequest {
  readonly delimiter?: string | undefined;
  readonly raggedRows?: 'refuse' | 'pad' | undefined;
}

/** What the stack sets where a request is silent. */
export interface RequestDefaults {
  readonly maxRecordsPerJob: number;
  readonly maxRecordsTotal?: number | undefined;
}

/**
 * The execution's input, checked.
 * @throws BatchError InvalidInput with one sentence on the first thing that is wrong.
 */
export function parseRunRequest(input: unknown, defaults: RequestDefaults): RunRequest {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw refusal('start the run', 'the execution input', 'be a JSON object', input);
  }
  const named = withoutAliases(input);
  const parsed = schema.safeParse(named);
  if (!parsed.success) throw fieldRefusal(parsed.error, named);
  const request = parsed.data;
  return {
    dataset: datasetOf(request),
    jobNamePrefix: request.job_name_prefix,
    modelId: request.model_id,
    promptId: request.prompt_id ?? undefined,
    maxJobs: request.max_num_jobs ?? undefined,
    maxRecordsPerJob: request.max_records_per_job ?? defaults.maxRecordsPerJob,
    maxRecordsTotal: request.max_records_total ?? defaults.maxRecordsTotal,
    outputFormat: request.output_format ?? undefined,
    maxAttempts: request.max_attempts ?? 3,
    smallSets: request.small_sets ?? 'on_demand',
    maxOnDemandConcurrency: request.max_on_demand_concurrency ?? 20,
    deadlineMinutes: request.deadline_minutes ?? undefined,
    inferTypes: request.infer_types ?? false,
    embeddingType: request.embedding_type ?? undefined,
    csv: {
      delimiter: request.csv_delimiter ?? undefined,
      raggedRows: request.csv_ragged_rows ?? undefined,
    },
  };
}

function withoutAliases(input: object): Record<string, unknown> {
  const known: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(input)) {
    const name = aliases[key] ?? key;
    if (!Object.hasOwn(fields, name)) throw unknownKey(key);
    if (Object.hasOwn(known, name)) {
      const alias = Object.keys(aliases).find((key) => aliases[key] === name);
      throw refusal('start the run', `${name} and its alias ${alias}`, 'not both be given', 'both');
    }
    known[name] = value;
  }
  return known;
}

function unknownKey(key: string): BatchError {
  const names = [...Object.keys(fields), ...Object.keys(aliases)];
  const nearest = names.reduce((best, name) => (leven(key, name) < leven(key, best) ? name : best));
  const hint =
    leven(key, nearest) <= Math.max(2, key.length / 2)
      ? `did you mean ${nearest}?`
      : `the keys are ${names.join(', ')}.`;
  const what = `${JSON.stringify(key)} is not a key of the input`;
  return new BatchError('InvalidInput', `Cannot start the run: ${what}; ${hint}`);
}

function fieldRefusal(error: z.ZodError, named: Readonly<Record<string, unknown>>): BatchError {
  const [issue] = error.issues;
  const field = String(issue?.path[0]);
  return refusal('start the run', field, `be ${issue?.message}`, named[field]);
}

function datasetOf(request: z.infer<typeof schema>): DatasetName {
  const { s3_uri, dataset_id, split, config, revision } = request;
  if ((s3_uri == null) === (dataset_id == null)) {
    const got = s3_uri == null ? 'neither' : 'both';
    throw refusal('start the run', 'the source', 'be exactly one of s3_uri and dataset_id', got);
  }
  if (s3_uri == null) {
    return {
      kind: 'hugging-face',
      datasetId: dataset_id ?? '',
      split: split ?? 'train',
      config: config ?? undefined,
      revision: revision ?? undefined,
    };
  }
  for (const key of ['split', 'config', 'revision'] as const) {
    if (request[key] != null) {
      throw refusal('start the run', key, 'be absent beside s3_uri: it is of dataset_id', request[key]);
    }
  }
  if (parseS3Uri(s3_uri) === undefined) {
    throw refusal('start the run', 's3_uri', 'have the form s3://bucket/key', s3_uri);
  }
  return { kind: 's3', uri: s3_uri };
}
