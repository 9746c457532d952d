import { huggingFaceHub } from '../../../src/data/hugging-face/hub.ts';
import type { PinnedSplit, SplitRequest } from '../../../src/data/hugging-face/split.ts';
import { type FakeDataset, type FakeHub, type FakeHubOptions, startFakeHub } from './fake-hub.ts';

const parquet = 'PAR1 bytes PAR1';
const converted = { 'default/train/0000.parquet': parquet, 'default/train/0001.parquet': 'PAR1 more PAR1' };
const csv = { 'README.md': '# Jokes\n', 'train.csv': 'a,b\n1,2\n', 'test.csv': 'a,b\n3,4\n' };
const request: SplitRequest = { datasetId: 'owner/name', split: 'train' };

let fake: FakeHub;
afterEach(() => fake.close());

interface Given extends Partial<FakeHubOptions> {
  readonly accessToken?: string;
  readonly datasetsServer?: undefined;
}

async function resolve(
  dataset: FakeDataset,
  asked: Partial<SplitRequest> = {},
  { accessToken, ...given }: Given = {},
): Promise<PinnedSplit> {
  fake = await startFakeHub({ datasets: { 'owner/name': dataset }, ...given });
  const hub = huggingFaceHub({
    endpoint: `${fake.endpoint}/`,
    datasetsServer: 'datasetsServer' in given ? undefined : fake.datasetsServer,
    accessToken: async () => accessToken,
    wait: async () => undefined,
  });
  return hub.resolve({ ...request, ...asked });
}

const paths = ({ files }: PinnedSplit) => files.map(({ path }) => path);
const names = ({ files }: PinnedSplit) => files.map(({ name }) => name);

describe('without a revision, the conversion to Parquet', () => {
  test('is pinned to the commit of its own branch', async () => {
    const split = await resolve({ files: csv, converted });
    expect(split).toMatchObject({ datasetId: 'owner/name', config: 'default', split: 'train', notes: [] });
    expect(split.commit).toMatch(/^[0-9a-f]{40}$/);
    expect(paths(split)).toEqual(Object.keys(converted));
    expect(names(split)).toEqual(['0000.parquet', '0001.parquet']);
    expect(split.files[0]).toMatchObject({
      bytes: parquet.length,
      etag: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(JSON.parse(JSON.stringify(split))).toEqual(split);
    expect(fake.requests.some(({ path }) => path.includes(`/tree/${split.commit}/default/train`))).toBe(true);
  });

  const incomplete: readonly [string, FakeDataset['conversion'] & object, string][] = [
    ['partial by its flag', { partial: true }, 'holds only the beginning of the split train'],
    ['pending', { pending: ['default'] }, 'is not ready yet for the config default'],
    ['failed', { failed: ['default'] }, 'has failed for the config default'],
    ['of an earlier commit', { revision: 'f'.repeat(40) }, 'is of an earlier commit'],
    [
      'of other sizes than its branch',
      { files: { ...converted, 'default/train/0001.parquet': '' } },
      'is just being replaced',
    ],
    [
      'without a file of its branch',
      { files: { 'default/train/0000.parquet': parquet } },
      'is just being replaced',
    ],
    ['not ready', { error: { status: 500, code: 'ResponseNotReady' } }, 'is not ready yet'],
    ['impossible', { error: { status: 500, code: 'ConfigNamesError' } }, 'does not exist (ConfigNamesError)'],
    ['unknown', { error: { status: 404 } }, 'does not exist'],
  ];

  test.each(incomplete)('that is %s gives way to own files', async (_, conversion, why) => {
    const split = await resolve({ files: csv, converted, conversion });
    expect(paths(split)).toEqual(['train.csv']);
    expect(split.notes).toEqual([expect.stringContaining(why)]);
  });

  test.each(incomplete)('that is %s is never read in part', async (_, conversion, why) => {
    const resolving = resolve({ files: { 'train.json': '[]' }, converted, conversion });
    await expect(resolving).rejects.toMatchObject({
      kind: 'InvalidInput',
      message: expect.stringMatching(
        /cannot stand in for it: the files of .* must be \.parquet.*got train\.json\.$/,
      ),
    });
    await expect(resolving).rejects.toThrow(why);
  });

  test('that is partial by its folder gives way only for that split', async () => {
    const dataset: FakeDataset = {
      files: csv,
      converted: { 'default/partial-train/0000.parquet': parquet, 'default/test/0000.parquet': parquet },
      conversion: { partial: true },
    };
    const train = await resolve(dataset);
    expect(paths(train)).toEqual(['train.csv']);
    await fake.close();
    const test = await resolve(dataset, { split: 'test' });
    expect(paths(test)).toEqual(['default/test/0000.parquet']);
    expect(test.notes).toEqual([]);
  });

  test('that has no files gives way', async () => {
    expect(paths(await resolve({ files: csv }))).toEqual(['train.csv']);
  });

  test('is not looked for on a hub without a datasets server', async () => {
    const split = await resolve({ files: csv, converted }, {}, { datasetsServer: undefined });
    expect(split.notes).toEqual([expect.stringContaining('is not offered by this hub')]);
    expect(fake.requests.some(({ server }) => server === 'datasets-server')).toBe(false);
  });
});

describe('configs and splits', () => {
  const two = {
    'en/train/0000.parquet': parquet,
    'de/train/0000.parquet': parquet,
    'de/test/0000.parquet': parquet,
  };

  test('the only config is taken', async () => {
    const split = await resolve({ files: {}, converted: { 'en/train/0000.parquet': parquet } });
    expect(split.config).toBe('en');
  });

  test('of several, default is taken', async () => {
    expect((await resolve({ files: {}, converted: { ...two, ...converted } })).config).toBe('default');
  });

  test.each<[string, Partial<SplitRequest>, string]>([
    ['no config', {}, 'config must be one of the configs of owner/name (en, de), got nothing'],
    [
      'an unknown config',
      { config: 'fr' },
      'config must be one of the configs of owner/name (en, de), got fr',
    ],
    [
      'an unknown split',
      { config: 'de', split: 'dev' },
      'split must be one of the splits of owner/name, de (train, test), got dev',
    ],
  ])('%s is refused, naming those that exist', async (_, asked, sentence) => {
    await expect(resolve({ files: {}, converted: two }, asked)).rejects.toThrow(
      `Cannot start the run: ${sentence}.`,
    );
  });

  test('a config that is asked for is taken', async () => {
    const split = await resolve({ files: {}, converted: two }, { config: 'de', split: 'test' });
    expect(paths(split)).toEqual(['de/test/0000.parquet']);
  });
});

describe('with a revision, own files', () => {
  test('are pinned to its commit, conversion or not', async () => {
    const dataset = {
      files: csv,
      converted,
      revisions: { v1: { 'data/train-00000-of-00001.parquet': parquet } },
    };
    const split = await resolve(dataset, { revision: 'v1' });
    expect(names(split)).toEqual(['train-00000-of-00001.parquet']);
    await fake.close();
    const again = await resolve(dataset, { revision: split.commit });
    expect(again).toEqual(split);
  });

  test('are what the README declares, over pages of a listing', async () => {
    const card =
      '---\nconfigs:\n- config_name: a\n  data_files:\n  - split: dev\n    path: "x/*.csv"\n---\n# Text\n';
    const files = { 'README.md': card, 'x/2.csv': 'a\n', 'x/1.csv': 'a\n', 'y/1.csv': 'a\n' };
    const split = await resolve({ files }, { revision: 'main', split: 'dev' }, { pageSize: 1 });
    expect(split.config).toBe('a');
    expect(names(split)).toEqual(['1.csv', '2.csv']);
  });

  test('may be the conversion itself, by config and whole', async () => {
    const dataset = {
      files: {},
      converted: { 'en/train/0000.parquet': parquet, 'de/partial-train/0000.parquet': 'x' },
    };
    const revision = 'refs/convert/parquet';
    expect(names(await resolve(dataset, { revision, config: 'en' }))).toEqual(['0000.parquet']);
    await fake.close();
    await expect(resolve(dataset, { revision, config: 'de' })).rejects.toThrow('must be whole');
  });

  test('that do not exist are refused with the sentence alone', async () => {
    await expect(resolve({ files: csv }, { revision: 'v9' })).rejects.toThrow(
      'Cannot start the run: revision must be a branch, a tag or a commit of owner/name, got v9.',
    );
  });
});

describe('access', () => {
  const asked: readonly [string, Partial<FakeDataset>, string | undefined, string, string][] = [
    [
      'gated, no token',
      { gated: 'accepted' },
      undefined,
      'InvalidInput',
      'is gated; accept its terms at http',
    ],
    [
      'gated, not accepted',
      { gated: 'not accepted' },
      'hf_valid',
      'InvalidInput',
      'not accepted for the token',
    ],
    ['private, no token', { private: true }, undefined, 'NotFound', 'context huggingFaceTokenSecretName.'],
    ['an invalid token', {}, 'hf_other', 'NotFound', 'the token is not valid'],
  ];

  test.each(asked)('%s is refused', async (_, dataset, accessToken, kind, sentence) => {
    const files = { 'train.parquet': parquet, 'README.md': '---\n' };
    const resolving = resolve({ files, ...dataset }, {}, accessToken === undefined ? {} : { accessToken });
    await expect(resolving).rejects.toMatchObject({ kind, message: expect.stringContaining(sentence) });
  });

  test('a dataset that does not exist is not found', async () => {
    await expect(resolve({ files: csv }, { datasetId: 'owner/other' })).rejects.toMatchObject({
      kind: 'NotFound',
      message: expect.stringContaining('there is no Hugging Face dataset owner/other, or it is private'),
    });
  });

  test('the token opens gated and private datasets, at the hub and its datasets server', async () => {
    const dataset: FakeDataset = { files: csv, converted, gated: 'accepted', private: true };
    const split = await resolve(dataset, {}, { accessToken: 'hf_valid' });
    expect(paths(split)).toEqual(Object.keys(converted));
    expect(fake.requests.every(({ authorization }) => authorization === 'Bearer hf_valid')).toBe(true);
  });

  test('a renamed dataset is followed, and said so', async () => {
    const datasets = {
      'owner/name': { files: {}, renamedTo: 'new/name' },
      'new/name': { files: csv, converted },
    };
    const split = await resolve({ files: {} }, {}, { datasets });
    expect(split.datasetId).toBe('new/name');
    expect(split.notes).toEqual(['The dataset owner/name is called new/name now.']);
  });
});

describe('faults', () => {
  test('of a moment are waited out', async () => {
    const busy = [{ status: 503 }, { status: 429, headers: { 'retry-after': '2' } }];
    const split = await resolve(
      { files: csv, converted },
      {},
      { faults: { '/revision/main': busy, '/parquet': busy } },
    );
    expect(split.files).toHaveLength(2);
  });

  test('that ask for more patience than a function has are left to a retry', async () => {
    const faults = { '/revision/main': [{ status: 429, headers: { 'retry-after': '300' } }] };
    await expect(resolve({ files: csv }, {}, { faults })).rejects.toThrow('answered with the status 429');
    expect(fake.requests).toHaveLength(1);
  });

  test.each(['/revision/main', '/parquet'])('of %s that last are ordinary errors', async (path) => {
    const faults = { [path]: Array.from({ length: 9 }, () => ({ status: 503 })) };
    const error = await resolve({ files: csv, converted }, {}, { faults }).catch((error: unknown) => error);
    expect(error).toMatchObject({ message: expect.stringContaining('answered with the status 503') });
    expect(error).not.toHaveProperty('kind');
  });
});

test.each<[Partial<SplitRequest>, string]>([
  [{ datasetId: '../secrets' }, 'dataset_id must be the id'],
  [{ datasetId: 'a/b/c' }, 'dataset_id must be the id'],
  [{ datasetId: 'owner/na..me' }, 'dataset_id must be the id'],
  [{ datasetId: 'owner/name?x' }, 'dataset_id must be the id'],
  [{ datasetId: '' }, 'dataset_id must be the id'],
  [{ split: 'train[:10%]' }, 'split must be the name of a split'],
  [{ config: '../x' }, 'config must be the name of a config'],
  [{ revision: '../main' }, 'revision must be a branch'],
])('%j is refused before any request', async (asked, sentence) => {
  await expect(resolve({ files: csv }, asked)).rejects.toMatchObject({
    kind: 'InvalidInput',
    message: expect.stringContaining(sentence),
  });
  expect(fake.requests).toEqual([]);
});
