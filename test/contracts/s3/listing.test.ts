import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { failure, md5, S3Suite } from './suite.ts';

const s3 = S3Suite.forTests();

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
    for (const key of ODD_KEYS) await s3.put(key, key);
  });

  it.each(ODD_KEYS)('of the form %s are kept as they are', async (key) => {
    expect(await s3.textOf(key)).toBe(key);
    expect((await s3.head(key)).ContentLength).toBe(Buffer.byteLength(key));
  });

  it('are listed in the order of their UTF-8 bytes, encoded or not', async () => {
    const expected = [...ODD_KEYS].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(await s3.listKeys('odd/')).toEqual(expected);
    const encoded = await s3.listKeys('odd/', { EncodingType: 'url' });
    expect(encoded.map((key) => decodeURIComponent(key ?? ''))).toEqual(expected);
  });

  it('of more than 1024 bytes are refused', async () => {
    await expect(s3.put('é'.repeat(513), 'x')).rejects.toEqual(failure('KeyTooLongError', 400));
  });
});

describe('ListObjectsV2', () => {
  const keys = ['list/a', 'list/b/1', 'list/b/2', 'list/c', 'list/d/1', 'list/e'];

  beforeAll(async () => {
    for (const key of keys) await s3.put(key, 'x');
  });

  it('gives prefix, start and size', async () => {
    expect(await s3.listKeys('list/')).toEqual(keys);
    expect(await s3.listKeys('list/b')).toEqual(['list/b/1', 'list/b/2']);
    expect(await s3.listKeys('list/', { StartAfter: 'list/c' })).toEqual(['list/d/1', 'list/e']);
    expect(await s3.listKeys('list/nothing')).toEqual([]);
    const { Contents } = await s3.client.send(
      new ListObjectsV2Command({ Bucket: s3.bucket, Prefix: 'list/a' }),
    );
    expect(Contents).toMatchObject([
      { Key: 'list/a', Size: 1, ETag: `"${md5(Buffer.from('x'))}"`, StorageClass: 'STANDARD' },
    ]);
    expect(Contents?.[0]?.LastModified).toBeInstanceOf(Date);
  });

  it('folds what a delimiter divides', async () => {
    const found = await s3.client.send(
      new ListObjectsV2Command({ Bucket: s3.bucket, Prefix: 'list/', Delimiter: '/' }),
    );
    expect(found.Contents?.map(({ Key }) => Key)).toEqual(['list/a', 'list/c', 'list/e']);
    expect(found.CommonPrefixes).toEqual([{ Prefix: 'list/b/' }, { Prefix: 'list/d/' }]);
    expect(found).toMatchObject({ KeyCount: 5, IsTruncated: false, Prefix: 'list/', Delimiter: '/' });
  });

  it.each([1, 2, 3])('continues pages of %d', async (MaxKeys) => {
    const seen: (string | undefined)[] = [];
    let ContinuationToken: string | undefined;
    do {
      const input = { Bucket: s3.bucket, Prefix: 'list/', Delimiter: '/', MaxKeys, ContinuationToken };
      const page = await s3.client.send(new ListObjectsV2Command(input));
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
    await expect(s3.listKeys('list/', { ContinuationToken: 'x' })).rejects.toEqual(
      failure('InvalidArgument', 400),
    );
  });
});
