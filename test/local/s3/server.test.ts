import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketTaggingCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { realClock } from '../../../src/local/clock.ts';
import { type S3Server, startS3 } from '../../../src/local/s3/server.ts';

const Bucket = 'plain-bucket';
const versioned = 'versioned-bucket';

let directory: string;
let server: S3Server;
let client: S3Client;

async function start(): Promise<void> {
  server = await startS3({ directory, clock: realClock });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new S3Client({ endpoint: server.url, region: 'us-east-1', maxAttempts: 1, credentials });
}

async function stop(): Promise<void> {
  client.destroy();
  await server.close();
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 's3-server-'));
  await start();
  await server.createBucket(Bucket);
});

afterEach(async () => {
  await stop();
  await rm(directory, { recursive: true, force: true });
});

const put = (Key: string, Body: string, more = {}) =>
  client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));

async function textOf(Key: string, more = {}): Promise<string | undefined> {
  return (await client.send(new GetObjectCommand({ Bucket, Key, ...more }))).Body?.transformToString();
}

async function beginUpload(Key: string) {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const upload = { Bucket, Key, UploadId };
  const { ETag } = await client.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: 'part' }));
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  return {
    finish: () => client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload })),
    id: `${UploadId}`,
  };
}

const dataFiles = () => readdir(join(directory, Bucket, 'data'));

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(5);
}

describe('a restart', () => {
  it('finds objects, versions and uploads again', async () => {
    await server.createBucket(versioned, { versioned: true });
    await put('a//b', 'kept', { Metadata: { m: '1' } });
    await put('gone', 'x');
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'gone' }));
    const old = await put('v', 'old', { Bucket: versioned });
    await put('v', 'new', { Bucket: versioned });
    const upload = await beginUpload('u');

    await stop();
    await start();
    await server.createBucket(Bucket);
    const kept = await client.send(new GetObjectCommand({ Bucket, Key: 'a//b' }));
    expect([await kept.Body?.transformToString(), kept.Metadata]).toEqual(['kept', { m: '1' }]);
    expect(await textOf('v', { Bucket: versioned })).toBe('new');
    expect(await textOf('v', { Bucket: versioned, VersionId: old.VersionId })).toBe('old');
    await upload.finish();
    const { Contents } = await client.send(new ListObjectsV2Command({ Bucket }));
    expect(Contents?.map(({ Key, Size }) => [Key, Size])).toEqual([
      ['a//b', 4],
      ['u', 4],
    ]);
  });

  it('clears away what a kill left half done', async () => {
    await put('whole', 'x');
    const before = await dataFiles();
    await stop();
    const folder = join(directory, Bucket);
    await writeFile(join(folder, 'data', 'unnamed'), 'half an obj');
    await writeFile(join(folder, 'keys', 'cafe.json.1.tmp'), '{"key":');
    await mkdir(join(folder, 'uploads', 'without-document'));
    await mkdir(join(directory, 'bucket-without-document'));
    await start();
    expect(await dataFiles()).toEqual(before);
    expect(await readdir(join(folder, 'keys'))).toHaveLength(1);
    expect(await readdir(join(folder, 'uploads'))).toEqual([]);
    expect(await textOf('whole')).toBe('x');
  });

  it('between the two halves of completing an upload keeps the object, not the upload', async () => {
    const upload = await beginUpload('u');
    const folder = join(directory, Bucket, 'uploads');
    const saved = join(directory, Bucket, 'saved');
    await rename(join(folder, upload.id), saved);
    await mkdir(join(folder, upload.id));
    await upload.finish();
    await stop();
    await rename(saved, join(folder, upload.id));
    await start();
    await expect(upload.finish()).rejects.toMatchObject({ name: 'NoSuchUpload' });
    expect(await textOf('u')).toBe('part');
  });
});

describe('bytes on disk', () => {
  it('go with their object', async () => {
    await put('a', '1');
    await put('a', '2');
    const upload = await beginUpload('a');
    await upload.finish();
    expect(await dataFiles()).toHaveLength(1);
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'a' }));
    expect(await dataFiles()).toEqual([]);
  });

  it('of a refused write are removed', async () => {
    await put('a', '1');
    const before = await dataFiles();
    await expect(put('a', '2', { IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await expect(put('a', '2', { ChecksumCRC32: 'AAAAAA==' })).rejects.toMatchObject({ name: 'BadDigest' });
    expect(await dataFiles()).toEqual(before);
  });

  it('of an upload that breaks off are removed', async () => {
    const { port, hostname } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.write(`PUT /${Bucket}/broken HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nonly this`);
    await until(async () => (await dataFiles()).length === 1);
    socket.destroy();
    await until(async () => (await dataFiles()).length === 0);
    const head = client.send(new HeadObjectCommand({ Bucket, Key: 'broken' }));
    await expect(head).rejects.toMatchObject({ name: 'NotFound' });
  });
});

const SIGNATURE = `;chunk-signature=${'0'.repeat(64)}`;
const CHUNKED = { 'content-encoding': 'aws-chunked,gzip', 'x-amz-decoded-content-length': '5' };
const TRAILER = {
  ...CHUNKED,
  'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
  'x-amz-trailer': 'x-amz-checksum-crc32',
};

interface WireCase {
  readonly body: string;
  readonly headers: Record<string, string>;
  readonly code: string;
}

describe('a body on the wire', () => {
  const send = (body: string, headers: Record<string, string>) =>
    fetch(`${server.url}/${Bucket}/wire`, { method: 'PUT', body, headers });

  it.each([
    { body: 'hello', headers: { 'content-encoding': 'gzip' } },
    {
      body: `2${SIGNATURE}\r\nhe\r\n3${SIGNATURE}\r\nllo\r\n0${SIGNATURE}\r\n\r\n`,
      headers: { ...CHUNKED, 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' },
    },
    { body: '5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n', headers: TRAILER },
  ])('is stored as meant: $body', async ({ body, headers }) => {
    expect((await send(body, headers)).status).toBe(200);
    expect(await textOf('wire')).toBe('hello');
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'wire' }));
    expect(head).toMatchObject({ ContentLength: 5, ContentEncoding: 'gzip' });
  });

  it.each([
    { body: '5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n', headers: TRAILER, code: 'BadDigest' },
    { body: '5\r\nhello\r\n0\r\n\r\n', headers: TRAILER, code: 'MalformedTrailerError' },
    { body: '5\r\nhello\r\n', headers: CHUNKED, code: 'IncompleteBody' },
    { body: '4\r\nhell\r\n0\r\n\r\n', headers: CHUNKED, code: 'IncompleteBody' },
    { body: 'hello\r\n', headers: CHUNKED, code: 'InvalidChunkSizeError' },
    { body: 'hello', headers: { 'x-amz-content-sha256': '0'.repeat(64) }, code: 'XAmzContentSHA256Mismatch' },
    { body: 'hello', headers: { 'x-amz-checksum-rot13': 'uryyb' }, code: 'NotImplemented' },
    { body: 'hello', headers: { 'x-amz-checksum-xxhash64': 'AAAAAAAAAAA=' }, code: 'NotImplemented' },
    { body: 'hello', headers: { 'x-amz-sdk-checksum-algorithm': 'CRC32' }, code: 'InvalidRequest' },
    { body: 'hello', headers: { ...TRAILER, 'x-amz-trailer': 'x-other' }, code: 'InvalidRequest' },
    {
      body: 'hello',
      headers: { ...CHUNKED, 'x-amz-decoded-content-length': '5368709121' },
      code: 'EntityTooLarge',
    },
  ] as readonly WireCase[])('is refused with $code: $body', async ({ body, headers, code }) => {
    expect(await (await send(body, headers)).text()).toContain(`<Code>${code}</Code>`);
    const head = client.send(new HeadObjectCommand({ Bucket, Key: 'wire' }));
    await expect(head).rejects.toMatchObject({ name: 'NotFound' });
  });

  it('has a length', async () => {
    const body = new Blob(['hello']).stream();
    const init = { method: 'PUT', body, duplex: 'half' } as RequestInit;
    const answer = await fetch(`${server.url}/${Bucket}/wire`, init);
    expect([answer.status, await answer.text()]).toEqual([
      411,
      expect.stringContaining('<Code>MissingContentLength</Code>'),
    ]);
  });

  it('keeps its connection usable after a refusal in the middle', async () => {
    await send(`not framed${'x'.repeat(3_000_000)}`, CHUNKED);
    expect((await send('hello', {})).status).toBe(200);
  });

  it('gives UTF-8 metadata back in the encoding of RFC 2047', async () => {
    await put('wire', 'x', { Metadata: { name: 'é' } });
    const { Metadata } = await client.send(new HeadObjectCommand({ Bucket, Key: 'wire' }));
    expect(Metadata).toEqual({ name: '=?UTF-8?B?w6k=?=' });
  });
});

describe('what is not implemented is refused by name', () => {
  it.each([
    { what: 'object tags', send: () => client.send(new GetObjectTaggingCommand({ Bucket, Key: 'a' })) },
    { what: 'bucket tags', send: () => client.send(new GetBucketTaggingCommand({ Bucket })) },
    { what: 'ListObjects', send: () => client.send(new ListObjectsCommand({ Bucket })) },
    { what: 'a tagged put', send: () => put('a', 'x', { Tagging: 'a=b' }) },
    { what: 'a storage class', send: () => put('a', 'x', { StorageClass: 'GLACIER' }) },
    { what: 'reading by part', send: () => textOf('a', { PartNumber: 1 }) },
    { what: 'several ranges', send: () => put('a', 'x').then(() => textOf('a', { Range: 'bytes=0-0,2-3' })) },
  ])('$what', async ({ send }) => {
    const refusal = {
      name: 'NotImplemented',
      message: expect.stringContaining('The local S3 does not implement'),
    };
    await expect(send()).rejects.toMatchObject(refusal);
  });

  it.each([
    { method: 'PATCH', path: `/${Bucket}/a`, status: 405, code: 'MethodNotAllowed' },
    { method: 'DELETE', path: '/', status: 405, code: 'MethodNotAllowed' },
    { method: 'DELETE', path: '/no-such-bucket', status: 404, code: 'NoSuchBucket' },
    { method: 'GET', path: `/${Bucket}/%ff`, status: 400, code: 'InvalidURI' },
  ])('$method $path', async ({ method, path, status, code }) => {
    const answer = await fetch(server.url + path, { method });
    expect([answer.status, await answer.text()]).toEqual([
      status,
      expect.stringContaining(`<Code>${code}</Code>`),
    ]);
  });
});

it('turns versioning on for a bucket that exists, and keeps what it held', async () => {
  await put('a', 'before');
  await server.createBucket(Bucket, { versioned: true });
  await server.createBucket(Bucket);
  const { VersionId } = await put('a', 'after');
  expect(VersionId).toMatch(/^[\w-]{32}$/);
  expect(await textOf('a', { VersionId: 'null' })).toBe('before');
});

it('leaves nothing of a bucket that was deleted', async () => {
  await server.createBucket('gone-bucket');
  const upload = new CreateMultipartUploadCommand({ Bucket: 'gone-bucket', Key: 'open' });
  await client.send(upload);
  await client.send(new DeleteBucketCommand({ Bucket: 'gone-bucket' }));
  expect(await readdir(directory)).toEqual([Bucket]);
  await server.createBucket('gone-bucket');
  const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket: 'gone-bucket' }));
  expect(Uploads).toBeUndefined();
});
