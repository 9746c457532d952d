import { datasetInfo, listFiles } from '@huggingface/hub';
import { BatchError } from '../../errors.ts';
import { isDatasetId } from './check-request.ts';
import { apiFetch, type Connection } from './connection.ts';
import { gatedError } from './hub-errors.ts';
import type { RepositoryFile } from './split.ts';

/** More files than this are pictures or sounds, and their list would not be small. */
const MOST_FILES = 100_000;

export interface Commit {
  readonly datasetId: string;
  readonly commit: string;
}

/** The commit that a revision is at now, and the dataset's name of today. */
export async function commitOf(connection: Connection, datasetId: string, revision: string): Promise<Commit> {
  const info = await datasetInfo({
    name: datasetId,
    revision,
    additionalFields: ['sha'],
    hubUrl: connection.endpoint,
    fetch: apiFetch(connection, datasetId),
  });
  if (!/^[0-9a-f]{40}$/.test(info.sha) || !isDatasetId(info.name)) {
    const got = JSON.stringify([info.name, info.sha]);
    throw new Error(`The hub did not answer with a commit of ${datasetId}, but with ${got}.`);
  }
  // A gated dataset shows its metadata to everybody, and its files to nobody without a token.
  const token = info.gated ? await connection.accessToken() : 'none is needed';
  if (token === undefined) throw gatedError(connection, datasetId, token);
  return { datasetId: info.name, commit: info.sha };
}

/** Every file at a commit, or below one of its folders. */
export async function filesAt(
  connection: Connection,
  { datasetId, commit }: Commit,
  folder?: string,
): Promise<RepositoryFile[]> {
  const files: RepositoryFile[] = [];
  const entries = listFiles({
    repo: { type: 'dataset', name: datasetId },
    revision: commit,
    recursive: true,
    hubUrl: connection.endpoint,
    fetch: apiFetch(connection, datasetId),
    ...(folder === undefined ? {} : { path: encodedPath(folder) }),
  });
  for await (const { type, path, size, oid, lfs } of entries) {
    if (type !== 'file') continue;
    files.push({ path, bytes: lfs?.size ?? size, etag: lfs?.oid ?? oid ?? '' });
    if (files.length > MOST_FILES) throw tooManyFiles(datasetId);
  }
  return files;
}

export function encodedPath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

function tooManyFiles(datasetId: string): BatchError {
  return new BatchError(
    'InvalidInput',
    `Cannot start the run: the dataset ${datasetId} must have at most ${MOST_FILES} files, and it has more.`,
  );
}
