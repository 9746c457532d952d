import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { catalogEntryOf, foundationModelOf } from '../../models/catalog.ts';
import type { JobLimits } from '../../models/types.ts';
import { JobFailure } from './errors.ts';
import { linesOf } from './lines.ts';
import { parseS3Uri, type S3Location } from './s3-location.ts';

/** Over all files of a job. */
const MAX_JOB_BYTES = 5 * 1024 ** 3;
/** What takes media has room for it. */
const MAX_MEDIA_JOB_BYTES = 100 * 1024 ** 3;
const MEDIA_MODELS: readonly string[] = [
  'amazon.nova-lite-v1:0',
  'amazon.nova-pro-v1:0',
  'amazon.nova-2-multimodal-embeddings-v1:0',
];

/** Every model that batch serves has these limits, so they hold for one that the catalog does not list. */
const STANDARD_LIMITS: JobLimits = { minRecords: 100, maxRecords: 100_000, maxFileBytes: 1024 ** 3 };

export interface InputLimits extends JobLimits {
  readonly maxJobBytes: number;
}

export function limitsOf(modelId: string): InputLimits {
  const takesMedia = MEDIA_MODELS.includes(foundationModelOf(modelId).id);
  const maxJobBytes = takesMedia ? MAX_MEDIA_JOB_BYTES : MAX_JOB_BYTES;
  return { ...(catalogEntryOf(modelId)?.limits ?? STANDARD_LIMITS), maxJobBytes };
}

export interface InputFile extends S3Location {
  /** Where it lies below the input prefix; a lone object's own name. Outputs are named after it. */
  readonly name: string;
  readonly bytes: number;
}

export interface InputRecord {
  readonly recordId?: string;
  readonly modelInput?: unknown;
}

/** One object, or every `.jsonl` below a prefix. @throws JobFailure when there is none. */
export async function listInput(
  s3: S3Client,
  uri: string,
  signal: AbortSignal,
): Promise<readonly InputFile[]> {
  const { bucket, key } = parseS3Uri(uri);
  const single = key.endsWith('.jsonl');
  const prefix = single || key === '' ? key : `${key.replace(/\/$/, '')}/`;
  const files: InputFile[] = [];
  let token: string | undefined;
  do {
    const command = new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token });
    const page = await s3.send(command, { abortSignal: signal });
    for (const { Key = '', Size = 0 } of page.Contents ?? []) {
      const wanted = single ? Key === key : Key.endsWith('.jsonl');
      const name = single ? key.slice(key.lastIndexOf('/') + 1) : Key.slice(prefix.length);
      if (wanted) files.push({ bucket, key: Key, name, bytes: Size });
    }
    token = page.NextContinuationToken;
  } while (token !== undefined);
  if (files.length === 0) throw new JobFailure(`No .jsonl file was found at ${uri}.`);
  return files;
}

/** Reads everything once and counts the records. @throws JobFailure for what Bedrock finds while it validates a job. */
export async function validateInput(
  s3: S3Client,
  files: readonly InputFile[],
  limits: InputLimits,
  signal: AbortSignal,
): Promise<number> {
  refuseLargeFiles(files, limits);
  let total = 0;
  for (const file of files) {
    for await (const _ of readRecords(s3, file, signal)) {
      total++;
      // Counted while reading, so that a file of millions of records is not read to its end.
      if (total > limits.maxRecords) {
        throw new JobFailure(
          `Batch job contains more records than the allowed maximum of: ${limits.maxRecords}`,
        );
      }
    }
  }
  if (total < limits.minRecords) {
    throw new JobFailure(
      `Batch job contains less records (${total}) than the required minimum of: ${limits.minRecords}`,
    );
  }
  return total;
}

function refuseLargeFiles(files: readonly InputFile[], { maxFileBytes, maxJobBytes }: InputLimits): void {
  const large = files.find((file) => file.bytes > maxFileBytes);
  if (large !== undefined) {
    throw new JobFailure(
      `The file ${large.name} is larger (${large.bytes} bytes) than ${maxFileBytes} bytes.`,
    );
  }
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  if (bytes > maxJobBytes) {
    throw new JobFailure(`The job's files are larger (${bytes} bytes) than ${maxJobBytes} bytes.`);
  }
}

export async function* readRecords(
  s3: S3Client,
  { bucket, key, name }: InputFile,
  signal: AbortSignal,
): AsyncGenerator<InputRecord> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }), { abortSignal: signal });
  let line = 0;
  for await (const text of linesOf(Body as AsyncIterable<Uint8Array>)) {
    signal.throwIfAborted();
    line++;
    yield parseRecord(text, `line ${line} of ${name}`);
  }
}

/** Only the record's own form is looked at here; what the model thinks of `modelInput` shows when it runs. */
function parseRecord(text: string, where: string): InputRecord {
  const record = parseJson(text, where);
  if (typeof record !== 'object' || record === null || Array.isArray(record)) {
    throw new JobFailure(`The record at ${where} is not a JSON object.`);
  }
  if ('recordId' in record && typeof record.recordId !== 'string') {
    throw new JobFailure(`The recordId at ${where} is not a string.`);
  }
  return record as InputRecord;
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new JobFailure(`The record at ${where} is not well-formed JSON.`);
  }
}
