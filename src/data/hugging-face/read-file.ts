import { BatchError } from '../../errors.ts';
import { type Connection, isHub, send } from './connection.ts';
import { PassingFault, passingFault, Tries } from './faults.ts';
import { hubError } from './hub-errors.ts';
import { type Commit, encodedPath } from './listing.ts';
import type { RepositoryFile } from './split.ts';

const MOST_REDIRECTS = 5;

/**
 * The bytes of a file at a commit, from `start` on. Not by the library's `downloadFile`: its blob asks for a file in one request
 * that nothing resumes, and looks at neither the hash nor the size on the way. Every try starts at the hub, so that a link to the
 * storage that has expired is replaced by a new one.
 */
export async function* readFile(
  connection: Connection,
  at: Commit,
  file: RepositoryFile,
  start: number,
): AsyncGenerator<Uint8Array> {
  const tries = new Tries(connection);
  let position = start;
  while (position < file.bytes) {
    try {
      for await (const bytes of bytesFrom(connection, at, file, position)) {
        position += bytes.length;
        if (position > file.bytes) throw changed(at, file, 'has more bytes');
        tries.progress();
        yield bytes;
      }
      if (position < file.bytes) throw new PassingFault(`The answer with ${file.path} broke off.`);
    } catch (error) {
      await tries.after(error);
    }
  }
}

async function* bytesFrom(
  connection: Connection,
  at: Commit,
  file: RepositoryFile,
  position: number,
): AsyncGenerator<Uint8Array> {
  const response = await openFrom(connection, at, file, position);
  const first = firstByte(response, at, file);
  if (first > position) throw new PassingFault(`The answer with ${file.path} began too late.`);
  // A server that knows no ranges answers with the whole file.
  let skip = position - first;
  for await (const bytes of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    if (skip < bytes.length) yield skip === 0 ? bytes : bytes.subarray(skip);
    skip = Math.max(0, skip - bytes.length);
  }
}

/** Follows the hub to where the bytes are, and compares what it says of them on the way. */
async function openFrom(
  connection: Connection,
  at: Commit,
  file: RepositoryFile,
  position: number,
): Promise<Response> {
  const folder = `${connection.endpoint}/datasets/${at.datasetId}/resolve/${at.commit}`;
  let url = `${folder}/${encodedPath(file.path)}`;
  for (let hop = 0; hop <= MOST_REDIRECTS; hop++) {
    // Compressed on the way, bytes would not be counted as the file's.
    const headers = { range: `bytes=${position}-`, 'accept-encoding': 'identity' };
    const response = await send(connection, url, { headers, redirect: 'manual' });
    if (isHub(connection, url)) refuseChanged(response, at, file);
    const location = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || location === null) {
      return answered(connection, at, file, response);
    }
    await response.body?.cancel();
    url = new URL(location, url).href;
  }
  throw new PassingFault(`The hub sent the request for ${file.path} on and on.`);
}

async function answered(
  connection: Connection,
  at: Commit,
  file: RepositoryFile,
  response: Response,
): Promise<Response> {
  if (response.ok) return response;
  const { status } = response;
  if (isHub(connection, response.url)) {
    const gone = status === 416 || response.headers.get('x-error-code') === 'EntryNotFound';
    if (!gone) throw await hubError(connection, at.datasetId, response);
  }
  await response.body?.cancel();
  // What the storage refuses is a link that has expired: the hub gives another.
  const passing = status === 416 || isHub(connection, response.url) ? undefined : passingFault(response);
  if (status === 403 || status === 401 || status === 400)
    throw new PassingFault(`The link to ${file.path} has expired.`);
  throw passing ?? changed(at, file, `answers with the status ${status}`);
}

/** Where the answer begins, from a header that also says how long the whole file is. */
function firstByte(response: Response, at: Commit, file: RepositoryFile): number {
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  const size = response.status === 206 ? range?.[2] : response.headers.get('content-length');
  if (size != null && size !== '*' && Number(size) !== file.bytes)
    throw changed(at, file, `has ${size} bytes`);
  if (response.status !== 206) return 0;
  if (range?.[1] === undefined)
    throw new PassingFault(`The answer with ${file.path} does not say its range.`);
  return Number(range[1]);
}

function refuseChanged(response: Response, at: Commit, file: RepositoryFile): void {
  const size = response.headers.get('x-linked-size');
  if (size !== null && Number(size) !== file.bytes) throw changed(at, file, `has ${size} bytes`);
  const etag = response.headers.get('x-linked-etag') ?? response.headers.get('etag') ?? '';
  const hash = /^(?:W\/)?"?([0-9a-f]{40}|[0-9a-f]{64})"?$/.exec(etag)?.[1];
  // A mirror may have its own kind of ETags: the size tells then.
  if (hash !== undefined && hash.length === file.etag.length && hash !== file.etag) {
    throw changed(at, file, `has the hash ${hash}`);
  }
}

function changed({ datasetId, commit }: Commit, file: RepositoryFile, what: string): BatchError {
  return new BatchError(
    'SourceChanged',
    `Cannot go on with ${file.path} of ${datasetId} at ${commit}: it must stay as it was when the run began (${file.bytes} bytes, ${file.etag}), and it ${what}.`,
  );
}
