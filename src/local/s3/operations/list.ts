import type { Bucket } from '../bucket.ts';
import { checksumType } from '../checksum.ts';
import { invalidArgument } from '../errors.ts';
import { type Cursor, decodeCursor, encodeCursor, listPage } from '../listing.ts';
import { type Reply, xmlReply } from '../reply.ts';
import type { S3Request } from '../request.ts';
import type { Store } from '../store.ts';
import type { XmlElement } from '../xml.ts';

export const MOST_KEYS = 1000;

type Encode = (text: string) => string;

export function listObjectsV2(store: Store, { bucket: name, query }: S3Request): Reply {
  const bucket = store.bucket(name);
  const [prefix, delimiter] = [query.get('prefix') ?? '', query.get('delimiter') ?? ''];
  const startAfter = query.get('start-after') ?? undefined;
  const token = query.get('continuation-token') ?? undefined;
  const maxKeys = countParameter(query, 'max-keys', MOST_KEYS);
  const encode = encoderFor(query);
  const page = listPage(bucket.listed, { prefix, delimiter, maxKeys, after: cursor(token, startAfter) });
  return xmlReply('ListBucketResult', [
    ['Name', name],
    ['Prefix', encode(prefix)],
    ['Delimiter', delimiter ? encode(delimiter) : undefined],
    ['MaxKeys', maxKeys],
    ['KeyCount', page.keys.length + page.commonPrefixes.length],
    ['IsTruncated', page.next !== undefined],
    ['StartAfter', startAfter === undefined ? undefined : encode(startAfter)],
    ['ContinuationToken', token],
    ['NextContinuationToken', page.next && encodeCursor(page.next)],
    ['EncodingType', query.get('encoding-type') ?? undefined],
    ...page.keys.map((key): XmlElement => ['Contents', contents(bucket, key, encode)]),
    ...page.commonPrefixes.map((common): XmlElement => ['CommonPrefixes', [['Prefix', encode(common)]]]),
  ]);
}

function cursor(token: string | undefined, startAfter: string | undefined): Cursor | undefined {
  if (token !== undefined) return decodeCursor(token);
  return startAfter ? { kind: 'key', value: startAfter } : undefined;
}

function contents(bucket: Bucket, key: string, encode: Encode): XmlElement[] {
  const version = bucket.current(key);
  if (!version) throw new Error(`Cannot list ${key}: it has no current version.`);
  const checksums = Object.entries(version.checksums);
  return [
    ['Key', encode(key)],
    ['LastModified', new Date(version.modified).toISOString()],
    ['ETag', version.etag],
    ...checksums.flatMap(([name, value]): XmlElement[] => [
      ['ChecksumAlgorithm', name.toUpperCase()],
      ['ChecksumType', checksumType(value)],
    ]),
    ['Size', version.size],
    ['StorageClass', 'STANDARD'],
  ];
}

/** A count in the query; S3 caps larger ones instead of refusing them. */
export function countParameter(query: URLSearchParams, name: string, most: number, absent = most): number {
  const text = query.get(name) ?? String(absent);
  if (!/^\d{1,10}$/.test(text))
    throw invalidArgument(`Provided ${name} not an integer or within integer range`);
  return Math.min(Number(text), most);
}

/** How a listing's keys are written: as they are, or so that any client can read them. */
export function encoderFor(query: URLSearchParams): Encode {
  const type = query.get('encoding-type');
  if (type === null) return (text) => text;
  if (type !== 'url') throw invalidArgument('Invalid Encoding Method specified in Request');
  return (text) => encodeURIComponent(text).replaceAll('%2F', '/');
}
