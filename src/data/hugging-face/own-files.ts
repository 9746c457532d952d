import { BatchError, refusal } from '../../errors.ts';
import { chosenConfig, readableFiles, splitRefusal } from './choose.ts';
import type { DeclaredConfig } from './dataset-card.ts';
import { globPattern } from './glob.ts';
import type { RepositoryFile, SplitRequest } from './split.ts';
import { filesNamed, isData, missingShards, type Splits, splitsByName } from './split-names.ts';

export interface OwnFiles {
  readonly config: string;
  readonly files: readonly RepositoryFile[];
  readonly notes: readonly string[];
}

/**
 * Which of a repository's own files are a split: what its README declares, else what their names say.
 * @throws BatchError InvalidInput where that cannot be told, or the files cannot be read
 */
export function ownFilesOf(
  request: SplitRequest,
  files: readonly RepositoryFile[],
  declared: readonly DeclaredConfig[],
): OwnFiles {
  const config = chosenConfig(declared.length > 0 ? declared : undeclaredConfigs(request, files), request);
  const { name, folder, patterns } = config;
  const splits =
    patterns === undefined ? splitsByName(files, folder) : splitsByPattern(files, folder, patterns);
  const exact = patterns === undefined ? filesNamed(files, folder, request.split) : [];
  const found = splits.get(request.split) ?? exact;
  const what = `the split ${request.split} of ${request.datasetId}`;
  if (found.length === 0) throw splitRefusal(request, name, filledSplits(splits));
  if (patterns === undefined) refusePartial(found, what);
  const readable = readableFiles(found, { what, declared: patterns !== undefined });
  return {
    config: name,
    files: readable.files,
    notes: [...readable.notes, ...missingShards(readable.files)],
  };
}

const undeclared = (name: string, folder: string): DeclaredConfig => ({
  name,
  folder,
  isDefault: name === 'default',
  patterns: undefined,
});

function undeclaredConfigs(
  request: SplitRequest,
  files: readonly RepositoryFile[],
): readonly DeclaredConfig[] {
  const folders = new Set(
    files.flatMap(({ path }) => (path.includes('/') ? [path.slice(0, path.indexOf('/'))] : [])),
  );
  // A branch of conversions has a folder for each config.
  if (request.revision?.startsWith('refs/convert/')) {
    return [...folders].map((folder) => undeclared(folder, `${folder}/`));
  }
  if (request.config !== undefined && folders.has(request.config)) {
    return [undeclared(request.config, `${request.config}/`)];
  }
  refuseScript(request.datasetId, files);
  return [undeclared('default', '')];
}

/** What a script makes of the files, their names do not say. */
function refuseScript(datasetId: string, files: readonly RepositoryFile[]): void {
  const script = `${datasetId.split('/').at(-1)}.py`;
  if (!files.some(({ path }) => path === script)) return;
  throw refusal(
    'start the run',
    `the dataset ${datasetId}`,
    'be files of data, not a script that makes them',
    script,
  );
}

function splitsByPattern(
  files: readonly RepositoryFile[],
  folder: string,
  patterns: ReadonlyMap<string, readonly string[]>,
): Splits {
  const matching = ([split, globs]: readonly [string, readonly string[]]) => {
    const paths = globs.map((glob) => folder + glob);
    const rules = paths.map(globPattern);
    const belongs = ({ path }: RepositoryFile) =>
      paths.includes(path) || (isData(path) && rules.some((rule) => rule.test(path)));
    return [split, files.filter(belongs)] as const;
  };
  return new Map([...patterns].map(matching));
}

const filledSplits = (splits: Splits) =>
  [...splits].filter(([, files]) => files.length > 0).map(([name]) => name);

/** The hub's conversion calls what holds only a beginning `partial-train`, which else reads like a name of train. */
function refusePartial(files: readonly RepositoryFile[], what: string): void {
  const partial = files.find(({ path }) => /(^|\/)partial-[^/]+\//.test(path));
  if (partial === undefined) return;
  throw new BatchError(
    'InvalidInput',
    `Cannot start the run: ${what} must be whole, and ${partial.path} holds only a part of it; give the revision main, or none.`,
  );
}
