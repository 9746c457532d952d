import { S3Error } from './errors.ts';

type Headers = Readonly<Record<string, string | undefined>>;

/** What the query of a presigned URL says in place of headers. */
export interface Signed {
  readonly accessKeyId: string;
  readonly sessionToken: string | undefined;
}

export interface Scheme {
  /** Parameters that no request of the scheme lacks. */
  readonly parameters: readonly string[];
  /** Either is enough to know it by. */
  readonly signs: readonly string[];
  read(query: URLSearchParams, headers: Headers, now: number): Signed;
}

/** The session token, which either scheme may have. */
export const TOKEN = ['X-Amz-Security-Token', 'x-amz-security-token'];

export const VERSION_4 = [
  ...['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature'],
  ...['X-Amz-Date', 'X-Amz-SignedHeaders', 'X-Amz-Expires'],
];

/** Version 2 is what the first version of the AWS CLI still presigns with. */
export const SCHEMES: readonly Scheme[] = [
  {
    parameters: VERSION_4,
    signs: ['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature'],
    read: readVersion4,
  },
  {
    parameters: ['AWSAccessKeyId', 'Signature', 'Expires'],
    signs: ['AWSAccessKeyId', 'Signature'],
    read: readVersion2,
  },
];

function tokenIn(query: URLSearchParams): string | undefined {
  return TOKEN.map((name) => query.get(name)).find((token) => token !== null) ?? undefined;
}

const LONGEST_SECONDS = 604_800;
/** By how much the clock of who signed may go before ours. */
const SKEW_MS = 15 * 60_000;

function readVersion4(query: URLSearchParams, headers: Headers, now: number): Signed {
  const of = (name: string): string => query.get(name) ?? '';
  if (VERSION_4.some((name) => of(name) === '')) {
    throw malformed(
      'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
    );
  }
  if (!/^AWS4-(HMAC-SHA256|ECDSA-P256-SHA256)$/.test(of('X-Amz-Algorithm'))) {
    throw malformed('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"');
  }
  const signedAt = timeIn(of('X-Amz-Date'));
  const accessKeyId = accessKeyIn(of('X-Amz-Credential'), of('X-Amz-Date'), of('X-Amz-Algorithm'));
  const seconds = secondsIn(of('X-Amz-Expires'));
  assertSigned(headers, of('X-Amz-SignedHeaders').split(';'));
  if (signedAt > now + SKEW_MS) throw new S3Error('AccessDenied', { message: 'Request is not yet valid' });
  assertNotOver(signedAt + seconds * 1000, now, { 'X-Amz-Expires': String(seconds) });
  return { accessKeyId, sessionToken: tokenIn(query) };
}

function timeIn(date: string): number {
  const [, day = '', time = ''] = /^(\d{8})T(\d{6})Z$/.exec(date) ?? [];
  const iso = `${day.replace(/(....)(..)(..)/, '$1-$2-$3')}T${time.replace(/(..)(..)(..)/, '$1:$2:$3')}Z`;
  const found = Date.parse(iso);
  if (!Number.isNaN(found)) return found;
  throw malformed(`X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`);
}

/** `key/day/region/s3/aws4_request`; a signature of several regions names none. */
function accessKeyIn(credential: string, date: string, algorithm: string): string {
  const parts = credential.split('/');
  const [key = '', day = ''] = parts;
  const service = parts.at(-2);
  if (
    parts.length !== (algorithm.includes('ECDSA') ? 4 : 5) ||
    parts.at(-1) !== 'aws4_request' ||
    key === ''
  ) {
    throw malformed(
      'Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    );
  }
  if (service !== 's3') {
    throw malformed(
      `Error parsing the X-Amz-Credential parameter; incorrect service "${service}". This endpoint belongs to "s3".`,
    );
  }
  if (date.startsWith(day)) return key;
  throw malformed(
    `Invalid credential date "${day}". This date is not the same as X-Amz-Date: "${date.slice(0, 8)}".`,
  );
}

function secondsIn(expires: string): number {
  if (!/^-?\d+$/.test(expires)) throw malformed('X-Amz-Expires should be a number');
  if (Number(expires) < 0) throw malformed('X-Amz-Expires must be non-negative');
  if (Number(expires) <= LONGEST_SECONDS) return Number(expires);
  throw malformed(
    `X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than ${LONGEST_SECONDS} seconds`,
  );
}

/** Whoever was given the URL could add such a header otherwise. What it says of the body's digest is checked with the body. */
function assertSigned(headers: Headers, signed: readonly string[]): void {
  const needed = Object.keys(headers).filter(
    (name) => name === 'host' || (name.startsWith('x-amz-') && name !== 'x-amz-content-sha256'),
  );
  const missing = needed.filter((name) => !signed.includes(name));
  if (missing.length === 0) return;
  throw new S3Error('AccessDenied', {
    message: 'There were headers present in the request which were not signed',
    details: { HeadersNotSigned: missing.join(', ') },
  });
}

function readVersion2(query: URLSearchParams, _headers: Headers, now: number): Signed {
  const of = (name: string): string => query.get(name) ?? '';
  const [accessKeyId, expires] = [of('AWSAccessKeyId'), of('Expires')];
  if (accessKeyId === '' || expires === '' || of('Signature') === '') {
    throw new S3Error('AccessDenied', {
      message: 'Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters',
    });
  }
  if (!/^\d+$/.test(expires)) {
    throw new S3Error('AccessDenied', {
      message: `Invalid date (should be seconds since epoch): ${expires}`,
    });
  }
  assertNotOver(Number(expires) * 1000, now, {});
  return { accessKeyId, sessionToken: tokenIn(query) };
}

function assertNotOver(end: number, now: number, details: Readonly<Record<string, string>>): void {
  if (now <= end) return;
  const times = { Expires: isoSeconds(end), ServerTime: isoSeconds(now) };
  throw new S3Error('AccessDenied', { message: 'Request has expired', details: { ...details, ...times } });
}

function isoSeconds(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+/, '');
}

function malformed(message: string): S3Error {
  return new S3Error('AuthorizationQueryParametersError', { message });
}
