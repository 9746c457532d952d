import { declaredConfigs, frontMatter } from '../../../src/data/hugging-face/dataset-card.ts';

const configsOf = (yaml: string) =>
  declaredConfigs(yaml, 'owner/name').map(({ patterns, ...config }) => ({
    ...config,
    patterns: patterns && Object.fromEntries(patterns),
  }));

test.each<[string, string, string | undefined]>([
  ['YAML between dashes', '---\na: 1\n---\n# Text\n---\n', 'a: 1\n'],
  ['Windows line ends and a byte order mark', '\uFEFF---\r\na: 1\r\n---\r\n', 'a: 1\r\n'],
  ['a text alone', '# Text\n---\na: 1\n---\n', undefined],
  ['YAML whose end is missing', '---\na: 1\n', undefined],
])('%s', (_, text, expected) => {
  expect(frontMatter(text)).toBe(expected);
});

test.each<[string, string, unknown]>([
  ['nothing', '', []],
  ['no configs', 'license: mit', []],
  [
    'a path is of train',
    'configs: [{config_name: default, data_files: ./train.csv}]',
    [{ name: 'default', isDefault: true, folder: '', patterns: { train: ['train.csv'] } }],
  ],
  [
    'so is a list of paths',
    'configs: [{config_name: a, default: true, data_files: [x.csv, y.csv]}]',
    [{ name: 'a', isDefault: true, folder: '', patterns: { train: ['x.csv', 'y.csv'] } }],
  ],
  [
    'splits with a path or paths',
    'configs: [{config_name: 2020, data_files: [{split: dev, path: d/*}, {split: test, path: [e, f]}]}]',
    [{ name: '2020', isDefault: false, folder: '', patterns: { dev: ['d/*'], test: ['e', 'f'] } }],
  ],
  [
    'a folder whose names tell',
    'configs: [{config_name: en, data_dir: ./data//en/}]',
    [{ name: 'en', isDefault: false, folder: 'data/en/', patterns: undefined }],
  ],
])('%s', (_, yaml, expected) => {
  expect(configsOf(yaml)).toEqual(expected);
});

test.each<[string, string]>([
  ['a: [', 'its YAML is broken'],
  ['configs: {a: 1}', 'configs must be a list'],
  ['configs: [a]', 'each of its configs must be a mapping'],
  ['configs: [{data_files: 1}]', 'data_files must be a path'],
  ['configs: [{data_files: [{split: train}]}]', 'data_files must be a path'],
  ['configs: [{data_files: ../x.csv}]', 'must be paths in its own repository, got ../x.csv'],
  ['configs: [{data_files: "https://example.com/x.csv"}]', 'must be paths in its own repository'],
  ['configs: [{data_dir: ../x}]', 'must be paths in its own repository'],
])('%s is refused', (yaml, sentence) => {
  expect(() => declaredConfigs(yaml, 'owner/name')).toThrow(sentence);
});
