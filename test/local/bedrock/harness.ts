import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BedrockClient,
  CreateModelInvocationJobCommand,
  type CreateModelInvocationJobCommandInput,
  GetModelInvocationJobCommand,
  type GetModelInvocationJobCommandOutput,
} from '@aws-sdk/client-bedrock';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { type BedrockOptions, type BedrockServer, startBedrock } from '../../../src/local/bedrock/server.ts';
import { fastClock } from '../../../src/local/clock.ts';
import type { EventBridgeEvent } from '../../../src/local/events/event.ts';
import { startS3 } from '../../../src/local/s3/server.ts';
import { claude } from '../../../src/models/claude.ts';

export const HAIKU = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
export const TITAN = 'amazon.titan-embed-text-v2:0';
export const BUCKET = 'batch-bucket';
export const HOUR = 3_600_000;
export const clock = fastClock(50);
const credentials = { accessKeyId: 'TEST', secretAccessKey: 'x' };
/** An input that no job gets to read. */
export const ANY_INPUT = `s3://${BUCKET}/in/any.jsonl`;

export interface Service {
  readonly client: BedrockClient;
  readonly server: BedrockServer;
  readonly events: EventBridgeEvent[];
}

export type JobDescription = GetModelInvocationJobCommandOutput;

export interface OutputRecord {
  readonly recordId: string;
  readonly modelInput?: unknown;
  readonly modelOutput?: Record<string, unknown>;
  readonly error?: unknown;
}

/** An S3 with one bucket, and as many Bedrock services on it as a test starts. Seen through the SDK's clients only. */
export async function startHarness() {
  const directory = await mkdtemp(join(tmpdir(), 'bedrock-test-'));
  const store = await startS3({ directory, clock });
  await store.createBucket(BUCKET);
  const s3 = new S3Client({ endpoint: store.url, region: 'us-east-1', forcePathStyle: true, credentials });
  const closers: (() => Promise<void> | void)[] = [];

  async function bedrock(options: Partial<BedrockOptions> = {}): Promise<Service> {
    const events: EventBridgeEvent[] = [];
    const emit = (event: EventBridgeEvent): void => void events.push(event);
    const server = await startBedrock({ clock, s3Endpoint: store.url, stepMs: 200, emit, ...options });
    const client = new BedrockClient({ endpoint: server.url, region: 'us-east-1', credentials });
    closers.push(() => client.destroy(), server.close);
    return { client, server, events };
  }

  async function text(key: string): Promise<string> {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
    return (await Body?.transformToString()) ?? '';
  }

  return {
    bedrock,
    text,
    head: (key: string) => s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: key })),
    /** A new folder that goes with the harness. */
    folder: () => mkdtemp(join(directory, 'bedrock-')),
    remove: async (key: string) => {
      await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: key }));
    },
    /** A service whose jobs stay Submitted. */
    still: (options: Partial<BedrockOptions> = {}) => bedrock({ stepMs: 10_000 * HOUR, ...options }),
    stopServices: async () => {
      for (const close of closers.splice(0)) await close();
    },
    close: async () => {
      s3.destroy();
      await store.close();
      await rm(directory, { recursive: true });
    },
    putLines: async (key: string, records: readonly (object | string)[]): Promise<string> => {
      const lines = records.map((record) => (typeof record === 'string' ? record : JSON.stringify(record)));
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: `${lines.join('\n')}\n` }));
      return `s3://${BUCKET}/${key}`;
    },
    outputOf: async (key: string): Promise<OutputRecord[]> => {
      const lines = (await text(key)).split('\n');
      expect(lines.pop()).toBe('');
      return lines.map((line) => JSON.parse(line));
    },
    outputKeys: async (job: HasArn): Promise<string[]> => {
      const prefix = `out/${idOf(job)}/`;
      const page = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: prefix }));
      return (page.Contents ?? []).map(({ Key = '' }) => Key.slice(prefix.length));
    },
  };
}

export type Harness = Awaited<ReturnType<typeof startHarness>>;

interface HasArn {
  readonly jobArn?: string | undefined;
}

export function idOf({ jobArn }: HasArn): string {
  return jobArn?.slice(-12) ?? '';
}

export function claudeRecords(count: number, { ids = true } = {}): object[] {
  return Array.from({ length: count }, (_, i) => ({
    recordId: ids ? `row-${i}` : undefined,
    modelInput: claude.encode(`Question ${i}?`),
  }));
}

let names = 0;

export function jobOf(
  s3Uri: string,
  change: Partial<CreateModelInvocationJobCommandInput> = {},
): CreateModelInvocationJobCommand {
  names++;
  return new CreateModelInvocationJobCommand({
    jobName: `job-${names}`,
    roleArn: 'arn:aws:iam::123456789012:role/batch',
    modelId: HAIKU,
    inputDataConfig: { s3InputDataConfig: { s3Uri } },
    outputDataConfig: { s3OutputDataConfig: { s3Uri: `s3://${BUCKET}/out` } },
    ...change,
  });
}

export async function until(
  { client }: Pick<Service, 'client'>,
  jobIdentifier: string | undefined,
  reached: (job: JobDescription) => boolean,
): Promise<JobDescription> {
  for (;;) {
    const job = await client.send(new GetModelInvocationJobCommand({ jobIdentifier }));
    if (reached(job)) return job;
    await clock.sleep(100);
  }
}

export const ended = (job: JobDescription): boolean => job.endTime !== undefined;

export async function run(
  service: Service,
  command: CreateModelInvocationJobCommand,
): Promise<JobDescription> {
  const { jobArn } = await service.client.send(command);
  return until(service, jobArn, ended);
}
