import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BedrockClient,
  CreateModelInvocationJobCommand,
  type CreateModelInvocationJobCommandInput,
  GetModelInvocationJobCommand,
  type GetModelInvocationJobCommandOutput,
  StopModelInvocationJobCommand,
} from '@aws-sdk/client-bedrock';
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { startBedrockRuntime } from '../../../src/local/bedrock/runtime-server.ts';
import { startBedrock } from '../../../src/local/bedrock/server.ts';
import { fastClock, realClock } from '../../../src/local/clock.ts';
import { startS3 } from '../../../src/local/s3/server.ts';
import { claude } from '../../../src/models/claude.ts';
import { Contract } from '../endpoint.ts';
import { removeBucket, removeObjects } from '../s3/remove-bucket.ts';

export const HAIKU = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
export const TITAN = 'amazon.titan-embed-text-v2:0';
export type Job = GetModelInvocationJobCommandOutput;

interface HasArn {
  readonly jobArn?: string | undefined;
}

interface Closable {
  close(): Promise<void>;
}

type Urls = Partial<Record<'bedrock' | 'runtime' | 's3', string>>;

const FOLDERS = ['batch_inputs_json', 'batch_outputs_json'] as const;

/** On AWS a job takes hours, wherever time does not pass faster. */
const PATIENCE_MS = 24 * 3_600_000;

/**
 * Bedrock, its runtime and an S3 beside them. Elsewhere jobs run as CONTRACT_BEDROCK_ROLE_ARN and use CONTRACT_BUCKET, or a
 * bucket that is made for them: those of a stack that is deployed will do, for keys are where its role may read and write.
 */
export class BedrockSuite {
  readonly contract = new Contract('BEDROCK');
  readonly bucket = (!this.contract.isOurs && process.env['CONTRACT_BUCKET']) || `contract-${randomUUID()}`;
  readonly prefix = `contract/${randomUUID()}`;
  readonly #roleArn = process.env['CONTRACT_BEDROCK_ROLE_ARN'] ?? 'arn:aws:iam::123456789012:role/contract';
  readonly #clock = this.contract.isOurs ? fastClock(50) : realClock;
  readonly #started: string[] = [];
  #servers: readonly Closable[] = [];
  #directory: string | undefined;
  #clients: { bedrock: BedrockClient; runtime: BedrockRuntimeClient; s3: S3Client } | undefined;

  static forTests(): BedrockSuite {
    const suite = new BedrockSuite();
    if (!suite.contract.isOurs) jest.setTimeout(PATIENCE_MS);
    beforeAll(() => suite.#start());
    afterAll(() => suite.#stop());
    return suite;
  }

  get bedrock(): BedrockClient {
    return this.#connected.bedrock;
  }

  get runtime(): BedrockRuntimeClient {
    return this.#connected.runtime;
  }

  /** Returns the URI. */
  async put(name: string, records: readonly object[]): Promise<string> {
    const Body = records.map((record) => `${JSON.stringify(record)}\n`).join('');
    const Key = `batch_inputs_json/${this.prefix}/${name}`;
    await this.#connected.s3.send(new PutObjectCommand({ Bucket: this.bucket, Key, Body }));
    return `s3://${this.bucket}/${Key}`;
  }

  jobOf(s3Uri: string, more: Partial<CreateModelInvocationJobCommandInput> = {}) {
    return new CreateModelInvocationJobCommand({
      ...{ jobName: `contract-${randomUUID()}`, roleArn: this.#roleArn, modelId: HAIKU },
      inputDataConfig: { s3InputDataConfig: { s3Uri } },
      outputDataConfig: {
        s3OutputDataConfig: { s3Uri: `s3://${this.bucket}/batch_outputs_json/${this.prefix}` },
      },
      ...more,
    });
  }

  async submit(s3Uri: string, more: Partial<CreateModelInvocationJobCommandInput> = {}): Promise<string> {
    const { jobArn = '' } = await this.bedrock.send(this.jobOf(s3Uri, more));
    this.#started.push(jobArn);
    return jobArn;
  }

  async run(s3Uri: string, more: Partial<CreateModelInvocationJobCommandInput> = {}): Promise<Job> {
    return this.ended(await this.submit(s3Uri, more));
  }

  async ended(jobIdentifier: string): Promise<Job> {
    for (;;) {
      const job = await this.bedrock.send(new GetModelInvocationJobCommand({ jobIdentifier }));
      if (job.endTime !== undefined) return job;
      await this.#clock.sleep(500);
    }
  }

  async outputNames(job: HasArn): Promise<readonly string[]> {
    const Prefix = `batch_outputs_json/${this.prefix}/${idOf(job)}/`;
    const page = await this.#connected.s3.send(new ListObjectsV2Command({ Bucket: this.bucket, Prefix }));
    return (page.Contents ?? []).map(({ Key = '' }) => Key.slice(Prefix.length));
  }

  /** The documents, one a line. */
  async output(job: HasArn, name: string): Promise<readonly Record<string, unknown>[]> {
    const Key = `batch_outputs_json/${this.prefix}/${idOf(job)}/${name}`;
    const { Body } = await this.#connected.s3.send(new GetObjectCommand({ Bucket: this.bucket, Key }));
    const lines = ((await Body?.transformToString()) ?? '').split('\n');
    return lines.filter(Boolean).map((line) => JSON.parse(line));
  }

  get #connected() {
    if (this.#clients === undefined) throw new Error('The suite has not started yet.');
    return this.#clients;
  }

  async #start(): Promise<void> {
    const urls: Urls = this.contract.isOurs ? await this.#startOurs() : {};
    this.#clients = {
      bedrock: new BedrockClient(this.contract.settings(urls.bedrock)),
      runtime: new BedrockRuntimeClient({
        ...new Contract('BEDROCK_RUNTIME').settings(urls.runtime),
        maxAttempts: 1,
      }),
      s3: new S3Client(new Contract('S3').settings(urls.s3)),
    };
    if (this.#hasOwnBucket) await this.#connected.s3.send(new CreateBucketCommand({ Bucket: this.bucket }));
  }

  async #startOurs() {
    this.#directory = await mkdtemp(join(tmpdir(), 'bedrock-contract-'));
    const clock = this.#clock;
    const s3 = await startS3({ directory: this.#directory, clock });
    const options = { clock, s3Endpoint: s3.url, stepMs: 200, emit: () => undefined };
    const [bedrock, runtime] = [await startBedrock(options), await startBedrockRuntime({ clock })];
    this.#servers = [runtime, bedrock, s3];
    return { bedrock: bedrock.url, runtime: runtime.url, s3: s3.url };
  }

  async #stop(): Promise<void> {
    const { bedrock, runtime, s3 } = this.#connected;
    for (const jobIdentifier of this.#started) await this.#stopped(jobIdentifier);
    if (this.#hasOwnBucket) await removeBucket(s3, this.bucket);
    else for (const folder of FOLDERS) await removeObjects(s3, this.bucket, `${folder}/${this.prefix}/`);
    for (const client of [bedrock, runtime, s3]) client.destroy();
    for (const server of this.#servers) await server.close();
    if (this.#directory !== undefined) await rm(this.#directory, { recursive: true });
  }

  /** Jobs are billed until they end. */
  async #stopped(jobIdentifier: string): Promise<void> {
    const job = await this.bedrock.send(new GetModelInvocationJobCommand({ jobIdentifier }));
    if (job.endTime !== undefined) return;
    await this.bedrock.send(new StopModelInvocationJobCommand({ jobIdentifier }));
    await this.ended(jobIdentifier);
  }

  get #hasOwnBucket(): boolean {
    return this.contract.isOurs || process.env['CONTRACT_BUCKET'] === undefined;
  }
}

export function idOf({ jobArn }: HasArn): string {
  return jobArn?.slice(-12) ?? '';
}

export function questions(
  count: number,
): readonly { readonly recordId: string; readonly modelInput: unknown }[] {
  return Array.from({ length: count }, (_, n) => ({
    recordId: `row-${n}`,
    modelInput: claude.encode(`Answer with the number ${n} alone.`),
  }));
}
