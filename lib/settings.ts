import type { Node } from 'constructs';
import leven from 'leven';
import { DEFAULT_RECORDS_PER_JOB } from '../src/batch/chunk-plan.ts';
import { standardLimits } from '../src/models/catalog.ts';

/** What `cdk.json` or `--context` sets. Sizes in MB, times in hours. */
export interface Settings {
  readonly maxSubmittedAndInProgressJobs: number;
  readonly preprocessFunctionMemoryMb: number;
  readonly postprocessFunctionMemoryMb: number;
  readonly bedrockBatchInferenceTimeoutHours: number;
  readonly maxRecordsPerJob: number;
  /** No bound when absent. */
  readonly maxTotalRecords: number | undefined;
  /** Of the secret in Secrets Manager that holds a token for Hugging Face. */
  readonly huggingFaceTokenSecretName: string | undefined;
  /** Instead of https://huggingface.co, without a trailing slash. */
  readonly huggingFaceEndpoint: string | undefined;
}

interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** Bedrock's own quota is 100 for a model and Region unless an account is granted more; the item of a model's slots holds 4,000. */
const jobsInFlight: Bounds = { min: 1, max: 4000 };
const functionMemory: Bounds = { min: 128, max: 10_240 };
/** CreateModelInvocationJob: timeoutDurationInHours. */
const jobHours: Bounds = { min: 24, max: 168 };
const records: Bounds = { min: 1, max: standardLimits.maxRecords };
const anyCount: Bounds = { min: 1, max: Number.MAX_SAFE_INTEGER };

/** A context value that cannot be used; its message is one sentence. */
export class SettingError extends Error {}

const names = [
  'maxSubmittedAndInProgressJobs',
  'maxConcurrentJobs',
  'preprocessFunctionMemoryMb',
  'postprocessFunctionMemoryMb',
  'bedrockBatchInferenceTimeoutHours',
  'maxRecordsPerJob',
  'maxTotalRecords',
  'huggingFaceTokenSecretName',
  'huggingFaceEndpoint',
];

/** CDK's own keys have a colon, a slash or an @ in them; what has none is meant for this stack. */
function refuseUnknown(node: Node): void {
  for (const key of Object.keys(node.getAllContext())) {
    if (!/^[a-z]+$/i.test(key) || names.includes(key)) continue;
    const nearest = names.reduce((best, name) => (leven(key, name) < leven(key, best) ? name : best));
    throw new SettingError(
      `Cannot synthesize the stack: there is no context value ${key}; did you mean ${nearest}?`,
    );
  }
}

/** @throws SettingError on the first value that is unknown or out of range */
export function readSettings(node: Node): Settings {
  refuseUnknown(node);
  const number = (name: string, bounds: Bounds, fallback?: number) =>
    checkedNumber(name, node.tryGetContext(name) ?? fallback, bounds);
  const jobs = node.tryGetContext('maxConcurrentJobs');
  const total = node.tryGetContext('maxTotalRecords');
  return {
    maxSubmittedAndInProgressJobs:
      jobs === undefined
        ? number('maxSubmittedAndInProgressJobs', jobsInFlight, 20)
        : checkedNumber('maxConcurrentJobs', jobs, jobsInFlight),
    preprocessFunctionMemoryMb: number('preprocessFunctionMemoryMb', functionMemory, 3008),
    postprocessFunctionMemoryMb: number('postprocessFunctionMemoryMb', functionMemory, 3008),
    bedrockBatchInferenceTimeoutHours: number('bedrockBatchInferenceTimeoutHours', jobHours, 24),
    maxRecordsPerJob: number('maxRecordsPerJob', records, DEFAULT_RECORDS_PER_JOB),
    maxTotalRecords: total === undefined ? undefined : checkedNumber('maxTotalRecords', total, anyCount),
    huggingFaceTokenSecretName: secretName(node, 'huggingFaceTokenSecretName'),
    huggingFaceEndpoint: endpoint(node, 'huggingFaceEndpoint'),
  };
}

/** Context from the command line is text, from cdk.json a number. */
function checkedNumber(name: string, value: unknown, { min, max }: Bounds): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max) return number;
  throw refused(name, `an integer from ${min} to ${max}`, value);
}

/** CreateSecret: Name. An ARN is none: the stack grants by name. */
const secretNamePattern = /^[A-Za-z0-9/_+=.@-]{1,512}$/;

function secretName(node: Node, name: string): string | undefined {
  const value: unknown = node.tryGetContext(name);
  if (value === undefined || (typeof value === 'string' && secretNamePattern.test(value))) return value;
  throw refused(name, 'the name of a secret: 1 to 512 letters, digits or any of /_+=.@-', value);
}

function endpoint(node: Node, name: string): string | undefined {
  const value: unknown = node.tryGetContext(name);
  if (value === undefined) return undefined;
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  // A user name, a query or a fragment would end up in the middle of other URLs.
  if (url !== undefined && /^https?:\/\/[^/@?#]+[^@?#]*$/.test(String(value)))
    return url.href.replace(/\/+$/, '');
  throw refused(name, 'an http or https URL, such as https://huggingface.co', value);
}

function refused(name: string, rule: string, value: unknown): SettingError {
  return new SettingError(
    `Cannot synthesize the stack: the context value ${name} must be ${rule}, got ${JSON.stringify(value)}.`,
  );
}
