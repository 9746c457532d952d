import {
  GetObjectCommand,
  type GetObjectCommandInput,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { presign } from './presign.ts';
import { S3Suite } from './suite.ts';

const s3 = S3Suite.forTests();
const Key = 'signed/ä b+c&d=e';
const CRC32_OF_HELLO = 'NhCmhg==';

/** As a program that presigns uploads must have it: the SDK would sign the checksum of a body that it does not have. */
let client: S3Client;

beforeAll(async () => {
  client = s3.clientWith({ requestChecksumCalculation: 'WHEN_REQUIRED' });
  await s3.put(Key, 'hello', { ContentType: 'text/x' });
});
afterAll(() => client.destroy());

const toGet = (more: Partial<GetObjectCommandInput> = {}) =>
  new GetObjectCommand({ Bucket: s3.bucket, Key, ...more });

const refusal = async (response: Response) => {
  const text = await response.text();
  const element = (name: string) => new RegExp(`<${name}>(.*?)</${name}>`).exec(text)?.[1];
  return { status: response.status, code: element('Code'), message: element('Message') };
};

describe('a presigned URL', () => {
  it('reads, whole and in part, to whoever has it', async () => {
    const url = await presign(client, toGet());
    const whole = await fetch(url);
    expect(whole.headers.get('content-type')).toBe('text/x');
    expect(await whole.text()).toBe('hello');
    const part = await fetch(url, { headers: { range: 'bytes=1-2' } });
    expect([part.status, await part.text()]).toEqual([206, 'el']);
  });

  it('describes', async () => {
    const url = await presign(client, new HeadObjectCommand({ Bucket: s3.bucket, Key }));
    const { status, headers } = await fetch(url, { method: 'HEAD' });
    expect([status, headers.get('content-length')]).toEqual([200, '5']);
  });

  it('answers the headers that were signed instead of those stored', async () => {
    const ResponseContentDisposition = 'attachment; filename="a b.txt"';
    const more = {
      ResponseContentDisposition,
      ResponseContentType: 'text/y',
      ResponseCacheControl: 'no-cache',
    };
    const { headers } = await fetch(await presign(client, toGet(more)));
    expect(headers.get('content-disposition')).toBe(ResponseContentDisposition);
    expect(headers.get('content-type')).toBe('text/y');
    expect(headers.get('cache-control')).toBe('no-cache');
  });

  it('writes', async () => {
    const command = new PutObjectCommand({
      Bucket: s3.bucket,
      Key: 'signed/put',
      Metadata: { colour: 'blue' },
    });
    const url = await presign(client, command);
    expect((await fetch(url, { method: 'PUT', body: 'by url' })).status).toBe(200);
    expect(await s3.textOf('signed/put')).toBe('by url');
    expect((await s3.head('signed/put')).Metadata).toEqual({ colour: 'blue' });
  });

  it('writes only what has the checksum that was signed', async () => {
    const command = () =>
      new PutObjectCommand({ Bucket: s3.bucket, Key: 'signed/sum', ChecksumCRC32: CRC32_OF_HELLO });
    const put = async (body: string) => fetch(await presign(client, command()), { method: 'PUT', body });
    expect(await refusal(await put('other'))).toMatchObject({ status: 400, code: 'BadDigest' });
    expect((await put('hello')).status).toBe(200);
    expect(await s3.head('signed/sum', { ChecksumMode: 'ENABLED' })).toMatchObject({
      ChecksumCRC32: CRC32_OF_HELLO,
    });
  });

  it('says what is missing', async () => {
    const url = await presign(client, toGet({ Key: 'signed/none' }));
    expect(await refusal(await fetch(url))).toMatchObject({ status: 404, code: 'NoSuchKey' });
  });
});

describe('a presigned URL is refused', () => {
  const HOUR = 3_600_000;

  it.each([
    { when: 'after its time', signingDate: -HOUR, expiresIn: 60, message: 'Request has expired' },
    { when: 'before its time', signingDate: HOUR, expiresIn: 60, message: 'Request is not yet valid' },
  ])('$when', async ({ signingDate, expiresIn, message }) => {
    const at = new Date(Date.now() + signingDate);
    const url = await presign(client, toGet(), { expiresIn, signingDate: at });
    expect(await refusal(await fetch(url))).toEqual({ status: 403, code: 'AccessDenied', message });
  });

  const scope = (text: string) => `AKID/20260101/us-east-1/${text}`;

  it.each([
    { name: 'X-Amz-Expires', value: undefined, message: /requires the X-Amz-Algorithm/ },
    { name: 'X-Amz-Signature', value: undefined, message: /requires the X-Amz-Algorithm/ },
    { name: 'X-Amz-Expires', value: 'soon', message: /should be a number/ },
    { name: 'X-Amz-Expires', value: '-1', message: /must be non-negative/ },
    { name: 'X-Amz-Expires', value: '604801', message: /must be less than a week/ },
    { name: 'X-Amz-Date', value: '2026-01-01', message: /ISO8601 Long Format/ },
    { name: 'X-Amz-Date', value: '20261399T000000Z', message: /ISO8601 Long Format/ },
    { name: 'X-Amz-Algorithm', value: 'AWS4', message: /X-Amz-Algorithm only supports/ },
    { name: 'X-Amz-Credential', value: 'AKID', message: /Credential is mal-formed/ },
    { name: 'X-Amz-Credential', value: scope('sqs/aws4_request'), message: /incorrect service .*sqs/ },
    { name: 'X-Amz-Credential', value: scope('s3/aws4_request'), message: /Invalid credential date/ },
  ])('with $name $value', async ({ name, value, message }) => {
    const url = new URL(await presign(client, toGet()));
    if (value === undefined) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
    expect(await refusal(await fetch(url))).toEqual({
      ...{ status: 400, code: 'AuthorizationQueryParametersError' },
      message: expect.stringMatching(message),
    });
  });

  it('with a header that was not signed', async () => {
    const url = await presign(client, new PutObjectCommand({ Bucket: s3.bucket, Key: 'signed/more' }));
    const answer = await fetch(url, { method: 'PUT', body: 'x', headers: { 'x-amz-meta-a': '1' } });
    expect(await refusal(answer)).toMatchObject({ status: 403, code: 'AccessDenied' });
  });

  it('beside a signature in the headers', async () => {
    const headers = { authorization: 'AWS4-HMAC-SHA256 Credential=a/b/c/s3/aws4_request' };
    const answer = await fetch(await presign(client, toGet()), { headers });
    expect(await refusal(answer)).toMatchObject({ status: 400, code: 'InvalidArgument' });
  });
});
