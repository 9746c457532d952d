import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandInput,
  ListPartsCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { failure, MIB, md5, pieces, S3Suite } from './suite.ts';

const s3 = S3Suite.forTests();

describe('multipart uploads', () => {
  const parts = [randomBytes(5 * MIB), randomBytes(5 * MIB), randomBytes(1234)];
  const whole = Buffer.concat(parts);
  const etagOf = (bodies: readonly Buffer[]) =>
    `"${md5(Buffer.concat(bodies.map((body) => Buffer.from(md5(body), 'hex'))))}-${bodies.length}"`;

  async function begin(Key: string): Promise<string> {
    const input = { Bucket: s3.bucket, Key, ContentType: 'text/x', Metadata: { a: '1' } };
    return (await s3.client.send(new CreateMultipartUploadCommand(input))).UploadId ?? '';
  }

  async function send(Key: string, UploadId: string, PartNumber: number, Body: Buffer) {
    const { ETag } = await s3.client.send(
      new UploadPartCommand({ Bucket: s3.bucket, Key, UploadId, PartNumber, Body }),
    );
    return { PartNumber, ETag };
  }

  const complete = (
    Key: string,
    UploadId: string,
    Parts: { PartNumber: number; ETag?: string }[],
    more = {},
  ) =>
    s3.client.send(
      new CompleteMultipartUploadCommand({
        Bucket: s3.bucket,
        Key,
        UploadId,
        MultipartUpload: { Parts },
        ...more,
      }),
    );

  const listParts = (Key: string, UploadId: string, more = {}) =>
    s3.client.send(new ListPartsCommand({ Bucket: s3.bucket, Key, UploadId, ...more }));

  it.each(['CRC32', 'SHA256', 'CRC64NVME'] as const)(
    'by lib-storage, checksum %s',
    async (ChecksumAlgorithm) => {
      const Body = Readable.from(pieces(whole, 100_000));
      const params = { Bucket: s3.bucket, Key: 'uploaded', Body, ChecksumAlgorithm, ContentType: 'text/x' };
      const made = await new Upload({ client: s3.client, params, partSize: 5 * MIB, queueSize: 3 }).done();
      expect(made.ETag).toBe(etagOf(parts));
      expect((await s3.bytesOf('uploaded')).equals(whole)).toBe(true);
      expect(await s3.head('uploaded')).toMatchObject({ ContentLength: whole.length, ContentType: 'text/x' });
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
    expect((await s3.bytesOf('pieced')).equals(whole)).toBe(true);
    expect(await s3.head('pieced')).toMatchObject({ ContentType: 'text/x', Metadata: { a: '1' } });
    await expect(listParts('pieced', id)).rejects.toEqual(failure('NoSuchUpload', 404));
    const across = await s3.get('pieced', { Range: `bytes=${5 * MIB - 10}-${10 * MIB + 9}` });
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
    await s3.put('wrong', 'there already');
    const late = await begin('wrong');
    const part = await send('wrong', late, 1, small);
    const onlyNew = complete('wrong', late, [part], { IfNoneMatch: '*' });
    await expect(onlyNew).rejects.toEqual(failure('PreconditionFailed', 412));
  });

  it('are gone once aborted', async () => {
    const id = await begin('aborted');
    const part = await send('aborted', id, 1, Buffer.from('x'));
    await s3.client.send(
      new AbortMultipartUploadCommand({ Bucket: s3.bucket, Key: 'aborted', UploadId: id }),
    );
    await expect(complete('aborted', id, [part])).rejects.toEqual(failure('NoSuchUpload', 404));
    await expect(send('aborted', id, 1, Buffer.from('x'))).rejects.toEqual(failure('NoSuchUpload', 404));
    await expect(s3.head('aborted')).rejects.toEqual(failure('NotFound', 404));
  });

  it('from copied ranges', async () => {
    await s3.put('whole', whole);
    const id = await begin('recut');
    const cut = async (PartNumber: number, CopySourceRange: string) => {
      const input = {
        Bucket: s3.bucket,
        Key: 'recut',
        UploadId: id,
        CopySource: `${s3.bucket}/whole`,
        CopySourceRange,
        PartNumber,
      };
      const { CopyPartResult } = await s3.client.send(new UploadPartCopyCommand(input));
      return { PartNumber, ETag: CopyPartResult?.ETag };
    };
    const first = await cut(1, `bytes=1-${5 * MIB}`);
    const second = await cut(2, 'bytes=0-0');
    await expect(cut(3, `bytes=0-${whole.length}`)).rejects.toEqual(failure('InvalidArgument', 400));
    await complete('recut', id, [first, second]);
    const expected = Buffer.concat([whole.subarray(1, 5 * MIB + 1), whole.subarray(0, 1)]);
    expect((await s3.bytesOf('recut')).equals(expected)).toBe(true);
  });

  it('are listed while they are under way', async () => {
    const begun = [await begin('listed/b'), await begin('listed/a'), await begin('listed/a')];
    const list = async (more: Partial<ListMultipartUploadsCommandInput> = {}) =>
      s3.client.send(new ListMultipartUploadsCommand({ Bucket: s3.bucket, Prefix: 'listed/', ...more }));
    const { Uploads = [], IsTruncated } = await list();
    expect(Uploads.map(({ Key }) => Key)).toEqual(['listed/a', 'listed/a', 'listed/b']);
    expect(Uploads.map(({ UploadId }) => UploadId).sort()).toEqual([...begun].sort());
    expect(IsTruncated).toBe(false);
    const first = await list({ MaxUploads: 1 });
    const markers = { KeyMarker: first.NextKeyMarker, UploadIdMarker: first.NextUploadIdMarker };
    const rest = await list(markers);
    const paged = [...(first.Uploads ?? []), ...(rest.Uploads ?? [])];
    expect([first.IsTruncated, paged]).toEqual([true, Uploads]);
  });
});
