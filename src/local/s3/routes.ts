import { notImplemented, S3Error } from './errors.ts';
import { OVERRIDING_QUERY } from './object-headers.ts';
import * as buckets from './operations/buckets.ts';
import * as copies from './operations/copy.ts';
import * as deletions from './operations/delete.ts';
import * as lists from './operations/list.ts';
import * as uploads from './operations/list-uploads.ts';
import * as versions from './operations/list-versions.ts';
import * as multipart from './operations/multipart.ts';
import * as objects from './operations/objects.ts';
import type { Reply } from './reply.ts';
import type { S3Request } from './request.ts';
import type { Store } from './store.ts';

type Handler = (store: Store, request: S3Request) => Reply | Promise<Reply>;

interface Route {
  readonly scope: 'service' | 'bucket' | 'object';
  readonly method: string;
  /** Query parameters that must be there, `name` or `name=value`. */
  readonly when?: readonly string[];
  readonly copy?: true;
  /** Query parameters that may be there. */
  readonly query?: readonly string[];
  readonly handle: Handler;
}

const LIST_QUERY = ['prefix', 'delimiter', 'max-keys', 'start-after', 'continuation-token', 'encoding-type'];
const PAGE_QUERY = ['prefix', 'key-marker', 'encoding-type'];
const READ_QUERY = ['versionId', ...OVERRIDING_QUERY];
const PART = ['partNumber', 'uploadId'];

/** The first route that fits wins, so the more special one stands first. */
const ROUTES: readonly Route[] = [
  { scope: 'service', method: 'GET', handle: buckets.listBuckets },
  { scope: 'bucket', method: 'PUT', when: ['versioning'], handle: buckets.putBucketVersioning },
  { scope: 'bucket', method: 'PUT', handle: buckets.createBucket },
  { scope: 'bucket', method: 'HEAD', handle: buckets.headBucket },
  { scope: 'bucket', method: 'GET', when: ['versioning'], handle: buckets.getBucketVersioning },
  { scope: 'bucket', method: 'GET', when: ['location'], handle: buckets.getBucketLocation },
  { scope: 'bucket', method: 'GET', when: ['list-type=2'], query: LIST_QUERY, handle: lists.listObjectsV2 },
  {
    scope: 'bucket',
    method: 'GET',
    when: ['versions'],
    query: [...PAGE_QUERY, 'max-keys', 'delimiter', 'version-id-marker'],
    handle: versions.listObjectVersions,
  },
  {
    scope: 'bucket',
    method: 'GET',
    when: ['uploads'],
    query: [...PAGE_QUERY, 'max-uploads', 'upload-id-marker'],
    handle: uploads.listMultipartUploads,
  },
  { scope: 'bucket', method: 'DELETE', handle: buckets.deleteBucket },
  { scope: 'bucket', method: 'POST', when: ['delete'], handle: deletions.deleteObjects },
  { scope: 'object', method: 'PUT', when: PART, copy: true, handle: copies.uploadPartCopy },
  { scope: 'object', method: 'PUT', when: PART, handle: multipart.uploadPart },
  { scope: 'object', method: 'PUT', copy: true, handle: copies.copyObject },
  { scope: 'object', method: 'PUT', handle: objects.putObject },
  {
    scope: 'object',
    method: 'GET',
    when: ['uploadId'],
    query: ['max-parts', 'part-number-marker'],
    handle: multipart.listParts,
  },
  { scope: 'object', method: 'GET', query: READ_QUERY, handle: objects.getObject },
  { scope: 'object', method: 'HEAD', query: READ_QUERY, handle: objects.getObject },
  { scope: 'object', method: 'DELETE', when: ['uploadId'], handle: multipart.abortMultipartUpload },
  { scope: 'object', method: 'DELETE', query: ['versionId'], handle: deletions.deleteObject },
  { scope: 'object', method: 'POST', when: ['uploads'], handle: multipart.createMultipartUpload },
  { scope: 'object', method: 'POST', when: ['uploadId'], handle: multipart.completeMultipartUpload },
];

const HEADERS = new RegExp(
  `^x-amz-(?:${[
    'date|content-sha256|security-token|user-agent|sdk-.+|trailer|decoded-content-length',
    'checksum-.+|meta-.+|metadata-directive|copy-source|copy-source-range',
    'copy-source-if-(?:match|none-match|modified-since|unmodified-since)',
    'mp-object-size|server-side-encryption|server-side-encryption-(?:aws-kms-key-id|bucket-key-enabled)',
  ].join('|')})$`,
);

/** Finds the operation; whatever it would not honour is refused by name, never skipped. */
export function route(request: S3Request): Handler {
  const scope = scopeOf(request);
  const possible = ROUTES.filter((known) => known.scope === scope && known.method === request.method);
  if (possible.length === 0) throw new S3Error('MethodNotAllowed');
  const found = possible.find((known) => fits(known, request));
  if (!found) throw notImplemented(`${request.method} of a ${scope} with these parameters`);
  assertQuery(found, request);
  assertHeaders(request);
  return found.handle;
}

function scopeOf({ bucket, key }: S3Request): Route['scope'] {
  if (!bucket) return 'service';
  return key ? 'object' : 'bucket';
}

function fits({ copy, when = [] }: Route, { headers, query }: S3Request): boolean {
  if (copy && headers['x-amz-copy-source'] === undefined) return false;
  return when.every((condition) => {
    const [name = '', value] = condition.split('=');
    return value === undefined ? query.has(name) : query.get(name) === value;
  });
}

function assertQuery({ when = [], query = [] }: Route, request: S3Request): void {
  const known = ['x-id', ...query, ...when.map((condition) => condition.replace(/=.*/, ''))];
  const unknown = [...request.query.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) throw notImplemented(`the query parameter ${unknown} of this operation`);
}

function assertHeaders({ headers }: S3Request): void {
  const unknown = Object.keys(headers).find((name) =>
    name.startsWith('x-amz-') ? !HEADERS.test(name) : name === 'if-range',
  );
  if (unknown !== undefined) throw notImplemented(`the header ${unknown}`);
}
