import type { Bucket, ObjectDraft, ObjectVersion } from '../bucket.ts';
import { DEFAULT_CHECKSUM } from '../checksum.ts';
import { assertWritable, judgeRead } from '../conditions.ts';
import { S3Error } from '../errors.ts';
import {
  checksumHeaders,
  objectHeaders,
  overriddenHeaders,
  storedHeaders,
  versionHeader,
} from '../object-headers.ts';
import { announcedLength, Payload } from '../payload.ts';
import { type ByteRange, parseRange } from '../ranges.ts';
import type { Reply } from '../reply.ts';
import type { S3Request } from '../request.ts';
import type { Store } from '../store.ts';

export async function putObject(store: Store, request: S3Request): Promise<Reply> {
  const bucket = store.bucket(request.bucket);
  const headers = storedHeaders(request);
  announcedLength(request);
  const payload = new Payload(request, { fallback: DEFAULT_CHECKSUM });
  const segment = await bucket.data.write(payload.chunks());
  const version = await commit(bucket, request, {
    etag: `"${payload.md5}"`,
    size: segment.size,
    headers,
    checksums: payload.checksums,
    segments: [segment],
  });
  return {
    status: 200,
    headers: {
      etag: version.etag,
      ...checksumHeaders(version.checksums),
      ...versionHeader(version, bucket.settings.versioned),
    },
  };
}

/** Makes freshly written bytes an object, or removes them if the request's conditions do not hold. */
export async function commit(bucket: Bucket, request: S3Request, draft: ObjectDraft): Promise<ObjectVersion> {
  try {
    return await bucket.put(request.key, draft, (current) => assertWritable(current, request.headers));
  } catch (error) {
    await bucket.data.remove(draft.segments);
    throw error;
  }
}

/** GET and HEAD. No await between finding the version and opening its bytes, so that no writer comes between. */
export function getObject(store: Store, request: S3Request): Reply {
  const bucket = store.bucket(request.bucket);
  const version = findVersion(bucket, request.key, request.query.get('versionId'));
  const verdict = judgeRead(version, request.headers);
  if (verdict === 'failed') throw new S3Error('PreconditionFailed');
  const headers = objectHeaders(version, bucket.settings.versioned);
  if (verdict === 'not modified') return { status: 304, headers };
  const range = parseRange(request.headers.range, version.size);
  const { start, length } = range ?? { start: 0, length: version.size };
  const body = request.method === 'HEAD' ? undefined : bucket.data.read(version.segments, { start, length });
  return {
    status: range ? 206 : 200,
    headers: {
      ...headers,
      ...overriddenHeaders(request),
      'content-length': String(length),
      ...(range ? rangeHeader(range, version.size) : wholeChecksum(version, request)),
    },
    body,
  };
}

function rangeHeader({ start, length }: ByteRange, size: number): Record<string, string> {
  return { 'content-range': `bytes ${start}-${start + length - 1}/${size}` };
}

// Only of the whole object: a client would check a part of the bytes against it.
function wholeChecksum({ checksums }: ObjectVersion, { headers }: S3Request): Record<string, string> {
  return headers['x-amz-checksum-mode']?.toUpperCase() === 'ENABLED' ? checksumHeaders(checksums) : {};
}

export function findVersion(bucket: Bucket, key: string, id: string | null): ObjectVersion {
  const version = id === null ? bucket.newest(key) : bucket.version(key, id);
  if (!version) throw new S3Error(id === null ? 'NoSuchKey' : 'NoSuchVersion');
  if (!version.deleted) return version;
  const headers = { 'x-amz-delete-marker': 'true', 'x-amz-version-id': version.id };
  throw new S3Error(id === null ? 'NoSuchKey' : 'MethodNotAllowed', { headers });
}
