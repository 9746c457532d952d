import { checksumNamed } from '../announced.ts';
import type { Bucket, ObjectVersion } from '../bucket.ts';
import {
  type ChecksumName,
  type Checksums,
  DEFAULT_CHECKSUM,
  Digests,
  isKnownChecksum,
} from '../checksum.ts';
import { judgeRead } from '../conditions.ts';
import type { Segment } from '../data-files.ts';
import { invalidArgument, S3Error } from '../errors.ts';
import { storedHeaders, versionHeader } from '../object-headers.ts';
import { type ByteRange, parseCopyRange } from '../ranges.ts';
import { type Reply, xmlReply } from '../reply.ts';
import { type S3Request, splitPath } from '../request.ts';
import type { Store } from '../store.ts';
import { checksumElements } from './checksum-elements.ts';
import { addPart, findUpload } from './multipart.ts';
import { commit, findVersion } from './objects.ts';

interface Source {
  readonly bucket: Bucket;
  readonly version: ObjectVersion;
}

interface Copied {
  readonly segment: Segment;
  readonly etag: string;
  readonly checksums: Checksums;
}

export async function copyObject(store: Store, request: S3Request): Promise<Reply> {
  const target = store.bucket(request.bucket);
  const source = findSource(store, request);
  const headers = copiedHeaders(source.version, request);
  const whole = { start: 0, length: source.version.size };
  const copied = await copyBytes(target, source, whole, algorithmFor(source.version, request));
  const version = await commit(target, request, {
    etag: copied.etag,
    size: copied.segment.size,
    headers,
    checksums: copied.checksums,
    segments: [copied.segment],
  });
  return copyReply('CopyObjectResult', version, {
    ...sourceVersionHeader(source),
    ...versionHeader(version, target.settings.versioned),
  });
}

export async function uploadPartCopy(store: Store, request: S3Request): Promise<Reply> {
  const target = store.bucket(request.bucket);
  const { upload, number } = findUpload(target, request);
  const source = findSource(store, request);
  const range = parseCopyRange(request.headers['x-amz-copy-source-range'], source.version.size);
  const copied = await copyBytes(target, source, range, upload.algorithm ?? DEFAULT_CHECKSUM);
  const added = await addPart(target, request, { number, ...copied });
  return copyReply('CopyPartResult', added, sourceVersionHeader(source));
}

function copyReply(
  name: string,
  made: { readonly modified: number; readonly etag: string; readonly checksums: Checksums },
  headers: Readonly<Record<string, string>>,
): Reply {
  const content = [
    ['LastModified', new Date(made.modified).toISOString()],
    ['ETag', made.etag],
    ...checksumElements(made.checksums),
  ] as const;
  return xmlReply(name, content, headers);
}

/** The version that `x-amz-copy-source` (`[/]bucket/key[?versionId=…]`, percent-encoded) names, if it may be copied. */
function findSource(store: Store, { headers }: S3Request): Source {
  const [path = '', versionId] = (headers['x-amz-copy-source'] ?? '').split('?versionId=');
  const { bucket: name, key } = splitPath(path.startsWith('/') ? path : `/${path}`);
  if (!name || !key) throw invalidArgument('Copy Source must mention the source bucket and key: bucket/key');
  const bucket = store.bucket(name);
  const version = findVersion(bucket, key, versionId ?? null);
  if (judgeRead(version, headers, 'x-amz-copy-source-') !== 'proceed')
    throw new S3Error('PreconditionFailed');
  return { bucket, version };
}

function sourceVersionHeader({ bucket, version }: Source): Record<string, string> {
  return bucket.settings.versioned ? { 'x-amz-copy-source-version-id': version.id } : {};
}

function copiedHeaders(source: ObjectVersion, request: S3Request): Readonly<Record<string, string>> {
  const directive = request.headers['x-amz-metadata-directive'] ?? 'COPY';
  if (directive === 'REPLACE') return storedHeaders(request);
  if (directive !== 'COPY') throw invalidArgument('Unknown metadata directive.');
  const isItself = decodeURIComponent(request.headers['x-amz-copy-source'] ?? '').replace(/^\//, '');
  if (isItself === `${request.bucket}/${request.key}`) {
    throw new S3Error('InvalidRequest', {
      message: 'This copy request is illegal because it copies an object to itself without changing it.',
    });
  }
  return source.headers;
}

/** Asked for, or that of the source: a copy has the checksum of all its bytes even where the source's was of its parts. */
function algorithmFor({ checksums }: ObjectVersion, { headers }: S3Request): ChecksumName {
  const asked = headers['x-amz-checksum-algorithm'];
  if (asked !== undefined) return checksumNamed(asked);
  return Object.keys(checksums).find(isKnownChecksum) ?? DEFAULT_CHECKSUM;
}

async function copyBytes(
  target: Bucket,
  { bucket, version }: Source,
  range: ByteRange,
  algorithm: ChecksumName,
): Promise<Copied> {
  const digests = new Digests(new Set(['md5' as const, algorithm]));
  const bytes = bucket.data.read(version.segments, range) as AsyncIterable<Buffer>;
  const segment = await target.data.write(digested(bytes, digests));
  const checksums = digests.checksums([algorithm]);
  return { segment, etag: `"${digests.result('md5').toString('hex')}"`, checksums };
}

async function* digested(bytes: AsyncIterable<Buffer>, digests: Digests): AsyncGenerator<Buffer> {
  for await (const chunk of bytes) {
    digests.update(chunk);
    yield chunk;
  }
}
