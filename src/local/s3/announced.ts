import { type ChecksumName, isChecksumOf, isKnownChecksum } from './checksum.ts';
import { invalidRequest, notImplemented } from './errors.ts';

type Headers = Readonly<Record<string, string | undefined>>;

const CHECKSUM_HEADER = /^x-amz-checksum-(?!algorithm$|mode$|type$)(.+)$/;

/** The checksum that comes with a body, in the headers or behind it; S3 takes one. */
export interface Announced {
  readonly name: ChecksumName;
  /** Undefined for one that is to follow in a trailer. */
  readonly value?: string;
}

/** @throws S3Error for what cannot be read, more than one, or one that is promised and not there */
export function announcedChecksum(headers: Headers): Announced | undefined {
  const found = [...checksumsIn(headers), ...promised(headers)];
  if (found.length > 1) {
    throw invalidRequest(
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    );
  }
  const [announced] = found;
  if (announced === undefined && headers['x-amz-sdk-checksum-algorithm'] !== undefined) {
    throw invalidRequest(
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    );
  }
  return announced;
}

/** The values among these headers, of any number of algorithms. */
export function checksumsIn(headers: Headers): readonly Required<Announced>[] {
  return Object.entries(headers).flatMap(([header, value]) => {
    const name = algorithmOf(header);
    if (name === undefined || value === undefined) return [];
    if (!isChecksumOf(name, value)) throw invalidRequest(`Value for ${header} header is invalid.`);
    return [{ name, value }];
  });
}

/** The headers that are to follow a body, by their lower-case names. */
export function promisedTrailers(headers: Headers): string[] {
  return (headers['x-amz-trailer'] ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter(Boolean);
}

function promised(headers: Headers): readonly Announced[] {
  return promisedTrailers(headers).map((header) => {
    const name = algorithmOf(header);
    if (name !== undefined) return { name };
    throw invalidRequest('The value specified in the x-amz-trailer header is not supported');
  });
}

function algorithmOf(header: string): ChecksumName | undefined {
  const name = CHECKSUM_HEADER.exec(header)?.[1];
  return name === undefined ? undefined : checksumNamed(name);
}

/** The algorithm of this name, in any case. @throws S3Error for one that S3 may have and this does not */
export function checksumNamed(name: string): ChecksumName {
  const known = name.toLowerCase();
  if (isKnownChecksum(known)) return known;
  throw notImplemented(`the checksum algorithm ${name}`);
}
