import { declaredConfigs } from '../../../src/data/hugging-face/dataset-card.ts';
import { ownFilesOf } from '../../../src/data/hugging-face/own-files.ts';
import type { SplitRequest } from '../../../src/data/hugging-face/split.ts';

interface Case {
  readonly asked?: Partial<SplitRequest>;
  readonly paths: readonly string[];
  readonly card?: string;
}

function own({ asked, paths, card = '' }: Case) {
  const request = { datasetId: 'owner/name', split: 'train', ...asked };
  const files = paths.map((path) => ({ path, bytes: 1, etag: '' }));
  return ownFilesOf(request, files, declaredConfigs(card, 'owner/name'));
}

const shards = (name: string, count: number) =>
  Array.from({ length: count }, (_, i) => `${name}-0000${i}-of-0000${count}.parquet`);

test.each<[string, Case, readonly string[]]>([
  [
    'shards below data',
    { paths: [...shards('data/train', 2), 'data/test-00000-of-00001.parquet'] },
    shards('data/train', 2),
  ],
  [
    'a split of any name below data',
    { asked: { split: 'q1' }, paths: shards('data/q1', 2) },
    shards('data/q1', 2),
  ],
  [
    'shards with hashes',
    { paths: ['data/train-00000-of-00001-a1b2.parquet'] },
    ['data/train-00000-of-00001-a1b2.parquet'],
  ],
  ['names of files', { paths: ['train.csv', 'test.csv', 'README.md'] }, ['train.csv']],
  ['words in names', { paths: ['my_training-1.csv', 'trains.csv', 'dev.csv'] }, ['my_training-1.csv']],
  [
    'keywords of validation',
    { asked: { split: 'validation' }, paths: ['train.csv', 'dev.jsonl'] },
    ['dev.jsonl'],
  ],
  ['folders before names of files', { paths: ['train/test.csv', 'test/a.csv'] }, ['train/test.csv']],
  [
    'deeper folders',
    { paths: ['x/train/a/1.csv', 'x/train/2.csv', 'x/test/3.csv'] },
    ['x/train/a/1.csv', 'x/train/2.csv'],
  ],
  [
    'everything, where no name tells',
    { paths: ['a.jsonl', 'b/c.jsonl', '.hidden.jsonl', 'LICENSE'] },
    ['a.jsonl', 'b/c.jsonl'],
  ],
  ['compressed text', { paths: ['train.csv.gz', 'train.tsv.zst'] }, ['train.csv.gz', 'train.tsv.zst']],
  [
    'a folder for a config',
    { asked: { config: 'en' }, paths: ['en/train-0000.parquet', 'de/train-0000.parquet'] },
    ['en/train-0000.parquet'],
  ],
  [
    'a config and any split',
    { asked: { config: 'en', split: 'dev_seen' }, paths: ['en/dev_seen-00000-of-00001.csv', 'en/dev.csv'] },
    ['en/dev_seen-00000-of-00001.csv'],
  ],
  ['a folder for any split', { asked: { split: 'q1' }, paths: ['q1/a.csv', 'q10/a.csv'] }, ['q1/a.csv']],
  [
    'a branch of conversions',
    { asked: { revision: 'refs/convert/parquet' }, paths: ['en/train/0000.parquet', 'en/test/0000.parquet'] },
    ['en/train/0000.parquet'],
  ],
  [
    'a script beside a declaration',
    { card: 'configs: [{data_files: a.csv}]', paths: ['name.py', 'a.csv', 'train.csv'] },
    ['a.csv'],
  ],
  [
    'a folder of a declaration',
    { card: 'configs: [{data_dir: en}]', paths: ['en/train.csv', 'train.csv'] },
    ['en/train.csv'],
  ],
  [
    'patterns below a folder',
    { card: 'configs: [{data_dir: en, data_files: "*.csv"}]', paths: ['en/1.csv', '1.csv'] },
    ['en/1.csv'],
  ],
])('%s', (_, given, expected) => {
  const { files, notes } = own(given);
  expect(files.map(({ path }) => path)).toEqual(expected);
  expect(notes).toEqual([]);
});

test.each<[string, Case, string]>([
  [
    'no split of that name',
    { asked: { split: 'q1' }, paths: ['train.csv', 'test.csv'] },
    'split must be one of the splits of owner/name, default (train, test), got q1.',
  ],
  [
    'no data',
    { paths: ['README.md', '.gitattributes', 'dataset_infos.json'] },
    'the config default of owner/name has no files of data.',
  ],
  [
    'a format that is not read',
    { paths: ['train.json'] },
    'must be .parquet, .csv, .tsv, .jsonl or .ndjson, the text files also as .gz or .zst, got train.json.',
  ],
  ['pictures with a table about them', { paths: ['1.png', '2.png', 'metadata.csv'] }, 'got 1.png.'],
  ['compressed Parquet', { paths: ['train.parquet.gz'] }, 'got train.parquet.gz.'],
  [
    'a script',
    { paths: ['name.py', 'train.csv'] },
    'must be files of data, not a script that makes them, got name.py.',
  ],
  [
    'a part of a split',
    { paths: ['default/partial-train/0000.parquet'] },
    'must be whole, and default/partial-train/0000.parquet holds only a part of it',
  ],
  [
    'declared formats that are not one',
    { card: 'configs: [{data_files: "*"}]', paths: ['a.csv', 'b.parquet'] },
    'must be of one format, got b.parquet and a.csv.',
  ],
  [
    'a declared format that is not read',
    { card: 'configs: [{data_files: "*"}]', paths: ['a.csv', 'b.csv', 'c.json'] },
    'got c.json.',
  ],
  [
    'configs without a default',
    { card: 'configs: [{config_name: a, data_files: x}, {config_name: b, data_files: y}]', paths: [] },
    'config must be one of the configs of owner/name (a, b), got nothing.',
  ],
  [
    'a config that is not declared',
    { asked: { config: 'c' }, card: 'configs: [{config_name: a, data_files: x}]', paths: ['c/train.csv'] },
    '(a), got c.',
  ],
  [
    'patterns that match nothing',
    { card: 'configs: [{data_files: "x/*.csv"}]', paths: ['train.csv'] },
    'the config default of owner/name has no files of data.',
  ],
])('%s is refused', (_, given, sentence) => {
  expect(() => own(given)).toThrow(sentence);
});

test('files in fewer formats are left out, and said so', () => {
  const { files, notes } = own({ paths: ['train.csv', 'train.parquet', 'train.json'] });
  expect(files.map(({ path }) => path)).toEqual(['train.parquet']);
  expect(notes).toEqual([
    'Of the split train of owner/name, 2 files of other formats are left out, such as train.csv.',
  ]);
});

test('numbered files that are missing are said', () => {
  const { notes } = own({ paths: shards('data/train', 5).slice(0, 3) });
  expect(notes).toEqual(['Of the 5 numbered files data/train-*, the repository holds only 3.']);
});
