import { chosenConfig, splitRefusal } from './choose.ts';
import type { Connection } from './connection.ts';
import { type Conversion, type ConvertedFile, conversionOf, type Incomplete } from './conversion.ts';
import { type Commit, commitOf, filesAt } from './listing.ts';
import type { RepositoryFile, SplitRequest } from './split.ts';

export interface ConvertedFiles extends Commit {
  readonly config: string;
  readonly files: readonly RepositoryFile[];
}

/** A split in the hub's conversion to Parquet, pinned; or why it is not all there. */
export async function convertedFilesOf(
  connection: Connection,
  main: Commit,
  request: SplitRequest,
): Promise<ConvertedFiles | Incomplete> {
  const { datasetsServer } = connection;
  if (datasetsServer === undefined) return { incomplete: 'is not offered by this hub' };
  const conversion = await conversionOf(connection, datasetsServer, main.datasetId);
  const split = 'incomplete' in conversion ? conversion : wholeSplit(conversion, main.commit, request);
  return 'incomplete' in split ? split : pinned(connection, main.datasetId, split);
}

interface WholeSplit {
  readonly config: string;
  readonly files: readonly ConvertedFile[];
}

/** @throws BatchError InvalidInput for a config or a split that the dataset does not have */
export function wholeSplit(
  conversion: Conversion,
  mainCommit: string,
  request: SplitRequest,
): WholeSplit | Incomplete {
  const { files, pending, failed, converted } = conversion;
  if (converted !== undefined && converted !== mainCommit) return { incomplete: 'is of an earlier commit' };
  const names = [...new Set([...files.map(({ config }) => config), ...pending, ...failed])];
  // Jobs of the whole dataset, such as that which lists its configs, have none.
  if (names.includes('') || names.length === 0) return { incomplete: 'has not found out its configs' };
  const configs = names.map((name) => ({ name, isDefault: name === 'default' }));
  const { name: config } = chosenConfig(configs, request);
  if (pending.includes(config)) return { incomplete: `is not ready yet for the config ${config}` };
  if (failed.includes(config)) return { incomplete: `has failed for the config ${config}` };
  const ofConfig = files.filter((file) => file.config === config);
  const ofSplit = ofConfig.filter(({ split }) => split === request.split);
  if (ofSplit.length === 0) {
    throw splitRefusal(request, config, [...new Set(ofConfig.map(({ split }) => split))]);
  }
  if (isPartial(conversion, ofSplit))
    return { incomplete: `holds only the beginning of the split ${request.split}` };
  return { config, files: ofSplit };
}

/** Folders tell which split the flag of the whole dataset is about; where none does, it is about every split. */
function isPartial({ files, partial }: Conversion, ofSplit: readonly ConvertedFile[]): boolean {
  const inPartial = ({ path, split }: ConvertedFile) => path.split('/').includes(`partial-${split}`);
  return ofSplit.some(inPartial) || (partial && !files.some(inPartial));
}

/** The files at the commit that the branch is at, if they are still those that the datasets server told of. */
async function pinned(
  connection: Connection,
  datasetId: string,
  { config, files }: WholeSplit,
): Promise<ConvertedFiles | Incomplete> {
  const [{ branch = '', path = '' } = {}] = files;
  const folder = path.slice(0, path.lastIndexOf('/'));
  const { commit } = await commitOf(connection, datasetId, branch);
  const listed = await filesAt(connection, { datasetId, commit }, folder);
  const known = new Map(files.map((file) => [file.path, file]));
  const agreed = listed.filter(({ path, bytes }) => known.get(path)?.bytes === bytes);
  const sameBranch = files.every((file) => file.branch === branch);
  if (!sameBranch || agreed.length !== known.size || listed.length !== known.size) {
    return { incomplete: 'is just being replaced' };
  }
  return { datasetId, commit, config, files: agreed };
}
