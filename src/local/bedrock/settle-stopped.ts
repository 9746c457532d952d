import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';
import { contentHash } from '../faults/record-faults.ts';
import { NO_RECORDS } from './job.ts';
import { isManifest, outputFolder, readManifest } from './job-output.ts';
import type { Change, JobRun } from './job-run.ts';
import { linesOf } from './lines.ts';
import { below, type S3Location } from './s3-location.ts';

/**
 * The end of a job that a restart found stopping: with the output whose manifest was written. Of output without one
 * nobody knows the counts or the cost any more, so that it is taken back.
 */
export async function settleStopped({ job, options }: JobRun): Promise<Change> {
  // Not as the job's role: Bedrock takes nothing back, and its jobs need no leave to.
  const {
    ledger,
    s3: { own: s3 },
  } = options;
  const folder = outputFolder(job);
  const counters = await readManifest(s3, folder);
  const answered = new Set<string>();
  for await (const output of listOutput(s3, folder)) {
    if (counters === undefined) await s3.send(new DeleteObjectCommand(output));
    else if (ledger !== undefined) await readAnswered(s3, output, answered);
  }
  if (counters !== undefined) ledger?.addJob(job.id, answered);
  return { status: 'Stopped', ...(counters ?? NO_RECORDS) };
}

interface ObjectName {
  readonly Bucket: string;
  readonly Key: string;
}

async function* listOutput(s3: S3Client, folder: S3Location): AsyncGenerator<ObjectName> {
  const { bucket: Bucket, key: Prefix } = below(folder, '');
  let StartAfter: string | undefined;
  do {
    const page = await s3.send(new ListObjectsV2Command({ Bucket, Prefix, StartAfter }));
    StartAfter = page.IsTruncated ? page.Contents?.at(-1)?.Key : undefined;
    for (const { Key = '' } of page.Contents ?? []) if (!isManifest(Key)) yield { Bucket, Key };
  } while (StartAfter !== undefined);
}

async function readAnswered(s3: S3Client, output: ObjectName, answered: Set<string>): Promise<void> {
  const { Body } = await s3.send(new GetObjectCommand(output));
  for await (const line of linesOf(Body as AsyncIterable<Uint8Array>)) {
    const { modelInput, modelOutput } = parse(line);
    if (modelOutput !== undefined) answered.add(contentHash(modelInput));
  }
}

/** A fault may have torn the line. */
function parse(line: string): { readonly modelInput?: unknown; readonly modelOutput?: unknown } {
  try {
    return JSON.parse(line);
  } catch {
    return {};
  }
}
