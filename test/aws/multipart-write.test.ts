import { S3Client } from '@aws-sdk/client-s3';
import { MultipartWrite } from '../../src/aws/multipart-write.ts';
import type { UploadedPart } from '../../src/batch/manifest.ts';
import { connection } from './local-services.ts';

const MiB = 1024 * 1024;

interface Sent {
  readonly part: number;
  readonly bytes: number;
}

/** A client that answers at once, or in a while, without a server: objects may be larger than any test would write. */
function answering(milliseconds = 0) {
  const client = new S3Client(connection('http://127.0.0.1:1'));
  const sent: Sent[] = [];
  let arrived = 0;
  client.middlewareStack.add(
    () => async (args) => {
      const { PartNumber, Body, CopySourceRange } = args.input as Record<string, unknown>;
      const bytes = Body instanceof Uint8Array ? Body.length : 0;
      if (typeof PartNumber === 'number' && CopySourceRange === undefined)
        sent.push({ part: PartNumber, bytes });
      if (milliseconds > 0) await new Promise((resolve) => setTimeout(resolve, milliseconds));
      arrived += bytes;
      const output = { UploadId: 'u', ETag: '"e"', CopyPartResult: { ETag: '"c"' }, $metadata: {} };
      return { output: output as never, response: undefined };
    },
    { step: 'initialize', name: 'answers' },
  );
  return { client, sent, arrived: () => arrived };
}

const targetOf = (s3: S3Client) => ({
  s3,
  target: { bucket: 'bucket', key: 'large' },
  read: () => {
    throw new Error('No range is read here.');
  },
});

const piece = new Uint8Array(MiB);
const partBytesFor9000 = (mebibytes: number) => 9000 * mebibytes * MiB;

test.each([
  [undefined, 8, 32],
  [100, 8, 32],
  [partBytesFor9000(24), 24, 96],
  [partBytesFor9000(40), 40, 120],
  [partBytesFor9000(64), 64, 128],
  [partBytesFor9000(130), 130, 130],
])(
  'with %p bytes expected, parts have %d MiB, and no more than %d are held',
  async (expectedBytes, part, most) => {
    const { client, sent, arrived } = answering(10);
    const upload = new MultipartWrite(targetOf(client), { expectedBytes });
    let held = 0;
    const total = Math.ceil(part * 5.5);
    for (let added = 1; added <= total; added++) {
      held = Math.max(held, added * MiB - arrived());
      await upload.add(piece);
    }
    await upload.complete();
    expect(held / MiB).toBeLessThanOrEqual(most);
    const bytes = sent.map((one) => one.bytes / MiB);
    expect(bytes).toEqual([...Array<number>(5).fill(part), total - 5 * part]);
  },
);

test('a piece larger than a part is cut', async () => {
  const { client, sent } = answering();
  const upload = new MultipartWrite(targetOf(client), {});
  await upload.add(new Uint8Array(20 * MiB));
  await upload.complete();
  expect(sent.map(({ bytes }) => bytes / MiB)).toEqual([8, 8, 4]);
});

const partsTo = (count: number): UploadedPart[] =>
  Array.from({ length: count }, (_, i) => ({ part: i + 1, etag: '"e"' }));

test('the size of the parts is put down, and kept whatever is expected then', async () => {
  const { client, sent } = answering();
  const upload = new MultipartWrite(targetOf(client), { expectedBytes: partBytesFor9000(12) });
  for (let i = 0; i < 14; i++) await upload.add(piece);
  expect(await upload.pause()).toBeUndefined();
  for (let i = 0; i < 4; i++) await upload.add(piece);
  const state = await upload.pause();
  expect(state).toEqual({ upload_id: 'u', parts: partsTo(2), part_bytes: 12 * MiB });
  const again = new MultipartWrite(targetOf(client), { state, expectedBytes: partBytesFor9000(30) });
  for (let i = 0; i < 13; i++) await again.add(piece);
  await again.complete();
  expect(sent.map(({ part, bytes }) => [part, bytes / MiB])).toEqual([
    [1, 12],
    [2, 6],
    [3, 12],
    [4, 1],
  ]);
});

test('what nobody expected goes on with parts of the size that their number gives', async () => {
  const { client, sent } = answering();
  const upload = new MultipartWrite(targetOf(client), { state: { upload_id: 'u', parts: partsTo(1000) } });
  for (let i = 0; i < 17; i++) await upload.add(piece);
  await upload.complete();
  expect(sent.map(({ bytes }) => bytes / MiB)).toEqual([16, 1]);
});

test.each(['bytes', 'a copy'])('the 10,000th part is the last: %s behind it is refused', async (kind) => {
  const { client } = answering();
  const object = { bucket: 'bucket', key: 'source', etag: '"e"', bytes: 1024 * MiB };
  const upload = new MultipartWrite(targetOf(client), { state: { upload_id: 'u', parts: partsTo(9999) } });
  await upload.add({ object, start: 0, end: 64 * MiB });
  const next = kind === 'bytes' ? new Uint8Array(64 * MiB) : { object, start: 0, end: 64 * MiB };
  await expect(upload.add(next)).rejects.toMatchObject({
    kind: 'InvalidInput',
    message:
      'Cannot write s3://bucket/large: an object must have at most 10000 parts, as S3 takes them (give the table as several objects), got more behind 10000 of them.',
  });
  await upload.abort();
});
