import { randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetBucketVersioningCommand,
  HeadBucketCommand,
  ListBucketsCommand,
} from '@aws-sdk/client-s3';
import { failure, MIB, md5, pieces, S3Suite } from './suite.ts';

const s3 = S3Suite.forTests();

describe('objects', () => {
  it('come back with their bytes, type and metadata', async () => {
    const made = await s3.put('plain', 'hello', {
      ContentType: 'text/x',
      CacheControl: 'no-store',
      Metadata: { Colour: 'blue', empty: '' },
    });
    expect(made.ETag).toBe(`"${md5(Buffer.from('hello'))}"`);
    expect(made.ChecksumCRC32).toBe('NhCmhg==');
    const found = await s3.get('plain');
    expect(await found.Body?.transformToString()).toBe('hello');
    const described = await s3.head('plain', { ChecksumMode: 'ENABLED' });
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
    await s3.put('empty', '');
    expect(await s3.head('empty')).toMatchObject({
      ContentLength: 0,
      ContentType: 'application/octet-stream',
    });
    expect(await s3.textOf('empty')).toBe('');
    await expect(s3.get('empty', { Range: 'bytes=-1' })).rejects.toEqual(failure('InvalidRange', 416));
  });

  it('are replaced whole', async () => {
    await s3.put('replaced', 'a long first text', { Metadata: { a: '1' } });
    await s3.put('replaced', 'short');
    expect(await s3.textOf('replaced')).toBe('short');
    expect((await s3.head('replaced')).Metadata).toEqual({});
  });

  it.each([undefined, 'CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const)(
    'are stored without the framing of a streamed body, checksum %s',
    async (ChecksumAlgorithm) => {
      const body = randomBytes(5 * MIB + 12_345);
      const stream = Readable.from(pieces(body, 70_001));
      const made = await s3.put('streamed', stream, {
        ContentLength: body.length,
        ChecksumAlgorithm,
        ContentEncoding: 'gzip',
      });
      expect(made.ETag).toBe(`"${md5(body)}"`);
      expect((await s3.bytesOf('streamed')).equals(body)).toBe(true);
      expect(await s3.head('streamed')).toMatchObject({
        ContentLength: body.length,
        ContentEncoding: 'gzip',
      });
    },
  );

  it.each([
    { ChecksumCRC32: 'AAAAAA==' },
    { ChecksumSHA256: Buffer.alloc(32).toString('base64') },
    { ContentMD5: Buffer.alloc(16).toString('base64') },
  ])('are refused when they are not what %j says, and leave nothing', async (checksum) => {
    await expect(s3.put('damaged', 'hello', checksum)).rejects.toEqual(failure('BadDigest', 400));
    await expect(s3.head('damaged')).rejects.toEqual(failure('NotFound', 404));
  });

  it('that are missing, and buckets that are', async () => {
    await expect(s3.get('missing')).rejects.toEqual(failure('NoSuchKey', 404));
    await expect(s3.head('missing')).rejects.toEqual(failure('NotFound', 404));
    const Bucket = `missing-${randomUUID()}`;
    await expect(s3.get('x', { Bucket })).rejects.toEqual(failure('NoSuchBucket', 404));
    await expect(
      s3.put('x', Readable.from(pieces(Buffer.alloc(MIB), 9999)), { Bucket, ContentLength: MIB }),
    ).rejects.toEqual(failure('NoSuchBucket', 404));
  });

  it('are read while they are replaced or deleted', async () => {
    const body = randomBytes(8 * MIB);
    await s3.put('busy', body);
    const first = await s3.get('busy');
    const second = await s3.get('busy');
    await s3.put('busy', 'new');
    await s3.client.send(new DeleteObjectCommand({ Bucket: s3.bucket, Key: 'busy' }));
    for (const { Body } of [first, second]) {
      expect(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(body)).toBe(true);
    }
    await expect(s3.get('busy')).rejects.toEqual(failure('NoSuchKey', 404));
  });
});

describe('ranges', () => {
  beforeAll(() => s3.put('digits', '0123456789'));

  it.each([
    { Range: 'bytes=2-4', text: '234', ContentRange: 'bytes 2-4/10' },
    { Range: 'bytes=7-', text: '789', ContentRange: 'bytes 7-9/10' },
    { Range: 'bytes=8-100', text: '89', ContentRange: 'bytes 8-9/10' },
    { Range: 'bytes=-3', text: '789', ContentRange: 'bytes 7-9/10' },
    { Range: 'bytes=-99', text: '0123456789', ContentRange: 'bytes 0-9/10' },
  ])('$Range', async ({ Range, text, ContentRange }) => {
    const found = await s3.get('digits', { Range });
    expect(found).toMatchObject({ ContentRange, ContentLength: text.length });
    expect(found.$metadata.httpStatusCode).toBe(206);
    expect(await found.Body?.transformToString()).toBe(text);
  });

  it('behind the end are refused', async () => {
    await expect(s3.get('digits', { Range: 'bytes=10-' })).rejects.toEqual(failure('InvalidRange', 416));
  });
});

describe('conditions', () => {
  const other = '"0123456789abcdef0123456789abcdef"';

  it('on reading', async () => {
    const { ETag } = await s3.put('conditional', 'x');
    const past = new Date(Date.now() - 86_400_000);
    expect(await s3.textOf('conditional', { IfMatch: ETag })).toBe('x');
    expect(await s3.textOf('conditional', { IfNoneMatch: other })).toBe('x');
    expect(await s3.textOf('conditional', { IfModifiedSince: past })).toBe('x');
    await expect(s3.get('conditional', { IfMatch: other })).rejects.toEqual(
      failure('PreconditionFailed', 412),
    );
    await expect(s3.get('conditional', { IfUnmodifiedSince: past })).rejects.toEqual(
      failure('PreconditionFailed', 412),
    );
    const unchanged = { $metadata: expect.objectContaining({ httpStatusCode: 304 }) };
    await expect(s3.get('conditional', { IfNoneMatch: ETag })).rejects.toMatchObject(unchanged);
    await expect(s3.head('conditional', { IfNoneMatch: ETag })).rejects.toMatchObject(unchanged);
    const refused = { $metadata: expect.objectContaining({ httpStatusCode: 412 }) };
    await expect(s3.head('conditional', { IfMatch: other })).rejects.toMatchObject(refused);
  });

  it('on writing', async () => {
    const { ETag } = await s3.put('guarded', 'first', { IfNoneMatch: '*' });
    await expect(s3.put('guarded', 'no', { IfNoneMatch: '*' })).rejects.toEqual(
      failure('PreconditionFailed', 412),
    );
    await expect(s3.put('guarded', 'no', { IfMatch: other })).rejects.toEqual(
      failure('PreconditionFailed', 412),
    );
    await expect(s3.put('guarded-missing', 'no', { IfMatch: other })).rejects.toEqual(
      failure('NoSuchKey', 404),
    );
    expect(await s3.textOf('guarded')).toBe('first');
    await s3.put('guarded', 'second', { IfMatch: ETag });
    expect(await s3.textOf('guarded')).toBe('second');
  });

  it('let one of many writers win', async () => {
    const writers = Array.from({ length: 10 }, (_, i) =>
      s3.put('raced', `writer ${i}`, { IfNoneMatch: '*' }),
    );
    const won = (await Promise.allSettled(writers)).flatMap(({ status }, i) =>
      status === 'fulfilled' ? [i] : [],
    );
    expect(won).toHaveLength(1);
    expect(await s3.textOf('raced')).toBe(`writer ${won[0]}`);
  });
});

describe('deleting', () => {
  it('one object, also twice', async () => {
    await s3.put('doomed', 'x');
    for (let time = 0; time < 2; time += 1) {
      const { $metadata } = await s3.client.send(
        new DeleteObjectCommand({ Bucket: s3.bucket, Key: 'doomed' }),
      );
      expect($metadata.httpStatusCode).toBe(204);
    }
    await expect(s3.get('doomed')).rejects.toEqual(failure('NoSuchKey', 404));
  });

  it('many objects', async () => {
    const keys = ['doomed/1', 'doomed/<2>&', 'doomed/3'];
    for (const key of keys) await s3.put(key, 'x');
    const Objects = [...keys, 'doomed/never was'].map((Key) => ({ Key }));
    const result = await s3.client.send(new DeleteObjectsCommand({ Bucket: s3.bucket, Delete: { Objects } }));
    expect(result.Deleted).toEqual(Objects);
    expect(await s3.listKeys('doomed/')).toEqual([]);
    const quiet = await s3.client.send(
      new DeleteObjectsCommand({ Bucket: s3.bucket, Delete: { Objects, Quiet: true } }),
    );
    expect(quiet.Deleted).toBeUndefined();
  });
});

describe('CopyObject', () => {
  const copy = (CopySource: string, Key: string, more = {}) =>
    s3.client.send(new CopyObjectCommand({ Bucket: s3.bucket, CopySource, Key, ...more }));

  it('copies bytes, headers and metadata, or replaces them', async () => {
    const { ETag } = await s3.put('from/ä +', 'copied', { ContentType: 'text/x', Metadata: { a: '1' } });
    const source = `${s3.bucket}/${encodeURIComponent('from/ä +')}`;
    expect((await copy(source, 'to/same')).CopyObjectResult).toMatchObject({
      ETag,
      ChecksumCRC32: expect.any(String),
    });
    expect(await s3.textOf('to/same')).toBe('copied');
    expect(await s3.head('to/same')).toMatchObject({ ContentType: 'text/x', Metadata: { a: '1' } });
    await copy(`/${source}`, 'to/other', {
      MetadataDirective: 'REPLACE',
      ContentType: 'text/y',
      Metadata: { b: '2' },
    });
    expect(await s3.head('to/other')).toMatchObject({ ContentType: 'text/y', Metadata: { b: '2' } });
  });

  it('refuses what cannot be copied', async () => {
    await s3.put('from/x', 'x');
    await expect(copy(`${s3.bucket}/from/none`, 'to/x')).rejects.toEqual(failure('NoSuchKey', 404));
    await expect(copy(`${s3.bucket}/from/x`, 'from/x')).rejects.toEqual(failure('InvalidRequest', 400));
    const condition = { CopySourceIfMatch: '"nope"' };
    await expect(copy(`${s3.bucket}/from/x`, 'to/x', condition)).rejects.toEqual(
      failure('PreconditionFailed', 412),
    );
    await expect(s3.head('to/x')).rejects.toEqual(failure('NotFound', 404));
  });
});

describe('buckets', () => {
  it('are found and described', async () => {
    const { Buckets = [] } = await s3.client.send(new ListBucketsCommand({}));
    expect(Buckets.map(({ Name }) => Name)).toEqual(expect.arrayContaining([s3.bucket, s3.versionedBucket]));
    expect((await s3.client.send(new HeadBucketCommand({ Bucket: s3.bucket }))).BucketRegion).toBe(
      'us-east-1',
    );
    const location = await s3.client.send(new GetBucketLocationCommand({ Bucket: s3.bucket }));
    expect(location.LocationConstraint ?? '').toBe('');
    expect(
      (await s3.client.send(new GetBucketVersioningCommand({ Bucket: s3.bucket }))).Status,
    ).toBeUndefined();
    expect(
      (await s3.client.send(new GetBucketVersioningCommand({ Bucket: s3.versionedBucket }))).Status,
    ).toBe('Enabled');
  });

  it('that are missing or badly named', async () => {
    const missing = new HeadBucketCommand({ Bucket: `missing-${randomUUID()}` });
    await expect(s3.client.send(missing)).rejects.toEqual(failure('NotFound', 404));
    const bad = new CreateBucketCommand({ Bucket: 'Not_A_Bucket' });
    await expect(s3.client.send(bad)).rejects.toEqual(failure('InvalidBucketName', 400));
  });
});
