import { assemble, parsePartList } from '../assemble.ts';
import type { Bucket } from '../bucket.ts';
import { isKnownChecksum } from '../checksum.ts';
import { assertWritable } from '../conditions.ts';
import { invalidArgument, notImplemented } from '../errors.ts';
import { checksumHeaders, storedHeaders, versionHeader } from '../object-headers.ts';
import { checksumsIn, collectPayload, Payload } from '../payload.ts';
import { type Reply, xmlReply } from '../reply.ts';
import type { S3Request } from '../request.ts';
import type { Store } from '../store.ts';
import type { Part, PartDraft, Upload } from '../uploads.ts';
import type { XmlElement } from '../xml.ts';
import { checksumElements } from './checksum-elements.ts';
import { countParameter } from './list.ts';

const MOST_PARTS = 10_000;
const PARTS_PAGE = 1000;
const LARGEST_BODY = 8 * 1024 * 1024;

export async function createMultipartUpload(store: Store, request: S3Request): Promise<Reply> {
  const { uploads } = store.bucket(request.bucket);
  const name = checksumAlgorithm(request);
  const algorithm = name?.toLowerCase();
  const upload = await uploads.create({ key: request.key, headers: storedHeaders(request), algorithm });
  return xmlReply(
    'InitiateMultipartUploadResult',
    [
      ['Bucket', request.bucket],
      ['Key', request.key],
      ['UploadId', upload.id],
    ],
    name ? { 'x-amz-checksum-algorithm': name } : {},
  );
}

function checksumAlgorithm({ headers }: S3Request): string | undefined {
  const name = headers['x-amz-checksum-algorithm']?.toUpperCase();
  if (name !== undefined && !isKnownChecksum(name.toLowerCase())) {
    throw notImplemented(`the checksum algorithm ${name}`);
  }
  if (headers['x-amz-checksum-type'] === 'FULL_OBJECT') {
    throw notImplemented('FULL_OBJECT checksums of multipart uploads');
  }
  return name;
}

export async function uploadPart(store: Store, request: S3Request): Promise<Reply> {
  const bucket = store.bucket(request.bucket);
  const { number } = findUpload(bucket, request);
  const payload = new Payload(request);
  const segment = await bucket.data.write(payload.chunks());
  const { checksums } = payload;
  const part = await addPart(bucket, request, { number, etag: `"${payload.md5}"`, checksums, segment });
  return { status: 200, headers: { etag: part.etag, ...checksumHeaders(checksums) } };
}

/** The upload and part number that the query names. */
export function findUpload(bucket: Bucket, request: S3Request): { upload: Upload; number: number } {
  return { upload: bucket.uploads.find(request.key, uploadId(request)), number: partNumber(request) };
}

/** Makes freshly written bytes a part, or removes them if the upload has ended meanwhile. */
export async function addPart(bucket: Bucket, request: S3Request, draft: PartDraft): Promise<Part> {
  try {
    return await bucket.uploads.addPart(request.key, uploadId(request), draft);
  } catch (error) {
    await bucket.data.remove([draft.segment]);
    throw error;
  }
}

function uploadId({ query }: S3Request): string {
  return query.get('uploadId') ?? '';
}

function partNumber({ query }: S3Request): number {
  const number = Number(query.get('partNumber'));
  if (Number.isInteger(number) && number >= 1 && number <= MOST_PARTS) return number;
  throw invalidArgument(`Part number must be an integer between 1 and ${MOST_PARTS}, inclusive`);
}

export async function completeMultipartUpload(store: Store, request: S3Request): Promise<Reply> {
  const bucket = store.bucket(request.bucket);
  const id = uploadId(request);
  bucket.uploads.find(request.key, id);
  const list = parsePartList(await collectPayload(request, LARGEST_BODY));
  const version = await bucket.uploads.complete(request.key, id, async (upload) => {
    const draft = assemble(upload, list, checksumsIn(request.headers));
    const made = await bucket.put(request.key, draft, (current) => assertWritable(current, request.headers));
    return [made, draft.segments];
  });
  return xmlReply(
    'CompleteMultipartUploadResult',
    [
      ['Location', `http://${request.headers.host}/${request.bucket}/${encodeURIComponent(request.key)}`],
      ['Bucket', request.bucket],
      ['Key', request.key],
      ['ETag', version.etag],
      ...checksumElements(version.checksums),
    ],
    versionHeader(version, bucket.settings.versioned),
  );
}

export async function abortMultipartUpload(store: Store, request: S3Request): Promise<Reply> {
  await store.bucket(request.bucket).uploads.abort(request.key, uploadId(request));
  return { status: 204 };
}

export function listParts(store: Store, request: S3Request): Reply {
  const { bucket, key, query } = request;
  const upload = store.bucket(bucket).uploads.find(key, uploadId(request));
  const marker = countParameter(query, 'part-number-marker', MOST_PARTS, 0);
  const most = countParameter(query, 'max-parts', PARTS_PAGE);
  const behind = [...upload.parts.values()]
    .filter(({ number }) => number > marker)
    .sort((a, b) => a.number - b.number);
  const page = behind.slice(0, most);
  return xmlReply('ListPartsResult', [
    ['Bucket', bucket],
    ['Key', key],
    ['UploadId', upload.id],
    ['PartNumberMarker', marker],
    ['NextPartNumberMarker', page.at(-1)?.number ?? marker],
    ['MaxParts', most],
    ['IsTruncated', behind.length > page.length],
    ['ChecksumAlgorithm', upload.algorithm?.toUpperCase()],
    ...page.map((part): XmlElement => ['Part', partElements(part)]),
  ]);
}

function partElements({ number, modified, etag, segment, checksums }: Part): XmlElement[] {
  return [
    ['PartNumber', number],
    ['LastModified', new Date(modified).toISOString()],
    ['ETag', etag],
    ['Size', segment.size],
    ...Object.entries(checksums).map(([name, value]): XmlElement => [`Checksum${name.toUpperCase()}`, value]),
  ];
}
