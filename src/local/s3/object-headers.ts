import type { ObjectVersion } from './bucket.ts';
import { type Checksums, checksumType } from './checksum.ts';
import { S3Error } from './errors.ts';
import type { S3Request } from './request.ts';

type Headers = Readonly<Record<string, string>>;

const STORED = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
  // Given back so that a client sees what it asked for; nothing is encrypted here.
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-server-side-encryption-bucket-key-enabled',
];

/** Query parameters by which a reader is answered other headers than were stored. */
const OVERRIDES = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
] as const;

export const OVERRIDING_QUERY: readonly string[] = OVERRIDES.map((name) => `response-${name}`);

const METADATA_PREFIX = 'x-amz-meta-';
const LARGEST_METADATA = 2048;

/** What a write stores beside the bytes, ready to be sent back. */
export function storedHeaders(request: S3Request): Headers {
  const stored: Record<string, string> = { 'content-type': 'binary/octet-stream' };
  for (const name of STORED) {
    const value = name === 'content-encoding' ? ownEncoding(request) : request.headers[name];
    if (value) stored[name] = value;
  }
  return { ...stored, ...userMetadata(request) };
}

function userMetadata({ headers }: S3Request): Headers {
  const found: Record<string, string> = {};
  let size = 0;
  for (const [name, value = ''] of Object.entries(headers)) {
    if (!name.startsWith(METADATA_PREFIX)) continue;
    found[name] = asciiHeader(value);
    size += name.length - METADATA_PREFIX.length + value.length;
  }
  if (size > LARGEST_METADATA) throw new S3Error('MetadataTooLarge');
  return found;
}

// `aws-chunked` is framing of the request, not a property of the object.
function ownEncoding({ headers }: S3Request): string {
  const codings = (headers['content-encoding'] ?? '').split(',').map((coding) => coding.trim());
  return codings.filter((coding) => coding.toLowerCase() !== 'aws-chunked').join(', ');
}

// Node reads header bytes as Latin-1; S3 gives UTF-8 metadata back in the encoding of RFC 2047.
function asciiHeader(value: string): string {
  if (/^[\x20-\x7e]*$/.test(value)) return value;
  return `=?UTF-8?B?${Buffer.from(value, 'latin1').toString('base64')}?=`;
}

/** The headers of an object in answer to GET and HEAD, except those about its length. */
export function objectHeaders(version: ObjectVersion, versioned: boolean): Record<string, string> {
  return {
    ...version.headers,
    'accept-ranges': 'bytes',
    etag: version.etag,
    'last-modified': new Date(version.modified).toUTCString(),
    ...versionHeader(version, versioned),
  };
}

/** What the query asks to be answered instead. */
export function overriddenHeaders({ query }: S3Request): Record<string, string> {
  const given = OVERRIDES.map((name) => [name, query.get(`response-${name}`)] as const);
  return Object.fromEntries(
    given.filter((entry): entry is [(typeof OVERRIDES)[number], string] => !!entry[1]),
  );
}

export function versionHeader({ id }: ObjectVersion, versioned: boolean): Headers {
  return versioned ? { 'x-amz-version-id': id } : {};
}

export function checksumHeaders(checksums: Checksums): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(checksums)) {
    headers[`x-amz-checksum-${name}`] = value;
    headers['x-amz-checksum-type'] = checksumType(value);
  }
  return headers;
}
