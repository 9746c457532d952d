import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  ListPartsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { realClock } from '../../src/local/clock.ts';
import { type S3Server, startS3 } from '../../src/local/s3/server.ts';

const MIB = 1024 * 1024;
const foreign = process.env.S3_CONTRACT_ENDPOINT;
const bucket = `contract-${randomUUID()}`;
const versionedBucket = `contract-versioned-${randomUUID()}`;

let directory: string;
let server: S3Server | undefined;
let client: S3Client;

// The SDK warns on the console of what these tests do on purpose: empty bodies, refused streams.
const silent = () => undefined;
const QUIET = { debug: silent, info: silent, warn: silent, error: silent };

function clientOf(endpoint: string): S3Client {
  // The suite sees every error once; retries would only slow the refusals down.
  return new S3Client({
    endpoint,
    region: 'us-east-1',
    maxAttempts: 1,
    logger: QUIET,
    ...(foreign ? {} : { credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }),
  });
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 's3-contract-'));
  server = foreign ? undefined : await startS3({ directory, clock: realClock });
  client = clientOf(foreign ?? server?.url ?? '');
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  await client.send(new CreateBucketCommand({ Bucket: versionedBucket }));
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await client.send(new PutBucketVersioningCommand({ Bucket: versionedBucket, VersioningConfiguration }));
});

afterAll(async () => {
  client.destroy();
  await server?.close();
  await rm(directory, { recursive: true, force: true });
});

const put = (Key: string, Body: PutObjectCommandInput['Body'], more: Partial<PutObjectCommandInput> = {}) =>
  client.send(new PutObjectCommand({ Bucket: bucket, Key, Body, ...more }));
const get = (Key: string, more: Partial<GetObjectCommandInput> = {}) =>
  client.send(new GetObjectCommand({ Bucket: bucket, Key, ...more }));
const head = (Key: string, more: Partial<GetObjectCommandInput> = {}) =>
  client.send(new HeadObjectCommand({ Bucket: bucket, Key, ...more }));

async function textOf(Key: string, more: Partial<GetObjectCommandInput> = {}): Promise<string> {
  return (await (await get(Key, more)).Body?.transformToString()) ?? '';
}

async function bytesOf(Key: string): Promise<Buffer> {
  return Buffer.from((await (await get(Key)).Body?.transformToByteArray()) ?? []);
}

async function listKeys(Prefix: string, more: Partial<ListObjectsV2CommandInput> = {}) {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix, ...more }));
  return Contents.map((object) => object.Key);
}

const failure = (name: string, status: number) =>
  expect.objectContaining({ name, $metadata: expect.objectContaining({ httpStatusCode: status }) });

const md5 = (body: Buffer) => createHash('md5').update(body).digest('hex');

function* pieces(body: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < body.length; at += size) yield body.subarray(at, at + size);
}

describe('objects', () => {
  it('come back with their bytes, type and metadata', async () => {
    const made = await put('plain', 'hello', {
      ContentType: 'text/x',
      CacheControl: 'no-store',
      Metadata: { Colour: 'blue', empty: '' },
    });
    expect(made.ETag).toBe(`"${md5(Buffer.from('hello'))}"`);
    expect(made.ChecksumCRC32).toBe('NhCmhg==');
    const found = await get('plain');
    expect(await found.Body?.transformToString()).toBe('hello');
    const described = await head('plain', { ChecksumMode: 'ENABLED' });
    for (const answer of [found, described]) {
      expect(answer).toMatchObject({
        ETag: made.ETag,
        ContentLength: 5,
        ContentType: 'text/x',
        CacheControl: 'no-store',
      });
      expect(answer).toMatchObject({
        Metadata: { colour: 'blue', empty: '' },
        AcceptRanges: 'bytes',
        ChecksumCRC32: 'NhCmhg==',
      });
      expect(Math.abs(Date.now() - Number(answer.LastModified))).toBeLessThan(10_000);
    }
  });

  it('may be empty', async () => {
    await put('empty', '');
    expect(await head('empty')).toMatchObject({ ContentLength: 0, ContentType: 'application/octet-stream' });
    expect(await textOf('empty')).toBe('');
    await expect(get('empty', { Range: 'bytes=-1' })).rejects.toEqual(failure('InvalidRange', 416));
  });

  it('are replaced whole', async () => {
    await put('replaced', 'a long first text', { Metadata: { a: '1' } });
    await put('replaced', 'short');
    expect(await textOf('replaced')).toBe('short');
    expect((await head('replaced')).Metadata).toEqual({});
  });

  it.each([undefined, 'CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const)(
    'are stored without the framing of a streamed body, checksum %s',
    async (ChecksumAlgorithm) => {
      const body = randomBytes(5 * MIB + 12_345);
      const stream = Readable.from(pieces(body, 70_001));
      const made = await put('streamed', stream, {
        ContentLength: body.length,
        ChecksumAlgorithm,
        ContentEncoding: 'gzip',
      });
      expect(made.ETag).toBe(`"${md5(body)}"`);
      expect((await bytesOf('streamed')).equals(body)).toBe(true);
      expect(await head('streamed')).toMatchObject({ ContentLength: body.length, ContentEncoding: 'gzip' });
    },
  );

  it.each([
    { ChecksumCRC32: 'AAAAAA==' },
    { ChecksumSHA256: Buffer.alloc(32).toString('base64') },
    { ContentMD5: Buffer.alloc(16).toString('base64') },
  ])('are refused when they are not what %j says, and leave nothing', async (checksum) => {
    await expect(put('damaged', 'hello', checksum)).rejects.toEqual(failure('BadDigest', 400));
    await expect(head('damaged')).rejects.toEqual(failure('NotFound', 404));
  });

  it('that are missing, and buckets that are', async () => {
    await expect(get('missing')).rejects.toEqual(failure('NoSuchKey', 404));
    await expect(head('missing')).rejects.toEqual(failure('NotFound', 404));
    const Bucket = `missing-${randomUUID()}`;
    await expect(get('x', { Bucket })).rejects.toEqual(failure('NoSuchBucket', 404));
    await expect(
      put('x', Readable.from(pieces(Buffer.alloc(MIB), 9999)), { Bucket, ContentLength: MIB }),
    ).rejects.toEqual(failure('NoSuchBucket', 404));
  });

  it('are read while they are replaced or deleted', async () => {
    const body = randomBytes(8 * MIB);
    await put('busy', body);
    const first = await get('busy');
    const second = await get('busy');
    await put('busy', 'new');
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'busy' }));
    for (const { Body } of [first, second]) {
      expect(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(body)).toBe(true);
    }
    await expect(get('busy')).rejects.toEqual(failure('NoSuchKey', 404));
  });
});

describe('ranges', () => {
  beforeAll(() => put('digits', '0123456789'));

  it.each([
    { Range: 'bytes=2-4', text: '234', ContentRange: 'bytes 2-4/10' },
    { Range: 'bytes=7-', text: '789', ContentRange: 'bytes 7-9/10' },
    { Range: 'bytes=8-100', text: '89', ContentRange: 'bytes 8-9/10' },
    { Range: 'bytes=-3', text: '789', ContentRange: 'bytes 7-9/10' },
    { Range: 'bytes=-99', text: '0123456789', ContentRange: 'bytes 0-9/10' },
  ])('$Range', async ({ Range, text, ContentRange }) => {
    const found = await get('digits', { Range });
    expect(found).toMatchObject({ ContentRange, ContentLength: text.length });
    expect(found.$metadata.httpStatusCode).toBe(206);
    expect(await found.Body?.transformToString()).toBe(text);
  });

  it('behind the end are refused', async () => {
    await expect(get('digits', { Range: 'bytes=10-' })).rejects.toEqual(failure('InvalidRange', 416));
  });
});

describe('conditions', () => {
  const other = '"0123456789abcdef0123456789abcdef"';

  it('on reading', async () => {
    const { ETag } = await put('conditional', 'x');
    const past = new Date(Date.now() - 86_400_000);
    expect(await textOf('conditional', { IfMatch: ETag })).toBe('x');
    expect(await textOf('conditional', { IfNoneMatch: other })).toBe('x');
    expect(await textOf('conditional', { IfModifiedSince: past })).toBe('x');
    await expect(get('conditional', { IfMatch: other })).rejects.toEqual(failure('PreconditionFailed', 412));
    await expect(get('conditional', { IfUnmodifiedSince: past })).rejects.toEqual(
      failure('PreconditionFailed', 412),
    );
    const unchanged = { $metadata: expect.objectContaining({ httpStatusCode: 304 }) };
    await expect(get('conditional', { IfNoneMatch: ETag })).rejects.toMatchObject(unchanged);
    await expect(head('conditional', { IfNoneMatch: ETag })).rejects.toMatchObject(unchanged);
    const refused = { $metadata: expect.objectContaining({ httpStatusCode: 412 }) };
    await expect(head('conditional', { IfMatch: other })).rejects.toMatchObject(refused);
  });

  it('on writing', async () => {
    const { ETag } = await put('guarded', 'first', { IfNoneMatch: '*' });
    await expect(put('guarded', 'no', { IfNoneMatch: '*' })).rejects.toEqual(
      failure('PreconditionFailed', 412),
    );
    await expect(put('guarded', 'no', { IfMatch: other })).rejects.toEqual(
      failure('PreconditionFailed', 412),
    );
    await expect(put('guarded-missing', 'no', { IfMatch: other })).rejects.toEqual(failure('NoSuchKey', 404));
    expect(await textOf('guarded')).toBe('first');
    await put('guarded', 'second', { IfMatch: ETag });
    expect(await textOf('guarded')).toBe('second');
  });

  it('let one of many writers win', async () => {
    const writers = Array.from({ length: 10 }, (_, i) => put('raced', `writer ${i}`, { IfNoneMatch: '*' }));
    const won = (await Promise.allSettled(writers)).flatMap(({ status }, i) =>
      status === 'fulfilled' ? [i] : [],
    );
    expect(won).toHaveLength(1);
    expect(await textOf('raced')).toBe(`writer ${won[0]}`);
  });
});

const ODD_KEYS = [
  'odd/a//b',
  'odd/a/b/',
  'odd/../../escape',
  'odd/./.',
  'odd/plus+and space&=?#%25',
  'odd/ünïcödé/😀/\uffee',
  'odd/<xml>"\'&amp;',
  'odd/CASE',
  'odd/case',
  `odd/${'k'.repeat(1020)}`,
];

describe('keys', () => {
  beforeAll(async () => {
    for (const key of ODD_KEYS) await put(key, key);
  });

  it.each(ODD_KEYS)('of the form %s are kept as they are', async (key) => {
    expect(await textOf(key)).toBe(key);
    expect((await head(key)).ContentLength).toBe(Buffer.byteLength(key));
  });

  it('are listed in the order of their UTF-8 bytes, encoded or not', async () => {
    const expected = [...ODD_KEYS].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(await listKeys('odd/')).toEqual(expected);
    const encoded = await listKeys('odd/', { EncodingType: 'url' });
    expect(encoded.map((key) => decodeURIComponent(key ?? ''))).toEqual(expected);
  });

  it('of more than 1024 bytes are refused', async () => {
    await expect(put('é'.repeat(513), 'x')).rejects.toEqual(failure('KeyTooLongError', 400));
  });
});

describe('ListObjectsV2', () => {
  const keys = ['list/a', 'list/b/1', 'list/b/2', 'list/c', 'list/d/1', 'list/e'];

  beforeAll(async () => {
    for (const key of keys) await put(key, 'x');
  });

  it('gives prefix, start and size', async () => {
    expect(await listKeys('list/')).toEqual(keys);
    expect(await listKeys('list/b')).toEqual(['list/b/1', 'list/b/2']);
    expect(await listKeys('list/', { StartAfter: 'list/c' })).toEqual(['list/d/1', 'list/e']);
    expect(await listKeys('list/nothing')).toEqual([]);
    const { Contents } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: 'list/a' }));
    expect(Contents).toMatchObject([
      { Key: 'list/a', Size: 1, ETag: `"${md5(Buffer.from('x'))}"`, StorageClass: 'STANDARD' },
    ]);
    expect(Contents?.[0]?.LastModified).toBeInstanceOf(Date);
  });

  it('folds what a delimiter divides', async () => {
    const found = await client.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: 'list/', Delimiter: '/' }),
    );
    expect(found.Contents?.map(({ Key }) => Key)).toEqual(['list/a', 'list/c', 'list/e']);
    expect(found.CommonPrefixes).toEqual([{ Prefix: 'list/b/' }, { Prefix: 'list/d/' }]);
    expect(found).toMatchObject({ KeyCount: 5, IsTruncated: false, Prefix: 'list/', Delimiter: '/' });
  });

  it.each([1, 2, 3])('continues pages of %d', async (MaxKeys) => {
    const seen: (string | undefined)[] = [];
    let ContinuationToken: string | undefined;
    do {
      const input = { Bucket: bucket, Prefix: 'list/', Delimiter: '/', MaxKeys, ContinuationToken };
      const page = await client.send(new ListObjectsV2Command(input));
      seen.push(
        ...(page.Contents ?? []).map(({ Key }) => Key),
        ...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix),
      );
      expect(page.KeyCount).toBeLessThanOrEqual(MaxKeys);
      expect(page.IsTruncated).toBe(page.NextContinuationToken !== undefined);
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken);
    expect(seen.sort()).toEqual(['list/a', 'list/b/', 'list/c', 'list/d/', 'list/e']);
  });

  it('refuses a token that is not one', async () => {
    await expect(listKeys('list/', { ContinuationToken: 'x' })).rejects.toEqual(
      failure('InvalidArgument', 400),
    );
  });
});

describe('deleting', () => {
  it('one object, also twice', async () => {
    await put('doomed', 'x');
    for (let time = 0; time < 2; time += 1) {
      const { $metadata } = await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'doomed' }));
      expect($metadata.httpStatusCode).toBe(204);
    }
    await expect(get('doomed')).rejects.toEqual(failure('NoSuchKey', 404));
  });

  it('many objects', async () => {
    const keys = ['doomed/1', 'doomed/<2>&', 'doomed/3'];
    for (const key of keys) await put(key, 'x');
    const Objects = [...keys, 'doomed/never was'].map((Key) => ({ Key }));
    const result = await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } }));
    expect(result.Deleted).toEqual(Objects);
    expect(await listKeys('doomed/')).toEqual([]);
    const quiet = await client.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }),
    );
    expect(quiet.Deleted).toBeUndefined();
  });
});

describe('CopyObject', () => {
  const copy = (CopySource: string, Key: string, more = {}) =>
    client.send(new CopyObjectCommand({ Bucket: bucket, CopySource, Key, ...more }));

  it('copies bytes, headers and metadata, or replaces them', async () => {
    const { ETag } = await put('from/ä +', 'copied', { ContentType: 'text/x', Metadata: { a: '1' } });
    const source = `${bucket}/${encodeURIComponent('from/ä +')}`;
    expect((await copy(source, 'to/same')).CopyObjectResult).toMatchObject({
      ETag,
      ChecksumCRC32: expect.any(String),
    });
    expect(await textOf('to/same')).toBe('copied');
    expect(await head('to/same')).toMatchObject({ ContentType: 'text/x', Metadata: { a: '1' } });
    await copy(`/${source}`, 'to/other', {
      MetadataDirective: 'REPLACE',
      ContentType: 'text/y',
      Metadata: { b: '2' },
    });
    expect(await head('to/other')).toMatchObject({ ContentType: 'text/y', Metadata: { b: '2' } });
  });

  it('refuses what cannot be copied', async () => {
    await put('from/x', 'x');
    await expect(copy(`${bucket}/from/none`, 'to/x')).rejects.toEqual(failure('NoSuchKey', 404));
    await expect(copy(`${bucket}/from/x`, 'from/x')).rejects.toEqual(failure('InvalidRequest', 400));
    const condition = { CopySourceIfMatch: '"nope"' };
    await expect(copy(`${bucket}/from/x`, 'to/x', condition)).rejects.toEqual(
      failure('PreconditionFailed', 412),
    );
    await expect(head('to/x')).rejects.toEqual(failure('NotFound', 404));
  });
});

describe('multipart uploads', () => {
  const parts = [randomBytes(5 * MIB), randomBytes(5 * MIB), randomBytes(1234)];
  const whole = Buffer.concat(parts);
  const etagOf = (bodies: readonly Buffer[]) =>
    `"${md5(Buffer.concat(bodies.map((body) => Buffer.from(md5(body), 'hex'))))}-${bodies.length}"`;

  async function begin(Key: string): Promise<string> {
    const input = { Bucket: bucket, Key, ContentType: 'text/x', Metadata: { a: '1' } };
    return (await client.send(new CreateMultipartUploadCommand(input))).UploadId ?? '';
  }

  async function send(Key: string, UploadId: string, PartNumber: number, Body: Buffer) {
    const { ETag } = await client.send(
      new UploadPartCommand({ Bucket: bucket, Key, UploadId, PartNumber, Body }),
    );
    return { PartNumber, ETag };
  }

  const complete = (
    Key: string,
    UploadId: string,
    Parts: { PartNumber: number; ETag?: string }[],
    more = {},
  ) =>
    client.send(
      new CompleteMultipartUploadCommand({
        Bucket: bucket,
        Key,
        UploadId,
        MultipartUpload: { Parts },
        ...more,
      }),
    );

  const listParts = (Key: string, UploadId: string, more = {}) =>
    client.send(new ListPartsCommand({ Bucket: bucket, Key, UploadId, ...more }));

  it.each(['CRC32', 'SHA256', 'CRC64NVME'] as const)(
    'by lib-storage, checksum %s',
    async (ChecksumAlgorithm) => {
      const Body = Readable.from(pieces(whole, 100_000));
      const params = { Bucket: bucket, Key: 'uploaded', Body, ChecksumAlgorithm, ContentType: 'text/x' };
      const made = await new Upload({ client, params, partSize: 5 * MIB, queueSize: 3 }).done();
      expect(made.ETag).toBe(etagOf(parts));
      expect((await bytesOf('uploaded')).equals(whole)).toBe(true);
      expect(await head('uploaded')).toMatchObject({ ContentLength: whole.length, ContentType: 'text/x' });
    },
  );

  it('in any order of arrival, a part sent again, some left out', async () => {
    const id = await begin('pieced');
    const [a, b, c] = parts as [Buffer, Buffer, Buffer];
    const last = await send('pieced', id, 7, c);
    await send('pieced', id, 2, c);
    const second = await send('pieced', id, 2, b);
    const first = await send('pieced', id, 1, a);
    await send('pieced', id, 5, c);
    const { Parts } = await listParts('pieced', id);
    expect(Parts?.map(({ PartNumber, Size, ETag }) => [PartNumber, Size, ETag])).toEqual([
      [1, a.length, first.ETag],
      [2, b.length, second.ETag],
      [5, c.length, last.ETag],
      [7, c.length, last.ETag],
    ]);
    const page = await listParts('pieced', id, { MaxParts: 2, PartNumberMarker: '1' });
    expect(page).toMatchObject({ IsTruncated: true, NextPartNumberMarker: '5' });
    const made = await complete('pieced', id, [first, second, last]);
    expect(made.ETag).toBe(etagOf(parts));
    expect((await bytesOf('pieced')).equals(whole)).toBe(true);
    expect(await head('pieced')).toMatchObject({ ContentType: 'text/x', Metadata: { a: '1' } });
    await expect(listParts('pieced', id)).rejects.toEqual(failure('NoSuchUpload', 404));
    const across = await get('pieced', { Range: `bytes=${5 * MIB - 10}-${10 * MIB + 9}` });
    const bytes = Buffer.from((await across.Body?.transformToByteArray()) ?? []);
    expect(bytes.equals(whole.subarray(5 * MIB - 10, 10 * MIB + 10))).toBe(true);
  });

  it('are refused when the list of parts is wrong, and stay open', async () => {
    const id = await begin('wrong');
    const [, , small] = parts as [Buffer, Buffer, Buffer];
    const first = await send('wrong', id, 1, small);
    const second = await send('wrong', id, 2, small);
    const stranger = { PartNumber: 2, ETag: '"00000000000000000000000000000000"' };
    await expect(complete('wrong', id, [second, first])).rejects.toEqual(failure('InvalidPartOrder', 400));
    await expect(complete('wrong', id, [first, stranger])).rejects.toEqual(failure('InvalidPart', 400));
    await expect(complete('wrong', id, [{ ...first, PartNumber: 3 }])).rejects.toEqual(
      failure('InvalidPart', 400),
    );
    await expect(complete('wrong', id, [first, second])).rejects.toEqual(failure('EntityTooSmall', 400));
    await expect(complete('wrong', id, [])).rejects.toEqual(failure('MalformedXML', 400));
    await expect(send('wrong', id, 10_001, small)).rejects.toEqual(failure('InvalidArgument', 400));
    expect((await complete('wrong', id, [first])).ETag).toBe(etagOf([small]));
    await put('wrong', 'there already');
    const late = await begin('wrong');
    const part = await send('wrong', late, 1, small);
    const onlyNew = complete('wrong', late, [part], { IfNoneMatch: '*' });
    await expect(onlyNew).rejects.toEqual(failure('PreconditionFailed', 412));
  });

  it('are gone once aborted', async () => {
    const id = await begin('aborted');
    const part = await send('aborted', id, 1, Buffer.from('x'));
    await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: 'aborted', UploadId: id }));
    await expect(complete('aborted', id, [part])).rejects.toEqual(failure('NoSuchUpload', 404));
    await expect(send('aborted', id, 1, Buffer.from('x'))).rejects.toEqual(failure('NoSuchUpload', 404));
    await expect(head('aborted')).rejects.toEqual(failure('NotFound', 404));
  });

  it('from copied ranges', async () => {
    await put('whole', whole);
    const id = await begin('recut');
    const cut = async (PartNumber: number, CopySourceRange: string) => {
      const input = {
        Bucket: bucket,
        Key: 'recut',
        UploadId: id,
        CopySource: `${bucket}/whole`,
        CopySourceRange,
        PartNumber,
      };
      const { CopyPartResult } = await client.send(new UploadPartCopyCommand(input));
      return { PartNumber, ETag: CopyPartResult?.ETag };
    };
    const first = await cut(1, `bytes=1-${5 * MIB}`);
    const second = await cut(2, 'bytes=0-0');
    await expect(cut(3, `bytes=0-${whole.length}`)).rejects.toEqual(failure('InvalidArgument', 400));
    await complete('recut', id, [first, second]);
    const expected = Buffer.concat([whole.subarray(1, 5 * MIB + 1), whole.subarray(0, 1)]);
    expect((await bytesOf('recut')).equals(expected)).toBe(true);
  });
});

describe('versions', () => {
  const Bucket = versionedBucket;

  it('stay readable by their ids', async () => {
    const first = await put('kept', 'one', { Bucket });
    const second = await put('kept', 'two', { Bucket });
    expect(first.VersionId).not.toBe(second.VersionId);
    expect(await textOf('kept', { Bucket })).toBe('two');
    expect((await head('kept', { Bucket })).VersionId).toBe(second.VersionId);
    expect(await textOf('kept', { Bucket, VersionId: first.VersionId })).toBe('one');
    expect(await get('kept', { Bucket, VersionId: first.VersionId, IfMatch: first.ETag })).toMatchObject({
      VersionId: first.VersionId,
    });
    await put('kept-copy', '', { Bucket });
    const CopySource = `${Bucket}/kept?versionId=${first.VersionId}`;
    const copied = await client.send(new CopyObjectCommand({ Bucket, Key: 'kept-copy', CopySource }));
    expect(copied.CopySourceVersionId).toBe(first.VersionId);
    expect(await textOf('kept-copy', { Bucket })).toBe('one');
  });

  it('hide behind a delete marker, and come back without it', async () => {
    const first = await put('hidden', 'one', { Bucket });
    const marker = await client.send(new DeleteObjectCommand({ Bucket, Key: 'hidden' }));
    expect(marker).toMatchObject({ DeleteMarker: true, VersionId: expect.any(String) });
    await expect(get('hidden', { Bucket })).rejects.toEqual(failure('NoSuchKey', 404));
    const markerId = { Bucket, VersionId: marker.VersionId };
    await expect(get('hidden', markerId)).rejects.toEqual(failure('MethodNotAllowed', 405));
    expect(await textOf('hidden', { Bucket, VersionId: first.VersionId })).toBe('one');
    expect(await listKeys('hidden', { Bucket })).toEqual([]);
    await client.send(new DeleteObjectCommand({ Key: 'hidden', ...markerId }));
    expect(await textOf('hidden', { Bucket })).toBe('one');
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'hidden', VersionId: first.VersionId }));
    await expect(get('hidden', { Bucket })).rejects.toEqual(failure('NoSuchKey', 404));
  });
});

describe('buckets', () => {
  it('are found and described', async () => {
    const { Buckets = [] } = await client.send(new ListBucketsCommand({}));
    expect(Buckets.map(({ Name }) => Name)).toEqual(expect.arrayContaining([bucket, versionedBucket]));
    expect((await client.send(new HeadBucketCommand({ Bucket: bucket }))).BucketRegion).toBe('us-east-1');
    const location = await client.send(new GetBucketLocationCommand({ Bucket: bucket }));
    expect(location.LocationConstraint ?? '').toBe('');
    expect((await client.send(new GetBucketVersioningCommand({ Bucket: bucket }))).Status).toBeUndefined();
    expect((await client.send(new GetBucketVersioningCommand({ Bucket: versionedBucket }))).Status).toBe(
      'Enabled',
    );
  });

  it('that are missing or badly named', async () => {
    const missing = new HeadBucketCommand({ Bucket: `missing-${randomUUID()}` });
    await expect(client.send(missing)).rejects.toEqual(failure('NotFound', 404));
    const bad = new CreateBucketCommand({ Bucket: 'Not_A_Bucket' });
    await expect(client.send(bad)).rejects.toEqual(failure('InvalidBucketName', 400));
  });
});
