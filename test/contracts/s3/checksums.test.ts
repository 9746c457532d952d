import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  type ChecksumAlgorithm,
  type ChecksumType,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  ListPartsCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { failure, MIB, pieces, S3Suite } from './suite.ts';

const s3 = S3Suite.forTests();

/** Of `hello`. */
const OF_HELLO = {
  CRC32: 'NhCmhg==',
  CRC32C: 'mnG7TA==',
  CRC64NVME: 'M3eFcAZSQlc=',
  SHA1: 'qvTGHdzF6KLavt4PO0gs2a6pQ00=',
  SHA256: 'LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=',
} as const;

const ALGORITHMS = Object.keys(OF_HELLO) as (keyof typeof OF_HELLO)[];
const REMAINDERS = ['CRC32', 'CRC32C', 'CRC64NVME'] as const;
const field = <Name extends string>(algorithm: Name) => `Checksum${algorithm}` as const;
const described = (Key: string) => s3.head(Key, { ChecksumMode: 'ENABLED' });

describe.each(ALGORITHMS)('%s', (algorithm) => {
  const value = OF_HELLO[algorithm];

  it('of a body in memory is verified, answered and kept', async () => {
    const made = await s3.put('sum', 'hello', { ChecksumAlgorithm: algorithm });
    expect(made).toMatchObject({ [field(algorithm)]: value, ChecksumType: 'FULL_OBJECT' });
    expect(await described('sum')).toMatchObject({ [field(algorithm)]: value, ChecksumType: 'FULL_OBJECT' });
    const found = await s3.get('sum', { ChecksumMode: 'ENABLED' });
    expect([found.ContentLength, await found.Body?.transformToString()]).toEqual([5, 'hello']);
  });

  it('in a trailer is verified, answered and kept', async () => {
    const stream = Readable.from(pieces(Buffer.from('hello'), 2));
    const made = await s3.put('trailed', stream, { ChecksumAlgorithm: algorithm, ContentLength: 5 });
    expect(made).toMatchObject({ [field(algorithm)]: value });
    expect(await described('trailed')).toMatchObject({ [field(algorithm)]: value });
  });

  it('of other bytes is refused', async () => {
    const put = s3.put('wrong', 'hullo', { [field(algorithm)]: value });
    await expect(put).rejects.toEqual(failure('BadDigest', 400));
    await expect(s3.head('wrong')).rejects.toEqual(failure('NotFound', 404));
  });

  it('that is none is refused', async () => {
    const put = s3.put('wrong', 'hello', { [field(algorithm)]: 'AAAA' });
    await expect(put).rejects.toEqual(failure('InvalidRequest', 400));
  });

  it('is computed by a copy that asks for it', async () => {
    await s3.put('source', 'hello');
    const CopySource = `${s3.bucket}/source`;
    const copy = { Bucket: s3.bucket, Key: 'copied', CopySource, ChecksumAlgorithm: algorithm };
    const { CopyObjectResult } = await s3.client.send(new CopyObjectCommand(copy));
    expect(CopyObjectResult).toMatchObject({ [field(algorithm)]: value, ChecksumType: 'FULL_OBJECT' });
  });
});

it('an object without a checksum gets the one of S3', async () => {
  const client = s3.clientWith({ requestChecksumCalculation: 'WHEN_REQUIRED' });
  const made = await client.send(s3.putCommand('plain', 'hello'));
  client.destroy();
  expect(made).toMatchObject({ ChecksumCRC64NVME: OF_HELLO.CRC64NVME, ChecksumType: 'FULL_OBJECT' });
  expect(made.ChecksumCRC32).toBeUndefined();
  expect(await described('plain')).toMatchObject({ ChecksumCRC64NVME: OF_HELLO.CRC64NVME });
});

it('no answer about a part of an object has the checksum of the whole', async () => {
  await s3.put('ranged', 'hello');
  const found = await s3.get('ranged', { Range: 'bytes=1-3', ChecksumMode: 'ENABLED' });
  expect([found.ChecksumCRC32, await found.Body?.transformToString()]).toEqual([undefined, 'ell']);
});

it('two checksums are one too many', async () => {
  const both = { ChecksumCRC32: OF_HELLO.CRC32, ChecksumSHA256: OF_HELLO.SHA256 };
  await expect(s3.put('both', 'hello', both)).rejects.toEqual(failure('InvalidRequest', 400));
});

it('a digest that is none is refused', async () => {
  await expect(s3.put('md5', 'hello', { ContentMD5: 'x' })).rejects.toEqual(failure('InvalidDigest', 400));
});

it('a list of what to delete comes with one', async () => {
  const Delete = { Objects: [{ Key: 'none' }] };
  const command = new DeleteObjectsCommand({ Bucket: s3.bucket, Delete, ChecksumAlgorithm: 'CRC64NVME' });
  expect((await s3.client.send(command)).Deleted).toEqual([{ Key: 'none' }]);
});

describe('a multipart upload', () => {
  const parts = [randomBytes(5 * MIB), randomBytes(5 * MIB), randomBytes(99)] as const;
  const whole = Buffer.concat(parts);
  const Bucket = s3.bucket;

  interface Chosen {
    readonly ChecksumAlgorithm?: ChecksumAlgorithm;
    readonly ChecksumType?: ChecksumType;
  }

  async function begin(Key: string, chosen: Chosen = {}): Promise<string> {
    const command = new CreateMultipartUploadCommand({ Bucket, Key, ...chosen });
    return (await s3.client.send(command)).UploadId ?? '';
  }

  async function sent(Key: string, UploadId: string, ChecksumAlgorithm?: ChecksumAlgorithm) {
    const made: CompletedPart[] = [];
    for (const [index, Body] of parts.entries()) {
      const part = { Bucket, Key, UploadId, PartNumber: index + 1, Body, ChecksumAlgorithm };
      const { $metadata, ...answer } = await s3.client.send(new UploadPartCommand(part));
      made.push({ ...answer, PartNumber: index + 1 });
    }
    return made;
  }

  const complete = (Key: string, UploadId: string, Parts: readonly CompletedPart[], more = {}) =>
    s3.client.send(
      new CompleteMultipartUploadCommand({
        ...{ Bucket, Key, UploadId, MultipartUpload: { Parts: [...Parts] } },
        ...more,
      }),
    );

  const bare = (made: readonly CompletedPart[]) => made.map(({ PartNumber, ETag }) => ({ PartNumber, ETag }));

  it.each(['CRC32', 'CRC32C', 'SHA1', 'SHA256'] as const)('has the %s of its parts', async (algorithm) => {
    const Key = `composite-${algorithm}`;
    const params = { Bucket, Key, Body: whole, ChecksumAlgorithm: algorithm };
    await new Upload({ client: s3.client, params, partSize: 5 * MIB }).done();
    expect(await described(Key)).toMatchObject({
      [field(algorithm)]: expect.stringMatching(/^[\w+/]+=*-3$/),
      ChecksumType: 'COMPOSITE',
    });
    expect((await s3.bytesOf(Key, { ChecksumMode: 'ENABLED' })).equals(whole)).toBe(true);
  });

  it.each(REMAINDERS)('has the %s of all its bytes, where that was chosen', async (algorithm) => {
    const Key = `full-${algorithm}`;
    const asOne = await s3.put('as one', whole, { ChecksumAlgorithm: algorithm });
    const expected = asOne[field(algorithm)];
    const chosen = { ChecksumAlgorithm: algorithm, ChecksumType: 'FULL_OBJECT' } as const;
    const id = await begin(Key, chosen);
    const made = await sent(Key, id, algorithm);
    const { ChecksumType: listed } = await s3.client.send(
      new ListPartsCommand({ Bucket, Key, UploadId: id }),
    );
    expect(listed).toBe('FULL_OBJECT');
    const checks = { [field(algorithm)]: expected, ChecksumType: 'FULL_OBJECT', MpuObjectSize: whole.length };
    const done = await complete(Key, id, bare(made), checks);
    expect(done).toMatchObject({ [field(algorithm)]: expected, ChecksumType: 'FULL_OBJECT' });
    // The SDK computes it again of what it reads.
    expect((await s3.bytesOf(Key, { ChecksumMode: 'ENABLED' })).equals(whole)).toBe(true);
  });

  it('without a choice has the one of S3, of all its bytes, whatever its parts came with', async () => {
    const { ChecksumCRC64NVME } = await s3.put('as one', whole, { ChecksumAlgorithm: 'CRC64NVME' });
    const id = await begin('default');
    await complete('default', id, bare(await sent('default', id, 'CRC32')));
    const found = await described('default');
    expect(found).toMatchObject({ ChecksumCRC64NVME, ChecksumType: 'FULL_OBJECT' });
    expect(found.ChecksumCRC32).toBeUndefined();
  });

  it('has it of copied parts too', async () => {
    const { ChecksumCRC64NVME } = await s3.put('as one', whole, { ChecksumAlgorithm: 'CRC64NVME' });
    const id = await begin('copied parts');
    const cuts = [`bytes=0-${6 * MIB - 1}`, `bytes=${6 * MIB}-${whole.length - 1}`];
    const made: CompletedPart[] = [];
    for (const [index, CopySourceRange] of cuts.entries()) {
      const part = { Bucket, Key: 'copied parts', UploadId: id, PartNumber: index + 1 };
      const command = new UploadPartCopyCommand({ ...part, CopySource: `${Bucket}/as one`, CopySourceRange });
      const { CopyPartResult } = await s3.client.send(command);
      made.push({ PartNumber: index + 1, ETag: CopyPartResult?.ETag });
    }
    await complete('copied parts', id, made);
    expect(await described('copied parts')).toMatchObject({ ChecksumCRC64NVME });
  });

  it('of composite checksums names that of every part when it is completed', async () => {
    const id = await begin('named', { ChecksumAlgorithm: 'CRC32' });
    const made = await sent('named', id, 'CRC32');
    const incomplete = complete('named', id, bare(made));
    await expect(incomplete).rejects.toMatchObject({
      name: 'InvalidRequest',
      message: expect.stringContaining('must include the checksum for each part. It was missing for part 1'),
    });
    const [first, ...others] = made;
    const other = complete('named', id, [{ ...first, ChecksumCRC32: OF_HELLO.CRC32 }, ...others]);
    await expect(other).rejects.toEqual(failure('InvalidPart', 400));
    expect(await complete('named', id, made)).toMatchObject({ ChecksumType: 'COMPOSITE' });
  });

  it.each([
    { what: 'of another algorithm', ChecksumAlgorithm: 'SHA256', told: 'actual checksum Type: sha256' },
  ] as const)('refuses parts $what', async ({ ChecksumAlgorithm, told }) => {
    const id = await begin('mixed', { ChecksumAlgorithm: 'CRC32' });
    await expect(sent('mixed', id, ChecksumAlgorithm)).rejects.toMatchObject({
      name: 'InvalidRequest',
      message: expect.stringContaining(told),
    });
  });

  it('refuses a part without a checksum, where the object is to have that of its parts', async () => {
    const UploadId = await begin('bare part', { ChecksumAlgorithm: 'SHA256' });
    const client = s3.clientWith({ requestChecksumCalculation: 'WHEN_REQUIRED' });
    const part = { Bucket, Key: 'bare part', UploadId, PartNumber: 1, Body: 'x' };
    await expect(client.send(new UploadPartCommand(part))).rejects.toMatchObject({
      name: 'InvalidRequest',
      message: expect.stringContaining('expected checksum Type: sha256, actual checksum Type: null'),
    });
    client.destroy();
  });

  it.each([
    { what: 'a size that is not its own', more: { MpuObjectSize: 1 }, name: 'InvalidRequest' },
    {
      what: 'a checksum that is not its own',
      more: { ChecksumCRC64NVME: OF_HELLO.CRC64NVME },
      name: 'BadDigest',
    },
    { what: 'another kind of checksum', more: { ChecksumType: 'COMPOSITE' }, name: 'InvalidRequest' },
  ])('refuses $what, and can be completed still', async ({ more, name }) => {
    const id = await begin('checked', { ChecksumAlgorithm: 'CRC64NVME' });
    const made = await sent('checked', id, 'CRC64NVME');
    await expect(complete('checked', id, made, more)).rejects.toEqual(failure(name, 400));
    await complete('checked', id, made);
    expect((await s3.head('checked')).ContentLength).toBe(whole.length);
  });

  it.each([
    { ChecksumAlgorithm: 'CRC64NVME', ChecksumType: 'COMPOSITE' },
    { ChecksumAlgorithm: 'SHA256', ChecksumType: 'FULL_OBJECT' },
  ] as const)('cannot be begun with $ChecksumAlgorithm as $ChecksumType', async (chosen) => {
    await expect(begin('impossible', chosen)).rejects.toEqual(failure('InvalidRequest', 400));
  });
});
