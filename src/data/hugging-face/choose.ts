import { BatchError, refusal } from '../../errors.ts';
import { uncompressedName } from '../compression.ts';
import type { HubFile, RepositoryFile, SplitRequest } from './split.ts';
import { addTo } from './split-names.ts';

const MOST_NAMES = 20;

const START = 'start the run';

interface Named {
  readonly name: string;
  readonly isDefault: boolean;
}

/** The config that is asked for, the only one, or the default. @throws BatchError InvalidInput naming those that exist */
export function chosenConfig<Config extends Named>(
  configs: readonly Config[],
  request: SplitRequest,
): Config {
  const asked = configs.find(({ name }) => name === request.config);
  const [first, ...others] = configs;
  const defaults = configs.filter(({ isDefault }) => isDefault);
  const chosen =
    request.config !== undefined
      ? asked
      : others.length === 0
        ? first
        : defaults.length === 1
          ? defaults[0]
          : undefined;
  if (chosen !== undefined) return chosen;
  const names = listed(configs.map(({ name }) => name));
  throw refusal(START, 'config', `be one of the configs of ${request.datasetId} (${names})`, request.config);
}

export function splitRefusal(
  { datasetId, split }: SplitRequest,
  config: string,
  existing: readonly string[],
): BatchError {
  if (existing.length === 0) {
    return new BatchError(
      'InvalidInput',
      `Cannot start the run: the config ${config} of ${datasetId} has no files of data.`,
    );
  }
  return refusal(
    START,
    'split',
    `be one of the splits of ${datasetId}, ${config} (${listed(existing)})`,
    split,
  );
}

function listed(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return names.slice(0, MOST_NAMES).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

const READABLE = '.parquet, .csv, .tsv, .jsonl or .ndjson, the text files also as .gz or .zst';

const kindsByEnding: readonly (readonly [RegExp, string])[] = [
  [/\.parquet$/i, 'parquet'],
  [/\.(jsonl|ndjson)$/i, 'jsonl'],
  [/\.(csv|tsv)$/i, 'csv'],
];

/** What a file is read as; its ending where it is not. */
function kindOf(path: string): { readonly readable: boolean; readonly kind: string } {
  const plain = uncompressedName(path);
  const found = kindsByEnding.find(([ending]) => ending.test(plain ?? path))?.[1];
  if (found === undefined || (found === 'parquet' && plain !== undefined)) {
    return { readable: false, kind: /\.[^./]*$/.exec(path)?.[0]?.toLowerCase() ?? '' };
  }
  return { readable: true, kind: found };
}

export interface Readable {
  readonly files: readonly RepositoryFile[];
  readonly notes: readonly string[];
}

/**
 * The files of a split that are one table. Where names alone decided which files are the split's, the kind that most of them have
 * is the data, as for the hub's own libraries; where the files are declared, leaving out any would leave out rows.
 */
export function readableFiles(
  files: readonly RepositoryFile[],
  { what, declared }: { readonly what: string; readonly declared: boolean },
): Readable {
  const byKind = new Map<string, RepositoryFile[]>();
  for (const file of files) addTo(byKind, kindOf(file.path).kind, file);
  const [chosen = [], ...rest] = [...byKind.values()].sort(
    (a, b) => b.length - a.length || rank(a) - rank(b),
  );
  const others = rest.flat();
  const odd = [...chosen, ...others].find(({ path }) => !kindOf(path).readable);
  if (odd !== undefined && (declared || chosen.includes(odd))) {
    throw refusal(START, `the files of ${what}`, `be ${READABLE}`, odd.path);
  }
  if (declared && others.length > 0) {
    const pair = [chosen[0]?.path, others[0]?.path].join(' and ');
    throw refusal(START, `the files of ${what}`, 'be of one format', pair);
  }
  const notes =
    others.length === 0
      ? []
      : [`Of ${what}, ${others.length} files of other formats are left out, such as ${others[0]?.path}.`];
  return { files: chosen, notes };
}

/** Between kinds of which there are as many files, one that is read goes first. */
function rank([file]: readonly RepositoryFile[]): number {
  const { readable, kind } = kindOf(file?.path ?? '');
  return readable ? kindsByEnding.findIndex(([, known]) => known === kind) : kindsByEnding.length;
}

/** In the order of their paths, each with the part of its path that is its own. */
export function stagedFiles(files: readonly RepositoryFile[]): readonly HubFile[] {
  // By bytes, as S3 lists keys.
  const sorted = [...files].sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  const shared = sharedFolder(sorted.map(({ path }) => path));
  return sorted.map((file) => ({ ...file, name: file.path.slice(shared.length) }));
}

function sharedFolder([first = '', ...others]: readonly string[]): string {
  const steps = first.split('/').slice(0, -1);
  while (steps.length > 0) {
    const folder = `${steps.join('/')}/`;
    if (others.every((path) => path.startsWith(folder))) return folder;
    steps.pop();
  }
  return '';
}
