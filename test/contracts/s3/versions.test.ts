import {
  CopyObjectCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandInput,
  type ListObjectVersionsCommandOutput,
} from '@aws-sdk/client-s3';
import { failure, S3Suite } from './suite.ts';

const s3 = S3Suite.forTests();

describe('versions', () => {
  const Bucket = s3.versionedBucket;

  it('stay readable by their ids', async () => {
    const first = await s3.put('kept', 'one', { Bucket });
    const second = await s3.put('kept', 'two', { Bucket });
    expect(first.VersionId).not.toBe(second.VersionId);
    expect(await s3.textOf('kept', { Bucket })).toBe('two');
    expect((await s3.head('kept', { Bucket })).VersionId).toBe(second.VersionId);
    expect(await s3.textOf('kept', { Bucket, VersionId: first.VersionId })).toBe('one');
    expect(await s3.get('kept', { Bucket, VersionId: first.VersionId, IfMatch: first.ETag })).toMatchObject({
      VersionId: first.VersionId,
    });
    await s3.put('kept-copy', '', { Bucket });
    const CopySource = `${Bucket}/kept?versionId=${first.VersionId}`;
    const copied = await s3.client.send(new CopyObjectCommand({ Bucket, Key: 'kept-copy', CopySource }));
    expect(copied.CopySourceVersionId).toBe(first.VersionId);
    expect(await s3.textOf('kept-copy', { Bucket })).toBe('one');
  });

  it('hide behind a delete marker, and come back without it', async () => {
    const first = await s3.put('hidden', 'one', { Bucket });
    const marker = await s3.client.send(new DeleteObjectCommand({ Bucket, Key: 'hidden' }));
    expect(marker).toMatchObject({ DeleteMarker: true, VersionId: expect.any(String) });
    await expect(s3.get('hidden', { Bucket })).rejects.toEqual(failure('NoSuchKey', 404));
    const markerId = { Bucket, VersionId: marker.VersionId };
    await expect(s3.get('hidden', markerId)).rejects.toEqual(failure('MethodNotAllowed', 405));
    expect(await s3.textOf('hidden', { Bucket, VersionId: first.VersionId })).toBe('one');
    expect(await s3.listKeys('hidden', { Bucket })).toEqual([]);
    await s3.client.send(new DeleteObjectCommand({ Key: 'hidden', ...markerId }));
    expect(await s3.textOf('hidden', { Bucket })).toBe('one');
    await s3.client.send(new DeleteObjectCommand({ Bucket, Key: 'hidden', VersionId: first.VersionId }));
    await expect(s3.get('hidden', { Bucket })).rejects.toEqual(failure('NoSuchKey', 404));
  });
});

describe('ListObjectVersions', () => {
  const Bucket = s3.versionedBucket;
  const list = (more: Partial<ListObjectVersionsCommandInput> = {}) =>
    s3.client.send(new ListObjectVersionsCommand({ Bucket, Prefix: 'all/', ...more }));
  let ids: Record<string, readonly (string | undefined)[]>;

  beforeAll(async () => {
    const put = async (Key: string) => (await s3.put(Key, Key, { Bucket })).VersionId;
    const remove = async (Key: string) =>
      (await s3.client.send(new DeleteObjectCommand({ Bucket, Key }))).VersionId;
    const [a1, a2, gone1] = [await put('all/a'), await put('all/a'), await put('all/gone')];
    ids = {
      'all/a': [a2, a1],
      'all/deep/b': [await put('all/deep/b')],
      'all/gone': [await remove('all/gone'), gone1],
    };
  });

  it('has every version and delete marker, by key and the newest first', async () => {
    const { Versions = [], DeleteMarkers = [], IsTruncated } = await list();
    expect(IsTruncated).toBe(false);
    expect(Versions.map(({ Key, VersionId, IsLatest }) => [Key, VersionId, IsLatest])).toEqual([
      ['all/a', ids['all/a']?.[0], true],
      ['all/a', ids['all/a']?.[1], false],
      ['all/deep/b', ids['all/deep/b']?.[0], true],
      ['all/gone', ids['all/gone']?.[1], false],
    ]);
    expect(DeleteMarkers.map(({ Key, VersionId, IsLatest }) => [Key, VersionId, IsLatest])).toEqual([
      ['all/gone', ids['all/gone']?.[0], true],
    ]);
    expect(Versions[0]).toMatchObject({ Size: 5, ETag: expect.any(String), LastModified: expect.any(Date) });
  });

  it('folds what a delimiter divides', async () => {
    const { Versions = [], CommonPrefixes } = await list({ Delimiter: '/' });
    expect(CommonPrefixes).toEqual([{ Prefix: 'all/deep/' }]);
    expect(Versions.map(({ Key }) => Key)).toEqual(['all/a', 'all/a', 'all/gone']);
  });

  it.each([1, 2, 3, 4])('continues pages of %d', async (MaxKeys) => {
    const seen: (string | undefined)[] = [];
    let page: ListObjectVersionsCommandOutput | undefined;
    do {
      const markers = { KeyMarker: page?.NextKeyMarker, VersionIdMarker: page?.NextVersionIdMarker };
      page = await list({ MaxKeys, Delimiter: '/', ...markers });
      const entries = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map(
        ({ VersionId }) => VersionId,
      );
      const folded = (page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix);
      expect(entries.length + folded.length).toBeLessThanOrEqual(MaxKeys);
      seen.push(...entries, ...folded);
    } while (page.IsTruncated);
    const all = [...(ids['all/a'] ?? []), 'all/deep/', ...(ids['all/gone'] ?? [])];
    expect(seen.sort()).toEqual(all.sort());
  });

  it('needs a key for the version that it continues behind', async () => {
    await expect(list({ VersionIdMarker: ids['all/a']?.[0] })).rejects.toEqual(
      failure('InvalidArgument', 400),
    );
  });
});

it('a bucket with versions is not deleted', async () => {
  await s3.put('kept for ever', 'x', { Bucket: s3.versionedBucket });
  await s3.client.send(new DeleteObjectCommand({ Bucket: s3.versionedBucket, Key: 'kept for ever' }));
  await expect(s3.client.send(new DeleteBucketCommand({ Bucket: s3.versionedBucket }))).rejects.toEqual(
    failure('BucketNotEmpty', 409),
  );
});
