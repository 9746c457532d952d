import type { IncomingMessage, ServerResponse } from 'node:http';
import { listen } from '../../../src/local/http/listen.ts';
import { FakeRepository, type FakeRevision } from './fake-repository.ts';

/** What goes wrong with one request. */
export type Fault =
  /** The connection breaks after so many bytes of the body. */
  | { readonly cutAfter: number }
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** Answers with the whole file, whatever range is asked for. */
  | { readonly ignoreRange: true };

export interface FakeDataset {
  /** Of the branch main, by their paths. */
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  /** Other branches and tags. */
  readonly revisions?: Readonly<Record<string, Readonly<Record<string, string | Uint8Array>>>>;
  /** Of the branch refs/convert/parquet, e.g. `default/train/0000.parquet` or `default/partial-train/0000.parquet`. */
  readonly converted?: Readonly<Record<string, string | Uint8Array>>;
  /** What the datasets server says of the conversion besides its files. */
  readonly conversion?: {
    readonly pending?: readonly string[];
    readonly failed?: readonly string[];
    readonly partial?: boolean;
    /** The commit that was converted; that of main by default. */
    readonly revision?: string;
    /** Files that it tells of in place of those of the branch. */
    readonly files?: Readonly<Record<string, string | Uint8Array>>;
    /** Instead of an answer. */
    readonly error?: { readonly status: number; readonly code?: string };
  };
  readonly private?: boolean;
  /** Whether the terms are accepted for the token. */
  readonly gated?: 'accepted' | 'not accepted';
  readonly renamedTo?: string;
  /** Served in place of the file of that path, as if history had been rewritten. */
  readonly replaced?: Readonly<Record<string, string | Uint8Array>>;
}

export interface FakeHubOptions {
  readonly datasets: Readonly<Record<string, FakeDataset>>;
  /** The only token that is valid. */
  readonly token?: string;
  /** By a part of a request's path: what goes wrong with the first, the second … request that has it in its path. */
  readonly faults?: Readonly<Record<string, readonly Fault[]>>;
  /** Files on a page of a listing. */
  readonly pageSize?: number;
}

export interface FakeRequest {
  readonly server: 'hub' | 'datasets-server' | 'storage';
  readonly path: string;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
}

export interface FakeHub {
  readonly endpoint: string;
  readonly datasetsServer: string;
  readonly requests: readonly FakeRequest[];
  close(): Promise<void>;
}

interface Call {
  readonly url: URL;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly fault: Fault | undefined;
}

/** The Hugging Face hub, its datasets server and its storage on loopback, each an origin of its own. */
export async function startFakeHub({
  datasets,
  token = 'hf_valid',
  faults = {},
  pageSize = 1_000,
}: FakeHubOptions): Promise<FakeHub> {
  const repositories = new Map(
    Object.entries(datasets).map(([id, dataset]) => [id, new FakeRepository(id, dataset)]),
  );
  const requests: FakeRequest[] = [];
  const queues = Object.entries(faults).map(([part, list]) => ({ part, list: [...list] }));
  const serve = (server: FakeRequest['server'], handle: (call: Call) => ServerResponse) =>
    listen((request, response) => {
      const url = new URL(request.url ?? '', `http://${request.headers.host}`);
      const { authorization, range } = request.headers;
      requests.push({ server, path: url.pathname + url.search, authorization, range });
      const path = decodeURIComponent(url.pathname);
      const fault = queues.find(({ part, list }) => list.length > 0 && path.includes(part))?.list.shift();
      const status = fault !== undefined && 'status' in fault ? fault : undefined;
      if (status === undefined) handle({ url, request, response, fault });
      else response.writeHead(status.status, status.headers).end('a fault');
    });

  const storage = await serve('storage', (call) => sendStored(repositories, call));
  const hub = await serve('hub', (call) =>
    answerOfHub({ repositories, token, pageSize, storage: storage.url }, call),
  );
  const datasetsServer = await serve('datasets-server', (call) =>
    answerOfDatasetsServer(repositories, token, hub.url, call),
  );
  return {
    endpoint: hub.url,
    datasetsServer: datasetsServer.url,
    requests,
    close: async () => {
      for (const server of [datasetsServer, hub, storage]) await server.close();
    },
  };
}

interface HubState {
  readonly repositories: ReadonlyMap<string, FakeRepository>;
  readonly token: string;
  readonly pageSize: number;
  readonly storage: string;
}

const ROUTE = /^\/(?:api\/)?datasets\/(.+?)\/(revision|tree|resolve)\/([^/]+)(?:\/(.*))?$/;

function answerOfHub(state: HubState, call: Call): ServerResponse {
  const { url, request, response } = call;
  const cached = /^\/api\/resolve-cache\/([0-9a-f]+)$/.exec(url.pathname)?.[1];
  if (cached !== undefined) return sendContent(state.repositories, cached, call);
  const [, id = '', verb = '', encoded = '', path = ''] = ROUTE.exec(url.pathname) ?? [];
  const repository = state.repositories.get(id);
  const refused = refusalOf(repository, request, state.token, verb === 'resolve');
  if (refused !== undefined) return sendError(response, ...refused);
  const { renamedTo } = repository?.dataset ?? {};
  if (renamedTo !== undefined) {
    return response.writeHead(307, { location: request.url?.replace(id, renamedTo) }).end();
  }
  const revision = repository?.revision(decodeURIComponent(encoded));
  if (repository === undefined || revision === undefined) return sendError(response, 404, 'RevisionNotFound');
  if (verb === 'revision') return sendJson(response, infoOf(repository, revision));
  if (verb === 'tree') return sendTree(state, revision, decodeURIComponent(path), call);
  return sendResolved(state, repository, revision, decodeURIComponent(path), call);
}

type Refused = readonly [status: number, code: string];

/** To who has no token, what does not exist and what is private look alike. */
function refusalOf(
  repository: FakeRepository | undefined,
  { headers: { authorization } }: IncomingMessage,
  token: string,
  wantsFile: boolean,
): Refused | undefined {
  if (authorization !== undefined && authorization !== `Bearer ${token}`) return [401, ''];
  if (repository === undefined) return [authorization === undefined ? 401 : 404, 'RepoNotFound'];
  const { gated, private: hidden } = repository.dataset;
  if (hidden && authorization === undefined) return [401, 'RepoNotFound'];
  if (gated === undefined || !wantsFile) return undefined;
  if (authorization === undefined) return [401, 'GatedRepo'];
  return gated === 'accepted' ? undefined : [403, 'GatedRepo'];
}

function infoOf({ id, dataset }: FakeRepository, { commit }: FakeRevision): unknown {
  return {
    ...{ _id: id, id, sha: commit, private: dataset.private ?? false },
    ...{ gated: dataset.gated === undefined ? false : 'auto', downloads: 1, likes: 1 },
    lastModified: '2024-01-01T00:00:00.000Z',
  };
}

function sendTree(
  { pageSize }: HubState,
  { files }: FakeRevision,
  folder: string,
  { url, response }: Call,
): ServerResponse {
  const below = [...files.values()].filter(({ path }) => folder === '' || path.startsWith(`${folder}/`));
  if (below.length === 0 && folder !== '') return sendError(response, 404, 'EntryNotFound');
  const from = Number(url.searchParams.get('cursor') ?? 0);
  const page = below.slice(from, from + pageSize).map(({ path, size, oid, sha256, stored }) => ({
    ...{ type: 'file', path, oid, size },
    ...(stored ? { lfs: { oid: sha256, size, pointerSize: 130 } } : {}),
  }));
  if (from + pageSize < below.length) {
    const next = new URL(url);
    next.searchParams.set('cursor', String(from + pageSize));
    response.setHeader('link', `<${next.href}>; rel="next"`);
  }
  return sendJson(response, [{ type: 'directory', path: 'a folder', oid: '', size: 0 }, ...page]);
}

function sendResolved(
  { storage }: HubState,
  repository: FakeRepository,
  { commit, files }: FakeRevision,
  path: string,
  { response }: Call,
): ServerResponse {
  const file = repository.replaced(path) ?? files.get(path);
  if (file === undefined) return sendError(response, 404, 'EntryNotFound');
  const { sha256, oid, size, stored } = file;
  response.setHeader('x-repo-commit', commit);
  if (!stored) {
    return response.writeHead(307, { location: `/api/resolve-cache/${sha256}`, etag: `"${oid}"` }).end();
  }
  const headers = { 'x-linked-size': size, 'x-linked-etag': `"${sha256}"` };
  const location = `${storage}/${path}?object=${sha256}&signature=secret`;
  return response.writeHead(302, { ...headers, location }).end();
}

/** The storage refuses a token that was not meant for it, as S3 does. */
function sendStored(repositories: ReadonlyMap<string, FakeRepository>, call: Call): ServerResponse {
  if (call.request.headers.authorization !== undefined)
    return sendError(call.response, 400, 'InvalidArgument');
  return sendContent(repositories, call.url.searchParams.get('object') ?? '', call);
}

function sendContent(
  repositories: ReadonlyMap<string, FakeRepository>,
  sha256: string,
  { request, response, fault = { cutAfter: Number.POSITIVE_INFINITY } }: Call,
): ServerResponse {
  const file = [...repositories.values()].map((repository) => repository.content(sha256)).find(Boolean);
  if (file === undefined) return sendError(response, 404, 'EntryNotFound');
  const { content, oid, stored } = file;
  const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
  const start = asked === undefined || 'ignoreRange' in fault ? 0 : Number(asked);
  const body = content.subarray(start);
  const range = `bytes ${start}-${content.length - 1}/${content.length}`;
  response.writeHead(start === 0 && asked !== '0' ? 200 : 206, {
    'content-length': body.length,
    ...(asked === undefined || 'ignoreRange' in fault ? {} : { 'content-range': range }),
    ...(stored ? {} : { etag: `W/"${oid}"` }),
  });
  const cut = 'cutAfter' in fault ? fault.cutAfter : body.length;
  if (cut >= body.length) return response.end(body);
  response.write(body.subarray(0, cut), () => response.destroy());
  return response;
}

function answerOfDatasetsServer(
  repositories: ReadonlyMap<string, FakeRepository>,
  token: string,
  endpoint: string,
  { url, request, response }: Call,
): ServerResponse {
  const repository = repositories.get(url.searchParams.get('dataset') ?? '');
  const refused = refusalOf(repository, request, token, true);
  if (repository === undefined || refused !== undefined) {
    return sendError(response, refused?.[0] ?? 404, 'ExternalUnauthenticatedError');
  }
  const { conversion = {} } = repository.dataset;
  if (conversion.error !== undefined)
    return sendError(response, conversion.error.status, conversion.error.code ?? '');
  response.setHeader('x-revision', conversion.revision ?? repository.revision('main')?.commit ?? '');
  return sendJson(response, conversionOf(repository, endpoint));
}

function conversionOf({ id, dataset }: FakeRepository, endpoint: string): unknown {
  const {
    pending = [],
    failed = [],
    partial = false,
    files: told = dataset.converted ?? {},
  } = dataset.conversion ?? {};
  const jobs = (configs: readonly string[]) =>
    configs.map((config) => ({ kind: 'config-parquet', dataset: id, config, split: null }));
  const files = Object.entries(told).map(([path, content]) => {
    const [config = '', folder = '', filename = ''] = path.split('/');
    const url = `${endpoint}/datasets/${id}/resolve/refs%2Fconvert%2Fparquet/${path}`;
    const split = folder.replace(/^partial-/, '');
    return { dataset: id, config, split, url, filename, size: Buffer.byteLength(content) };
  });
  return { parquet_files: files, pending: jobs(pending), failed: jobs(failed), partial };
}

function sendJson(response: ServerResponse, body: unknown): ServerResponse {
  return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function sendError(response: ServerResponse, status: number, code: string): ServerResponse {
  const headers = { 'content-type': 'application/json', ...(code === '' ? {} : { 'x-error-code': code }) };
  return response.writeHead(status, headers).end(JSON.stringify({ error: `refused with ${code}` }));
}
