import { huggingFaceHub } from '../../../src/data/hugging-face/hub.ts';
import type { Hub, HubFile, PinnedSplit } from '../../../src/data/hugging-face/split.ts';
import { type FakeDataset, type FakeHub, type FakeHubOptions, startFakeHub } from './fake-hub.ts';

/** No two of its stretches are alike. */
const content = Buffer.from(Array.from({ length: 50_000 }, (_, i) => `${i}\n`).join(''));
const path = 'data/train-00000-of-00001.parquet';

let fake: FakeHub | undefined;
afterEach(async () => {
  await fake?.close();
  fake = undefined;
});

interface Opened {
  readonly hub: Hub;
  readonly split: PinnedSplit;
  readonly file: HubFile;
  readonly waits: number[];
}

async function open(
  options: Partial<FakeHubOptions> & {
    readonly dataset?: Partial<FakeDataset>;
    readonly signal?: AbortSignal;
  } = {},
): Promise<Opened> {
  const { dataset, signal, ...given } = options;
  const datasets = { 'owner/name': { files: { [path]: content }, ...dataset } };
  fake = await startFakeHub({ datasets, ...given });
  const waits: number[] = [];
  const { endpoint } = fake;
  const hub = huggingFaceHub({
    ...{ endpoint, signal, accessToken: async () => 'hf_valid' },
    wait: async (milliseconds) => void waits.push(milliseconds),
  });
  const split = await hub.resolve({ datasetId: 'owner/name', split: 'train', revision: 'main' });
  return { hub, split, file: split.files[0] as HubFile, waits };
}

async function bytesOf({ hub, split, file }: Opened, start = 0): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of hub.read(split, file, start)) parts.push(part);
  return Buffer.concat(parts);
}

const toStorage = () => (fake?.requests ?? []).filter(({ server }) => server === 'storage');
const rangesOf = (requests: readonly { readonly range: string | undefined }[]) =>
  requests.map(({ range }) => range);

test.each([0, 1, 40_000, content.length - 1, content.length])('reads from byte %i on', async (start) => {
  const opened = await open();
  expect((await bytesOf(opened, start)).equals(content.subarray(start))).toBe(true);
});

test('reads with a pinned split that was kept as JSON', async () => {
  const { split, file, ...opened } = await open();
  const kept = JSON.parse(JSON.stringify({ split, file })) as Pick<Opened, 'split' | 'file'>;
  expect(await bytesOf({ ...opened, ...kept })).toHaveLength(content.length);
});

test('the token goes to the hub, never to the storage', async () => {
  const opened = await open({ dataset: { gated: 'accepted' } });
  expect(await bytesOf(opened)).toHaveLength(content.length);
  expect(toStorage().map(({ authorization }) => authorization)).toEqual([undefined]);
  const toHub = fake?.requests.filter(({ server }) => server === 'hub') ?? [];
  expect(toHub.map(({ authorization }) => authorization)).toEqual(toHub.map(() => 'Bearer hf_valid'));
});

test('a small file comes from the hub itself, whose ETag is git’s', async () => {
  const opened = await open({ dataset: { files: { 'train.csv': 'a\n1\n' } } });
  expect(opened.file.etag).toHaveLength(40);
  expect(String(await bytesOf(opened, 2))).toBe('1\n');
  expect(toStorage()).toEqual([]);
});

test('an empty file needs no request', async () => {
  const opened = await open({ dataset: { files: { 'train.csv': '' } } });
  const before = fake?.requests.length;
  expect(await bytesOf(opened)).toHaveLength(0);
  expect(fake?.requests).toHaveLength(before ?? -1);
});

/** The first fault of a pair is for the hub, whose redirect has no body to cut. */
const cutAt = (bytes: number) => [{ cutAfter: 0 }, { cutAfter: bytes }];

test('goes on from where a connection broke', async () => {
  const opened = await open({ faults: { '.parquet': cutAt(70_000) } });
  expect((await bytesOf(opened)).equals(content)).toBe(true);
  expect(rangesOf(toStorage())).toEqual(['bytes=0-', expect.stringMatching(/^bytes=[1-9]\d*-$/)]);
});

test('breaks may be many, as long as bytes come between them', async () => {
  const opened = await open({
    faults: { '.parquet': Array.from({ length: 12 }, () => cutAt(20_000)).flat() },
  });
  expect((await bytesOf(opened)).equals(content)).toBe(true);
  expect(toStorage().length).toBeGreaterThan(10);
});

test('a link that has expired is asked for again', async () => {
  const expired = [{ cutAfter: 0 }, { status: 403 }];
  const opened = await open({ faults: { '.parquet': [...cutAt(1_000), ...expired] } });
  expect((await bytesOf(opened)).equals(content)).toBe(true);
  expect(toStorage()).toHaveLength(3);
});

test('a storage that knows no ranges is read over to the place', async () => {
  const opened = await open({ faults: { '.parquet': [{ ignoreRange: true }, { ignoreRange: true }] } });
  expect((await bytesOf(opened, 33_333)).equals(content.subarray(33_333))).toBe(true);
});

test('gives up after a few tries without a byte, with an ordinary error', async () => {
  const opened = await open({ faults: { '.parquet': Array.from({ length: 20 }, () => ({ status: 503 })) } });
  const error = await bytesOf(opened).catch((error: unknown) => error);
  expect(error).toMatchObject({ message: expect.stringContaining('answered with the status 503') });
  expect(error).not.toHaveProperty('kind');
  expect(opened.waits).toEqual([1_000, 2_000, 4_000, 8_000]);
});

test.each([
  ['of another length', Buffer.concat([content, content])],
  ['of the same length', Buffer.from(content).reverse()],
])('a stored file %s than the pinned one is refused', async (_, other) => {
  const opened = await open({ dataset: { replaced: { [path]: other } } });
  await expect(bytesOf(opened)).rejects.toMatchObject({
    kind: 'SourceChanged',
    message: expect.stringContaining('it must stay as it was when the run began'),
  });
});

test('a small file that is another is refused', async () => {
  const opened = await open({
    dataset: { files: { 'train.csv': 'a\n1\n' }, replaced: { 'train.csv': 'a\n2\n' } },
  });
  await expect(bytesOf(opened)).rejects.toMatchObject({ kind: 'SourceChanged' });
});

test('a file that is gone is refused', async () => {
  const opened = await open();
  const gone = { ...opened.file, path: 'data/gone.parquet' };
  await expect(bytesOf({ ...opened, file: gone })).rejects.toMatchObject({ kind: 'SourceChanged' });
});

test('terms that are not accepted are said when a file is read', async () => {
  const opened = await open({ dataset: { gated: 'not accepted' } });
  await expect(bytesOf(opened)).rejects.toMatchObject({
    kind: 'InvalidInput',
    message: expect.stringContaining('its terms are not accepted for the token'),
  });
});

test('a signal ends the reading at once, without another try', async () => {
  const controller = new AbortController();
  const opened = await open({ signal: controller.signal });
  const reading = opened.hub.read(opened.split, opened.file, 0)[Symbol.asyncIterator]();
  await reading.next();
  controller.abort(new Error('enough'));
  await expect(
    (async () => {
      while (!(await reading.next()).done);
    })(),
  ).rejects.toThrow('enough');
  expect(opened.waits).toEqual([]);
});
