import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { realClock } from '../../../src/local/clock.ts';
import { type S3Server, startS3 } from '../../../src/local/s3/server.ts';
import { Contract } from '../endpoint.ts';
import { removeBucket } from './remove-bucket.ts';

export const MIB = 1024 * 1024;

// The SDK warns on the console of what these tests do on purpose: empty bodies, refused streams.
const silent = () => undefined;
const QUIET = { debug: silent, info: silent, warn: silent, error: silent };

/** Two buckets of its own, one of them versioned, and what tests do with them again and again. */
export class S3Suite {
  readonly contract = new Contract('S3');
  readonly bucket = `contract-${randomUUID()}`;
  readonly versionedBucket = `contract-versioned-${randomUUID()}`;
  #directory: string | undefined;
  #server: S3Server | undefined;
  #client: S3Client | undefined;

  /** For a file of tests: starts before the first, and leaves nothing behind after the last. */
  static forTests(): S3Suite {
    const suite = new S3Suite();
    beforeAll(() => suite.#start());
    afterAll(() => suite.#stop());
    return suite;
  }

  get client(): S3Client {
    if (this.#client === undefined) throw new Error('The suite has not started yet.');
    return this.#client;
  }

  /** The suite sees every error once; retries would only slow the refusals down. */
  clientWith(more: S3ClientConfig = {}): S3Client {
    return new S3Client({
      ...this.contract.settings(this.#server?.url),
      maxAttempts: 1,
      logger: QUIET,
      ...more,
    });
  }

  put(Key: string, Body: PutObjectCommandInput['Body'], more: Partial<PutObjectCommandInput> = {}) {
    return this.client.send(this.putCommand(Key, Body, more));
  }

  putCommand(Key: string, Body: PutObjectCommandInput['Body'], more: Partial<PutObjectCommandInput> = {}) {
    return new PutObjectCommand({ Bucket: this.bucket, Key, Body, ...more });
  }

  get(Key: string, more: Partial<GetObjectCommandInput> = {}) {
    return this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key, ...more }));
  }

  head(Key: string, more: Partial<GetObjectCommandInput> = {}) {
    return this.client.send(new HeadObjectCommand({ Bucket: this.bucket, Key, ...more }));
  }

  async textOf(Key: string, more: Partial<GetObjectCommandInput> = {}): Promise<string> {
    return (await (await this.get(Key, more)).Body?.transformToString()) ?? '';
  }

  async bytesOf(Key: string, more: Partial<GetObjectCommandInput> = {}): Promise<Buffer> {
    return Buffer.from((await (await this.get(Key, more)).Body?.transformToByteArray()) ?? []);
  }

  async listKeys(Prefix: string, more: Partial<ListObjectsV2CommandInput> = {}) {
    const command = new ListObjectsV2Command({ Bucket: this.bucket, Prefix, ...more });
    return ((await this.client.send(command)).Contents ?? []).map(({ Key }) => Key);
  }

  async #start(): Promise<void> {
    if (this.contract.isOurs) {
      this.#directory = await mkdtemp(join(tmpdir(), 's3-contract-'));
      this.#server = await startS3({ directory: this.#directory, clock: realClock });
    }
    this.#client = this.clientWith();
    await this.client.send(new CreateBucketCommand({ Bucket: this.bucket }));
    await this.client.send(new CreateBucketCommand({ Bucket: this.versionedBucket }));
    const VersioningConfiguration = { Status: 'Enabled' } as const;
    const versioning = { Bucket: this.versionedBucket, VersioningConfiguration };
    await this.client.send(new PutBucketVersioningCommand(versioning));
  }

  /** Ours too is emptied by its API: that this works is part of the contract. */
  async #stop(): Promise<void> {
    for (const bucket of [this.bucket, this.versionedBucket]) await removeBucket(this.client, bucket);
    this.client.destroy();
    await this.#server?.close();
    if (this.#directory !== undefined) await rm(this.#directory, { recursive: true, force: true });
  }
}

export const failure = (name: string, status: number) =>
  expect.objectContaining({ name, $metadata: expect.objectContaining({ httpStatusCode: status }) });

export const md5 = (body: Buffer) => createHash('md5').update(body).digest('hex');

export function* pieces(body: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < body.length; at += size) yield body.subarray(at, at + size);
}
