import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { s3ObjectStore } from '../../src/aws/object-store.ts';
import { collected } from '../data/memory-source.ts';
import { type CuttingProxy, cuttingProxy, type Fate } from './cutting-proxy.ts';
import { connection, type LocalS3, localS3 } from './local-services.ts';

const bytes = randomBytes(1_000_000);
const large = randomBytes(12_000_000);
let s3: LocalS3;
let proxy: CuttingProxy;
/** No tries of the SDK besides: each fate is met by a request of ours. */
let client: S3Client;
const clients: S3Client[] = [];

const clientOf = (more = {}) => {
  const made = new S3Client({ ...connection(proxy.url), maxAttempts: 1, ...more });
  clients.push(made);
  return made;
};

beforeAll(async () => {
  s3 = await localS3('bucket', 'versions');
  proxy = await cuttingProxy(s3.url);
  client = clientOf();
  await direct().write('object', Readable.from([bytes]));
  await direct().write('large', Readable.from([large]));
});
afterAll(async () => {
  for (const made of clients) made.destroy();
  await proxy.close();
  await s3.close();
});

const direct = () => s3ObjectStore(s3.client, 'bucket');

function store(fates: readonly Fate[] = []) {
  proxy.fates.splice(0, Number.POSITIVE_INFINITY, ...fates);
  proxy.gets.length = 0;
  const waits: number[] = [];
  const wait = async (milliseconds: number) => void waits.push(milliseconds);
  return { objects: s3ObjectStore(client, 'bucket', { wait }), waits };
}

const pinned = (key = 'object') => direct().pin({ bucket: 'bucket', key });
const whole = async (parts: AsyncIterable<Uint8Array>) => Buffer.concat(await collected(parts));
const cut = (cutAfter: number): Fate => ({ cutAfter });
const firstBytes = () => proxy.gets.map(({ range = '' }) => Number(/^bytes=(\d+)-/.exec(range)?.[1] ?? 0));

describe('an answer that is cut is asked for again from the byte that was reached', () => {
  test('in a stream of a pinned object', async () => {
    const { objects, waits } = store([cut(300_000), cut(1), cut(0), cut(400_000)]);
    const object = await pinned();
    const read = await whole(objects.source(object).stream(10, 999_990));
    expect(read.equals(bytes.subarray(10, 999_990))).toBe(true);
    expect(proxy.gets).toHaveLength(5);
    expect(new Set(proxy.gets.map((headers) => headers['if-match']))).toEqual(new Set([object.etag]));
    expect(proxy.gets.every(({ range }) => range?.endsWith('-999989'))).toBe(true);
    expect(firstBytes()).toEqual(firstBytes().toSorted((a, b) => a - b));
    expect(firstBytes().at(-1)).toBeGreaterThan(10);
    expect(waits.length).toBe(4);
  });

  test('in a slice', async () => {
    const { objects } = store([cut(100_000), { status: 503 }]);
    const slice = Buffer.from(await objects.source(await pinned()).slice(5, 700_000));
    expect(slice.equals(bytes.subarray(5, 700_000))).toBe(true);
  });

  test.each([0, 123_456])(
    'in an object without a pin, of which the first answer tells the ETag, from %d',
    async (from) => {
      const { objects } = store([cut(300_000), cut(50_000)]);
      expect((await whole(objects.read('object', { from }))).equals(bytes.subarray(from))).toBe(true);
      const { etag } = await pinned();
      expect(proxy.gets.map((headers) => headers['if-match'])).toEqual([undefined, etag, etag]);
      expect(proxy.gets[0]?.range).toBe(from === 0 ? undefined : `bytes=${from}-`);
    },
  );

  test('behind its last byte but one', async () => {
    const { objects } = store([cut(999_999)]);
    expect((await whole(objects.read('object'))).equals(bytes)).toBe(true);
  });

  test('where a version is pinned, in that version, though another came', async () => {
    const Status = 'Enabled';
    await s3.client.send(
      new PutBucketVersioningCommand({ Bucket: 'versions', VersioningConfiguration: { Status } }),
    );
    const versions = s3ObjectStore(s3.client, 'versions');
    await versions.write('object', Readable.from([bytes]));
    const object = await versions.pin({ bucket: 'versions', key: 'object' });
    store([cut(300_000)]);
    const objects = s3ObjectStore(client, 'versions', { wait: () => versions.write('object', 'other') });
    expect((await whole(objects.source(object).stream(0))).equals(bytes)).toBe(true);
    expect(proxy.gets).toHaveLength(2);
  });

  test('when it ends too early, though nothing was cut', async () => {
    const { objects } = store();
    const send = jest.spyOn(client, 'send') as jest.SpyInstance;
    const answer = (part: string, range: string) => ({
      Body: Readable.from([Buffer.from(part)]),
      ContentLength: 10 - Number(range[0]),
      ContentRange: `bytes ${range}/10`,
    });
    send.mockResolvedValueOnce(answer('0123', '0-9')).mockResolvedValueOnce(answer('456789', '4-9'));
    const object = { bucket: 'bucket', key: 'k', etag: '"e"', bytes: 10 };
    expect((await whole(objects.source(object).stream(0))).toString()).toBe('0123456789');
    send.mockRestore();
  });
});

test('four tries in a row without a byte are enough, and the fault is told as it is', async () => {
  const { objects, waits } = store([cut(300_000), ...Array<Fate>(5).fill({ status: 503 })]);
  const read = whole(objects.source(await pinned()).stream(0));
  await expect(read).rejects.toMatchObject({ $metadata: { httpStatusCode: 503 } });
  expect(waits).toEqual([200, 500, 1000, 2000]);
});

test('every byte gives new patience', async () => {
  const nothing = Array<Fate>(3).fill(cut(0));
  const { objects, waits } = store([cut(1000), ...nothing, cut(1000), ...nothing, cut(1000)]);
  expect((await whole(objects.source(await pinned()).stream(0))).equals(bytes)).toBe(true);
  expect(waits).toEqual([200, 500, 1000, 2000, 200, 500, 1000, 2000, 200]);
});

test('what is no passing fault ends the read at once', async () => {
  const { objects, waits } = store([cut(1000), { status: 403 }]);
  await expect(whole(objects.source(await pinned()).stream(0))).rejects.toMatchObject({ kind: 'NotFound' });
  expect(waits).toEqual([200]);
});

test('an object that is replaced before it is opened again is SourceChanged, with a pin and without', async () => {
  for (const open of ['pin', 'no pin'] as const) {
    await direct().write('changing', Readable.from([bytes]));
    const object = await pinned('changing');
    proxy.gets.length = 0;
    proxy.fates.splice(0, Number.POSITIVE_INFINITY, cut(1000));
    // While it waits to open the object again, it is replaced.
    const wait = () => direct().write('changing', 'other');
    const objects = s3ObjectStore(client, 'bucket', { wait });
    const read = open === 'pin' ? objects.source(object).stream(0) : objects.read('changing');
    await expect(whole(read)).rejects.toMatchObject({ kind: 'SourceChanged' });
    expect(proxy.gets).toHaveLength(2);
  }
});

test('a reader that takes its time loses its connection, and goes on with another', async () => {
  store();
  const impatient = clientOf({ requestHandler: { socketTimeout: 600 } });
  const source = s3ObjectStore(impatient, 'bucket', { wait: () => Promise.resolve() }).source(
    await pinned('large'),
  );
  const read: Uint8Array[] = [];
  for await (const part of source.stream(0)) {
    read.push(part);
    if (read.length === 1) await delay(1300);
  }
  expect(Buffer.concat(read).equals(large)).toBe(true);
  expect(proxy.gets).toHaveLength(2);
});

describe('connections come back, with five of them', () => {
  const few = () => s3ObjectStore(clientOf({ requestHandler: { httpAgent: { maxSockets: 5 } } }), 'bucket');

  test.each([
    [
      'a pinned object',
      async () =>
        few()
          .source(await pinned('large'))
          .stream.bind(undefined, 0),
    ],
    ['an object that is read', async () => few().read.bind(undefined, 'large')],
  ])('from readers of %s that stop early', async (_, opened) => {
    store();
    const open = (await opened()) as () => AsyncIterable<Uint8Array>;
    const first = async () => {
      for await (const part of open()) return part.length;
      return 0;
    };
    for (let i = 0; i < 60; i++) expect(await first()).toBeGreaterThan(0);
  });

  test('from slices, and from answers that are refused', async () => {
    store();
    const source = few().source(await pinned('large'));
    for (let i = 0; i < 60; i++) {
      expect((await source.slice(i, i + 3)).byteLength).toBe(3);
      await expect(source.slice(0.5, 11_000_000)).rejects.toThrow('S3 did not answer with the bytes');
    }
  });
});
