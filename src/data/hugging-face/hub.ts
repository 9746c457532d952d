import { setTimeout as sleep } from 'node:timers/promises';
import { BatchError } from '../../errors.ts';
import { checkRequest } from './check-request.ts';
import { stagedFiles } from './choose.ts';
import type { Connection } from './connection.ts';
import { type ConvertedFiles, convertedFilesOf } from './converted-files.ts';
import { declaredConfigs, frontMatter } from './dataset-card.ts';
import { type Commit, commitOf, filesAt } from './listing.ts';
import { type OwnFiles, ownFilesOf } from './own-files.ts';
import { readFile } from './read-file.ts';
import type { Hub, PinnedSplit, RepositoryFile, SplitRequest } from './split.ts';

export type { Hub, HubFile, PinnedSplit, SplitRequest } from './split.ts';

const HUGGING_FACE = 'https://huggingface.co';
const DATASETS_SERVER = 'https://datasets-server.huggingface.co';
/** A card has this much YAML where every column of hundreds of configs is described. */
const LONGEST_CARD_BYTES = 8 * 1024 * 1024;

export interface HuggingFaceOptions {
  /** Default https://huggingface.co; a mirror of it. */
  readonly endpoint?: string | undefined;
  /** Default Hugging Face's own; none for another endpoint, of whose datasets that one knows nothing. */
  readonly datasetsServer?: string | undefined;
  readonly accessToken?: (() => Promise<string | undefined>) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly wait?: (milliseconds: number) => Promise<void>;
}

export function huggingFaceHub({
  endpoint = HUGGING_FACE,
  datasetsServer = trimmed(endpoint) === HUGGING_FACE ? DATASETS_SERVER : undefined,
  accessToken = async () => undefined,
  signal,
  wait = (milliseconds) => sleep(milliseconds, undefined, signal === undefined ? {} : { signal }),
}: HuggingFaceOptions = {}): Hub {
  const connection: Connection = {
    endpoint: trimmed(endpoint),
    datasetsServer: datasetsServer === undefined ? undefined : trimmed(datasetsServer),
    accessToken,
    signal,
    wait,
  };
  return {
    resolve: (request) => resolved(connection, request),
    read: (split, file, start) => readFile(connection, split, file, start),
  };
}

const trimmed = (url: string) => url.replace(/\/+$/, '');

async function resolved(connection: Connection, asked: SplitRequest): Promise<PinnedSplit> {
  checkRequest(asked);
  const main = await commitOf(connection, asked.datasetId, asked.revision ?? 'main');
  const request = { ...asked, datasetId: main.datasetId };
  const notes =
    main.datasetId === asked.datasetId
      ? []
      : [`The dataset ${asked.datasetId} is called ${main.datasetId} now.`];
  if (request.revision !== undefined) {
    return pinned(request, { ...main, ...(await ownFiles(connection, main, request)) }, notes);
  }
  const converted = await convertedFilesOf(connection, main, request);
  if (!('incomplete' in converted)) return pinned(request, converted, notes);
  const own = await ownFiles(connection, main, request, converted.incomplete);
  const reason = `The hub's conversion of ${main.datasetId} to Parquet ${converted.incomplete}: the repository's own files are read.`;
  return pinned(request, { ...main, ...own }, [...notes, reason]);
}

function pinned(
  { split }: SplitRequest,
  { datasetId, commit, config, files, ...found }: ConvertedFiles & Partial<Pick<OwnFiles, 'notes'>>,
  notes: readonly string[],
): PinnedSplit {
  const all = [...notes, ...(found.notes ?? [])];
  return { datasetId, commit, config, split, files: stagedFiles(files), notes: all };
}

/** `incomplete` says why the conversion is not read, where that was tried first. */
async function ownFiles(
  connection: Connection,
  at: Commit,
  request: SplitRequest,
  incomplete?: string,
): Promise<OwnFiles> {
  const files = await filesAt(connection, at);
  const card = await cardOf(connection, at, files);
  try {
    return ownFilesOf(request, files, declaredConfigs(card, at.datasetId));
  } catch (error) {
    if (incomplete === undefined || !(error instanceof BatchError)) throw error;
    const instead = error.message.replace(/^Cannot start the run: /, '');
    const sentence = `Cannot start the run: the hub's conversion of ${at.datasetId} to Parquet ${incomplete}, and the repository's own files cannot stand in for it: ${instead}`;
    throw new BatchError('InvalidInput', sentence, { cause: error });
  }
}

/** The YAML at the head of the README; empty where there is none. */
async function cardOf(connection: Connection, at: Commit, files: readonly RepositoryFile[]): Promise<string> {
  const readme = files.find(({ path }) => path === 'README.md');
  if (readme === undefined) return '';
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of readFile(connection, at, readme, 0)) {
    text += decoder.decode(bytes, { stream: true });
    const yaml = frontMatter(text);
    if (yaml !== undefined) return yaml;
    if (!/^\uFEFF?-/.test(text) || text.length > LONGEST_CARD_BYTES) return '';
  }
  return '';
}
