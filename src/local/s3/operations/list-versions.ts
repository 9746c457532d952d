import type { Bucket, ObjectVersion } from '../bucket.ts';
import { checksumType } from '../checksum.ts';
import { invalidArgument } from '../errors.ts';
import { type Cursor, listPage } from '../listing.ts';
import { type Reply, xmlReply } from '../reply.ts';
import type { S3Request } from '../request.ts';
import { SortedKeys } from '../sorted-keys.ts';
import type { Store } from '../store.ts';
import type { XmlElement } from '../xml.ts';
import { countParameter, encoderFor, MOST_KEYS } from './list.ts';

interface Entry {
  readonly key: string;
  /** Undefined for a common prefix. */
  readonly version?: ObjectVersion;
}

interface VersionsQuery {
  readonly prefix: string;
  readonly delimiter: string;
  readonly maxKeys: number;
  readonly keyMarker: string;
  readonly versionIdMarker: string;
}

/** Keys in order, the versions of each newest first, delete markers among them. */
export function listObjectVersions(store: Store, { bucket: name, query }: S3Request): Reply {
  const bucket = store.bucket(name);
  const encode = encoderFor(query);
  const given = (parameter: string): string => query.get(parameter) ?? '';
  const asked: VersionsQuery = {
    ...{ prefix: given('prefix'), delimiter: given('delimiter') },
    ...{ keyMarker: given('key-marker'), versionIdMarker: given('version-id-marker') },
    maxKeys: countParameter(query, 'max-keys', MOST_KEYS),
  };
  if (asked.versionIdMarker !== '' && asked.keyMarker === '') {
    throw invalidArgument('A version-id marker cannot be specified without a key marker.');
  }
  const [page, isTruncated] = pageOf(bucket, asked);
  const last = isTruncated ? page.at(-1) : undefined;
  return xmlReply('ListVersionsResult', [
    ['Name', name],
    ['Prefix', encode(asked.prefix)],
    ['KeyMarker', encode(asked.keyMarker)],
    ['VersionIdMarker', asked.versionIdMarker],
    ['NextKeyMarker', last && encode(last.key)],
    ['NextVersionIdMarker', last?.version?.id],
    ['MaxKeys', asked.maxKeys],
    ['Delimiter', asked.delimiter === '' ? undefined : encode(asked.delimiter)],
    ['IsTruncated', isTruncated],
    ['EncodingType', query.get('encoding-type') ?? undefined],
    ...page.map(({ key, version }) => elementOf(bucket, key, version, encode(key))),
  ]);
}

function pageOf(bucket: Bucket, query: VersionsQuery): readonly [readonly Entry[], boolean] {
  const page: Entry[] = [];
  for (const entry of entriesOf(bucket, query)) {
    if (page.length >= query.maxKeys) return [page, query.maxKeys > 0];
    page.push(entry);
  }
  return [page, false];
}

function* entriesOf(bucket: Bucket, query: VersionsQuery): Generator<Entry> {
  const { prefix, delimiter, keyMarker, versionIdMarker } = query;
  // Asked for where something is cleaned up: sorting then costs less than another index would all the time.
  const keys = new SortedKeys(bucket.keys());
  if (versionIdMarker !== '') yield* behind(bucket, keyMarker, versionIdMarker);
  let after = markerOf(keyMarker, prefix, delimiter);
  for (;;) {
    const { keys: found, commonPrefixes, next } = listPage(keys, { prefix, delimiter, maxKeys: 1, after });
    for (const key of found) for (const version of bucket.versions(key)) yield { key, version };
    for (const key of commonPrefixes) yield { key };
    if (next === undefined) return;
    after = next;
  }
}

/** A marker that is a common prefix stands for all keys below it. */
function markerOf(marker: string, prefix: string, delimiter: string): Cursor | undefined {
  if (marker === '') return undefined;
  const end = delimiter === '' || !marker.startsWith(prefix) ? -1 : marker.indexOf(delimiter, prefix.length);
  const isPrefix = end >= 0 && end + delimiter.length === marker.length;
  return { kind: isPrefix ? 'prefix' : 'key', value: marker };
}

function* behind(bucket: Bucket, key: string, id: string): Generator<Entry> {
  const versions = bucket.versions(key);
  // Who deletes what a page lists goes on from a version that is gone: all that is left of the key is behind it then.
  const at = versions.findIndex((version) => version.id === id);
  for (const version of versions.slice(at + 1)) yield { key, version };
}

function elementOf(
  bucket: Bucket,
  key: string,
  version: ObjectVersion | undefined,
  name: string,
): XmlElement {
  if (version === undefined) return ['CommonPrefixes', [['Prefix', name]]];
  const shared: XmlElement[] = [
    ['Key', name],
    ['VersionId', version.id],
    ['IsLatest', bucket.newest(key) === version],
    ['LastModified', new Date(version.modified).toISOString()],
  ];
  if (version.deleted) return ['DeleteMarker', shared];
  const checksums = Object.entries(version.checksums).flatMap(([algorithm, value]): XmlElement[] => [
    ['ChecksumAlgorithm', algorithm.toUpperCase()],
    ['ChecksumType', checksumType(value)],
  ]);
  return [
    'Version',
    [...shared, ['ETag', version.etag], ...checksums, ['Size', version.size], ['StorageClass', 'STANDARD']],
  ];
}
