import { parse } from 'yaml';
import { BatchError } from '../../errors.ts';

/** A config as the YAML at the head of a dataset's README declares it. */
export interface DeclaredConfig {
  readonly name: string;
  readonly isDefault: boolean;
  /** Patterns by split; absent where only names of files tell. */
  readonly patterns: ReadonlyMap<string, readonly string[]> | undefined;
  /** The folder that patterns and names are relative to, e.g. `en/`; empty for the whole repository. */
  readonly folder: string;
}

const FENCE = /^---[ \t]*\r?$/m;

/** The YAML between the first two lines of three dashes; undefined while its end is not there. */
export function frontMatter(text: string): string | undefined {
  const head = /^\uFEFF?---[ \t]*\r?\n/.exec(text);
  if (head === null) return undefined;
  const rest = text.slice(head[0].length);
  const end = FENCE.exec(rest);
  return end === null ? undefined : rest.slice(0, end.index);
}

/** @throws BatchError InvalidInput for YAML that is broken or declares configs in a form unknown to the hub */
export function declaredConfigs(yaml: string, datasetId: string): readonly DeclaredConfig[] {
  const card = parsed(yaml, datasetId);
  const configs = isRecord(card) ? card['configs'] : undefined;
  if (configs === undefined || configs === null) return [];
  if (!Array.isArray(configs)) throw unclear(datasetId, 'configs must be a list');
  return configs.map((config) => declaredConfig(config, datasetId));
}

function parsed(yaml: string, datasetId: string): unknown {
  try {
    return parse(yaml);
  } catch (cause) {
    throw unclear(datasetId, `its YAML is broken (${(cause as Error).message.split('\n')[0]})`);
  }
}

function declaredConfig(config: unknown, datasetId: string): DeclaredConfig {
  if (!isRecord(config)) throw unclear(datasetId, 'each of its configs must be a mapping');
  const { config_name: name = 'default', data_files: files, data_dir: folder = '' } = config;
  return {
    name: String(name),
    isDefault: name === 'default' || config['default'] === true,
    patterns: files === undefined || files === null ? undefined : patternsBySplit(files, datasetId),
    folder: folderOf(checkedPath(String(folder), datasetId)),
  };
}

/** A string, a list of strings, or a list of `{split, path}`. */
function patternsBySplit(files: unknown, datasetId: string): ReadonlyMap<string, readonly string[]> {
  const list = Array.isArray(files) ? files : [files];
  const patterns = new Map<string, string[]>();
  for (const entry of list) {
    const { split, path } = isRecord(entry) ? entry : { split: 'train', path: entry };
    const paths = Array.isArray(path) ? path : [path];
    if (split === undefined || paths.length === 0 || !paths.every((path) => typeof path === 'string')) {
      throw unclear(datasetId, 'data_files must be a path, a list of paths or a list of {split, path}');
    }
    const known = patterns.get(String(split)) ?? [];
    patterns.set(String(split), [...known, ...paths.map((path) => checkedPath(path, datasetId))]);
  }
  return patterns;
}

/** `./data//*.csv` → `data/*.csv` */
function checkedPath(path: string, datasetId: string): string {
  const steps = path.split('/').filter((step) => step !== '' && step !== '.');
  if (/:\/\/|::/.test(path) || steps.includes('..')) {
    throw unclear(datasetId, `its files must be paths in its own repository, got ${path}`);
  }
  return steps.join('/');
}

const folderOf = (path: string) => (path === '' ? '' : `${path}/`);

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unclear(datasetId: string, why: string): BatchError {
  return new BatchError(
    'InvalidInput',
    `Cannot start the run: the README.md of ${datasetId} does not say which files belong to a split: ${why}.`,
  );
}
