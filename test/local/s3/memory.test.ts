import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';

const MIB = 1024 * 1024;
const SIZE = 128 * MIB;
const Bucket = 'bench';
/** What streams and the garbage of them take; the object does not fit in. */
const MOST_GROWTH = 96 * MIB;

const onLinux = existsSync('/proc/self/status') ? test : test.skip;

onLinux.each<[string, (client: S3Client, Key: string) => Promise<void>]>([
  ['put at once', putAtOnce],
  ['uploaded in parts', uploadInParts],
])("an object of 128 MiB, %s, is never held in memory (by Linux's count of it)", async (Key, upload) => {
  const directory = await mkdtemp(join(tmpdir(), 's3-memory-'));
  const server = spawn(process.execPath, ['--import', 'tsx', 'bench/s3-process.ts', directory]);
  const ended = once(server, 'exit');
  const [url] = (await once(server.stdout, 'data')) as [Buffer];
  const peak = () =>
    Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1]) * 1024;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new S3Client({ endpoint: url.toString().trim(), region: 'us-east-1', credentials });
  try {
    await client.send(new PutObjectCommand({ Bucket, Key: 'small', Body: 'x' }));
    const before = peak();
    await upload(client, Key);
    expect(await sizeOf(client, Key)).toBe(SIZE);
    expect(peak() - before).toBeLessThan(MOST_GROWTH);
  } finally {
    client.destroy();
    server.stdin.end();
    await ended;
    await rm(directory, { recursive: true });
  }
});

async function putAtOnce(client: S3Client, Key: string): Promise<void> {
  const put = { Bucket, Key, Body: Readable.from(zeros(SIZE), { objectMode: false }), ContentLength: SIZE };
  await client.send(new PutObjectCommand(put));
}

/** Both parts are on their way at once, so that holding parts is too much as well. */
async function uploadInParts(client: S3Client, Key: string): Promise<void> {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const send = async (PartNumber: number): Promise<CompletedPart> => {
    const Body = Readable.from(zeros(SIZE / 2), { objectMode: false });
    const part = { Bucket, Key, UploadId, PartNumber, Body, ContentLength: SIZE / 2 };
    const { ETag } = await client.send(new UploadPartCommand(part));
    return { ETag, PartNumber };
  };
  const Parts = await Promise.all([send(1), send(2)]);
  const whole = { Bucket, Key, UploadId, MultipartUpload: { Parts } };
  await client.send(new CompleteMultipartUploadCommand(whole));
}

const zeros = (bytes: number) => Array.from({ length: bytes / MIB }, () => Buffer.alloc(MIB));

async function sizeOf(client: S3Client, Key: string): Promise<number> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
  let size = 0;
  for await (const chunk of Body as Readable) size += (chunk as Buffer).length;
  return size;
}
