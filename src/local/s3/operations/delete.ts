import { announcedChecksum } from '../announced.ts';
import type { Bucket, ObjectVersion } from '../bucket.ts';
import { assertWritable } from '../conditions.ts';
import { invalidRequest, notImplemented, S3Error } from '../errors.ts';
import { collectPayload } from '../payload.ts';
import { asS3Error, type Reply, xmlReply } from '../reply.ts';
import type { S3Request } from '../request.ts';
import type { Store } from '../store.ts';
import { childText, parseXml, type XmlElement, type XmlNode } from '../xml.ts';

const MOST_KEYS = 1000;
const LARGEST_BODY = 4 * 1024 * 1024;
const KNOWN_FIELDS: readonly string[] = ['Key', 'VersionId', 'ETag'];

export async function deleteObject(store: Store, request: S3Request): Promise<Reply> {
  const bucket = store.bucket(request.bucket);
  const id = request.query.get('versionId') ?? undefined;
  const gone = await bucket.delete(request.key, id, (current) => assertWritable(current, request.headers));
  return { status: 204, headers: deletionHeaders(bucket, gone) };
}

function deletionHeaders(bucket: Bucket, gone: ObjectVersion | undefined): Record<string, string> {
  if (!bucket.settings.versioned || !gone) return {};
  return { 'x-amz-version-id': gone.id, ...(gone.deleted ? { 'x-amz-delete-marker': 'true' } : {}) };
}

export async function deleteObjects(store: Store, request: S3Request): Promise<Reply> {
  const bucket = store.bucket(request.bucket);
  assertProtected(request);
  const document = parseXml(await collectPayload(request, LARGEST_BODY));
  const objects = document.children.filter(({ name }) => name === 'Object');
  if (document.name !== 'Delete' || objects.length === 0 || objects.length > MOST_KEYS) {
    throw new S3Error('MalformedXML');
  }
  const isQuiet = childText(document, 'Quiet') === 'true';
  const results: XmlElement[] = [];
  for (const object of objects) {
    const result = await deleteOne(bucket, object);
    if (!isQuiet || result[0] === 'Error') results.push(result);
  }
  return xmlReply('DeleteResult', results);
}

/** A list that is damaged on its way would delete what nobody meant. */
function assertProtected({ headers }: S3Request): void {
  if (headers['content-md5'] !== undefined || announcedChecksum(headers) !== undefined) return;
  throw invalidRequest('Missing required header for this request: Content-MD5 OR x-amz-checksum-*');
}

async function deleteOne(bucket: Bucket, object: XmlNode): Promise<XmlElement> {
  const key = childText(object, 'Key') ?? '';
  const id = childText(object, 'VersionId');
  try {
    assertKnown(object);
    const etag = childText(object, 'ETag');
    const gone = await bucket.delete(key, id, (current) => assertWritable(current, { 'if-match': etag }));
    return ['Deleted', [['Key', key], ['VersionId', id], ...markerElements(gone, id)]];
  } catch (error) {
    const { code, message } = asS3Error(error);
    return [
      'Error',
      [
        ['Key', key],
        ['VersionId', id],
        ['Code', code],
        ['Message', message],
      ],
    ];
  }
}

function assertKnown(object: XmlNode): void {
  const unknown = object.children.find(({ name }) => !KNOWN_FIELDS.includes(name));
  if (unknown) throw notImplemented(`the field ${unknown.name} of DeleteObjects`);
  if (!childText(object, 'Key')) throw new S3Error('MalformedXML');
}

// A marker that was laid (no version was named), or one that was itself removed.
function markerElements(gone: ObjectVersion | undefined, id: string | undefined): XmlElement[] {
  if (!gone?.deleted) return [];
  return [
    ['DeleteMarker', true],
    ['DeleteMarkerVersionId', id ?? gone.id],
  ];
}
