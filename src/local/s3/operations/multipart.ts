import { checksumNamed } from '../announced.ts';
import { assemble, parsePartList } from '../assemble.ts';
import type { Bucket } from '../bucket.ts';
import { type ChecksumName, type Checksums, DEFAULT_CHECKSUM, mayBe } from '../checksum.ts';
import { assertWritable } from '../conditions.ts';
import { checksumMismatch, invalidArgument, invalidRequest } from '../errors.ts';
import { storedHeaders, versionHeader } from '../object-headers.ts';
import { announcedLength, collectPayload, Payload } from '../payload.ts';
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
  const chosen = chosenChecksum(request);
  const upload = await uploads.create({ key: request.key, headers: storedHeaders(request), ...chosen });
  return xmlReply(
    'InitiateMultipartUploadResult',
    [
      ['Bucket', request.bucket],
      ['Key', request.key],
      ['UploadId', upload.id],
    ],
    chosenHeaders(upload),
  );
}

/** By which checksum the object is to be known. Remainders of 64 bits are always of the whole; others of parts, unless asked. */
function chosenChecksum({ headers }: S3Request): Pick<Upload, 'algorithm' | 'type'> {
  const name = headers['x-amz-checksum-algorithm'];
  const type = headers['x-amz-checksum-type'];
  if (name === undefined) {
    if (type === undefined) return { type: 'FULL_OBJECT' };
    throw invalidRequest(
      'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.',
    );
  }
  const algorithm = checksumNamed(name);
  const wanted = type ?? (mayBe('COMPOSITE', algorithm) ? 'COMPOSITE' : 'FULL_OBJECT');
  if (wanted !== 'COMPOSITE' && wanted !== 'FULL_OBJECT') {
    throw invalidRequest('Value for x-amz-checksum-type header is invalid.');
  }
  if (mayBe(wanted, algorithm)) return { algorithm, type: wanted };
  throw invalidRequest(
    `The ${wanted} checksum type cannot be used with the ${algorithm} checksum algorithm.`,
  );
}

function chosenHeaders({ algorithm, type }: Upload): Record<string, string> {
  if (algorithm === undefined) return {};
  return { 'x-amz-checksum-algorithm': algorithm.toUpperCase(), 'x-amz-checksum-type': type };
}

export async function uploadPart(store: Store, request: S3Request): Promise<Reply> {
  const bucket = store.bucket(request.bucket);
  const { upload, number } = findUpload(bucket, request);
  announcedLength(request);
  const payload = new Payload(request, { own: upload.algorithm ?? DEFAULT_CHECKSUM });
  assertAlgorithm(upload, payload.given);
  const segment = await bucket.data.write(payload.chunks());
  const { checksums } = payload;
  const part = await addPart(bucket, request, { number, etag: `"${payload.md5}"`, checksums, segment });
  return { status: 200, headers: { etag: part.etag, ...partHeaders(checksums, upload, payload.given) } };
}

/** What an object's checksum is put together from must come with every part; one of all bytes is computed here as well. */
function assertAlgorithm({ algorithm, type }: Upload, given: ChecksumName | undefined): void {
  if (algorithm === undefined || given === algorithm) return;
  if (given === undefined && type === 'FULL_OBJECT') return;
  throw checksumMismatch(algorithm, given);
}

/** S3 answers the checksum that it was given, or that was chosen for the upload. */
function partHeaders(checksums: Checksums, { algorithm }: Upload, given: ChecksumName | undefined) {
  const told = Object.entries(checksums).filter(([name]) => name === given || name === algorithm);
  return Object.fromEntries(told.map(([name, value]) => [`x-amz-checksum-${name}`, value]));
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
  const list = parsePartList(await collectPayload(aboutTheBody(request), LARGEST_BODY));
  const version = await bucket.uploads.complete(request.key, id, async (upload) => {
    const draft = assemble(upload, list, request.headers);
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

/** Here a checksum is of the object that is to be, not of the list of its parts. */
function aboutTheBody(request: S3Request): S3Request {
  const own = Object.entries(request.headers).filter(([name]) => !name.startsWith('x-amz-checksum-'));
  return { ...request, headers: Object.fromEntries(own) };
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
    ['ChecksumType', upload.algorithm && upload.type],
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
