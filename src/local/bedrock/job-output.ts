import { Readable } from 'node:stream';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { RecordAnswer, TokenCount } from './answer-back-end.ts';
import type { Job } from './job.ts';
import type { S3Location } from './s3-location.ts';

export interface AnsweredRecord {
  readonly recordId: string;
  readonly modelInput: unknown;
  readonly answer: RecordAnswer;
}

/**
 * Writes records as they come, a few parts in flight, so that memory does not grow with the file. It is cut short by
 * records that reject: `Upload.abort()` would return before the parts that were sent are removed.
 */
export async function writeRecords(
  s3: S3Client,
  { bucket, key }: S3Location,
  records: AsyncIterable<AnsweredRecord>,
): Promise<void> {
  const body = Readable.from(outputLines(records));
  const upload = new Upload({ client: s3, params: { Bucket: bucket, Key: key, Body: body }, queueSize: 2 });
  try {
    await upload.done();
  } finally {
    body.destroy();
  }
}

async function* outputLines(records: AsyncIterable<AnsweredRecord>): AsyncGenerator<Buffer> {
  for await (const { recordId, modelInput, answer } of records) {
    const result = 'error' in answer ? { error: answer.error } : { modelOutput: answer.modelOutput };
    // Bedrock writes the keys in this order.
    yield Buffer.from(`${JSON.stringify({ modelInput, ...result, recordId })}\n`);
  }
}

export async function writeManifest(
  s3: S3Client,
  { bucket, key }: S3Location,
  job: Job,
  tokens: TokenCount,
): Promise<void> {
  const manifest = {
    totalRecordCount: job.totalRecords,
    processedRecordCount: job.succeededRecords + job.failedRecords,
    successRecordCount: job.succeededRecords,
    errorRecordCount: job.failedRecords,
    inputTokenCount: tokens.input,
    outputTokenCount: tokens.output,
  };
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: JSON.stringify(manifest) }));
}
