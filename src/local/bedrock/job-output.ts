import { Readable } from 'node:stream';
import { GetObjectCommand, NoSuchKey, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { RecordAnswer, TokenCount } from './answer-back-end.ts';
import { type Job, type JobCounters, processedRecords } from './job.ts';
import { below, parseS3Uri, type S3Location } from './s3-location.ts';

export interface AnsweredRecord {
  readonly recordId: string;
  readonly modelInput: unknown;
  readonly answer: RecordAnswer;
  /** Only the first half of its line is written. */
  readonly torn: boolean;
}

const MANIFEST = 'manifest.json.out';

export function outputFolder(job: Job): S3Location {
  return below(parseS3Uri(job.request.outputDataConfig.s3OutputDataConfig.s3Uri), job.id);
}

/**
 * Writes records as they come, a few parts in flight, so that memory does not grow with the file. It is cut short by
 * records that reject: `Upload.abort()` would return before the parts that were sent are removed.
 */
export async function writeRecords(
  s3: S3Client,
  { bucket, key }: S3Location,
  job: Job,
  records: AsyncIterable<AnsweredRecord>,
): Promise<void> {
  const body = Readable.from(outputLines(records));
  const params = { Bucket: bucket, Key: key, Body: body, ...encryptionOf(job) };
  const upload = new Upload({ client: s3, params, queueSize: 2 });
  try {
    await upload.done();
  } finally {
    body.destroy();
  }
}

function encryptionOf({ request }: Job) {
  const { s3EncryptionKeyId } = request.outputDataConfig.s3OutputDataConfig;
  if (s3EncryptionKeyId === undefined) return {};
  return { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: s3EncryptionKeyId } as const;
}

async function* outputLines(records: AsyncIterable<AnsweredRecord>): AsyncGenerator<Buffer> {
  for await (const { recordId, modelInput, answer, torn } of records) {
    const result = 'error' in answer ? { error: answer.error } : { modelOutput: answer.modelOutput };
    // Bedrock writes the keys in this order.
    const line = JSON.stringify({ modelInput, ...result, recordId });
    yield Buffer.from(`${torn ? line.slice(0, line.length / 2) : line}\n`);
  }
}

export async function writeManifest(
  s3: S3Client,
  folder: S3Location,
  job: Job,
  tokens: TokenCount,
): Promise<void> {
  const { bucket, key } = below(folder, MANIFEST);
  const manifest = {
    totalRecordCount: job.totalRecords,
    processedRecordCount: processedRecords(job),
    successRecordCount: job.succeededRecords,
    errorRecordCount: job.failedRecords,
    inputTokenCount: tokens.input,
    outputTokenCount: tokens.output,
  };
  const Body = JSON.stringify(manifest);
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body, ...encryptionOf(job) }));
}

/** What the manifest says, or undefined where there is none. */
export async function readManifest(s3: S3Client, folder: S3Location): Promise<JobCounters | undefined> {
  const { bucket, key } = below(folder, MANIFEST);
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    const manifest = JSON.parse((await Body?.transformToString()) ?? '') as Record<string, number>;
    return {
      totalRecords: manifest['totalRecordCount'] ?? 0,
      succeededRecords: manifest['successRecordCount'] ?? 0,
      failedRecords: manifest['errorRecordCount'] ?? 0,
    };
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

export function isManifest(key: string): boolean {
  return key.endsWith(`/${MANIFEST}`);
}
