import type { RepositoryFile } from './split.ts';

export type Splits = ReadonlyMap<string, readonly RepositoryFile[]>;

/** The words by which the hub recognizes a split where nothing is declared. */
const keywords = {
  train: ['train', 'training'],
  validation: ['validation', 'valid', 'dev', 'val'],
  test: ['test', 'testing', 'eval', 'evaluation'],
} as const;

/** A keyword is a word of its own: `my_train.csv` is of train, `training.csv` too, `trains.csv` is not. */
const keywordRules = Object.entries(keywords).map(
  ([split, words]) =>
    [split, new RegExp(`^(?:.*[-._ 0-9])?(?:${words.join('|')})(?:[-._ 0-9].*)?$`, 's')] as const,
);

const SHARD_OF_DATA = /^data\/([^/]+)-\d{5}-of-\d{5}[^/]*\.[^/]*$/;

/** What tells about the data, or about the repository, is no data itself. */
const NOT_DATA = [
  /(^|\/)\./,
  /(^|\/)__[^/]*\//,
  /(^|\/)[^./]+$/,
  /(^|\/)(config|dataset_infos?|dataset_dict)\.json$/,
  /(^|\/)(licen[cs]e|citation|notice|requirements)[^/]*$/i,
  /\.(md|rst|bib|py|sh|ipynb|ya?ml|toml|lock|cfg)$/i,
];

export function isData(path: string): boolean {
  return !NOT_DATA.some((pattern) => pattern.test(path));
}

/** The splits of a folder by the names in it, as the hub's own libraries read them: the first convention that fits. */
export function splitsByName(files: readonly RepositoryFile[], folder: string): Splits {
  const named = files
    .filter(({ path }) => path.startsWith(folder) && isData(path))
    .map((file) => ({ file, steps: file.path.slice(folder.length).split('/') }));
  const conventions = [shardsOfData, keywordsInFolders, keywordsInFileNames, (): string[] => ['train']];
  for (const splitsOf of conventions) {
    const splits = new Map<string, RepositoryFile[]>();
    for (const { file, steps } of named) {
      for (const split of splitsOf(steps)) addTo(splits, split, file);
    }
    if (splits.size > 0) return splits;
  }
  return new Map();
}

export function addTo<Value>(lists: Map<string, Value[]>, key: string, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

function shardsOfData(steps: readonly string[]): string[] {
  const split = SHARD_OF_DATA.exec(steps.join('/'))?.[1];
  return split === undefined ? [] : [split];
}

const keywordsInFolders = (steps: readonly string[]) => keywordsIn(steps.slice(0, -1));
const keywordsInFileNames = (steps: readonly string[]) => keywordsIn(steps.slice(-1));

function keywordsIn(names: readonly string[]): string[] {
  return keywordRules.filter(([, rule]) => names.some((name) => rule.test(name))).map(([split]) => split);
}

/** Files that say a split's exact name, for splits beyond the keywords: `dev_seen/…`, `dev_seen-00000-of-00002.csv`, `dev_seen.csv`. */
export function filesNamed(
  files: readonly RepositoryFile[],
  folder: string,
  split: string,
): readonly RepositoryFile[] {
  return files.filter(({ path }) => {
    if (!path.startsWith(folder) || !isData(path)) return false;
    const rest = path.slice(folder.length).replace(/^data\//, '');
    return (
      rest.startsWith(split) && /^(?:\/|\.|-\d{4,5}(?:-of-\d{5})?[^/]*\.)/.test(rest.slice(split.length))
    );
  });
}

/** A sentence for each numbered series that has gaps: the repository's owner may have meant it, the user should know. */
export function missingShards(files: readonly RepositoryFile[]): readonly string[] {
  const series = new Map<string, Set<string>>();
  for (const { path } of files) {
    const [, stem = '', number = '', count = ''] = /^(.*)-(\d{5})-of-(\d{5})[^/]*$/.exec(path) ?? [];
    if (count === '') continue;
    const key = `${stem}-of-${count}`;
    series.set(key, (series.get(key) ?? new Set()).add(number));
  }
  return [...series].flatMap(([key, numbers]) => {
    const count = Number(key.slice(-5));
    const stem = key.slice(0, -'-of-00000'.length);
    if (numbers.size >= count) return [];
    return [`Of the ${count} numbered files ${stem}-*, the repository holds only ${numbers.size}.`];
  });
}
