import type { IncomingMessage } from 'node:http';
import { invalidArgument, type S3Error } from './errors.ts';
import { SCHEMES, type Scheme, TOKEN, VERSION_4 } from './query-signature.ts';
import { headersOf } from './request.ts';

type Headers = Readonly<Record<string, string | undefined>>;

/**
 * Turns a request by a presigned URL into the one that it stands for: who signed is in the header again, as are the headers
 * that were put into the query, and the query has only what the operation is about. Signatures are not checked on loopback;
 * that the URL is whole and has not expired is. @throws S3Error as S3 refuses it
 */
export function unwrapPresigned(message: IncomingMessage, now: number): void {
  const [path = '', ...rest] = (message.url ?? '').split('?');
  const pairs = rest.join('?').split('&');
  const query = new URLSearchParams(pairs.join('&'));
  const scheme = SCHEMES.find(({ signs }) => signs.some((name) => query.has(name)));
  if (scheme === undefined) return;
  const headers = headersOf(message);
  if (headers['authorization'] !== undefined) throw twice();
  const { accessKeyId, sessionToken } = scheme.read(query, headers, now);
  Object.assign(message.headers, {
    ...hoisted(query, headers),
    // Whoever asks who calls looks here; the scope is of no interest to anybody.
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/presigned`,
    ...(sessionToken !== undefined && { 'x-amz-security-token': sessionToken }),
  });
  const kept = pairs.filter((pair) => !isOfSignature(nameIn(pair), scheme));
  message.url = kept.length === 0 ? path : `${path}?${kept.join('&')}`;
}

function twice(): S3Error {
  return invalidArgument(
    'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified',
  );
}

/** Headers that whoever signed put into the query. */
function hoisted(query: URLSearchParams, headers: Headers): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of query) {
    const header = name.toLowerCase();
    const isOne = header.startsWith('x-amz-') && !VERSION_4.includes(name) && !TOKEN.includes(name);
    if (isOne && headers[header] === undefined) found[header] = value;
  }
  return found;
}

function isOfSignature(name: string, { parameters }: Scheme): boolean {
  return parameters.includes(name) || name.toLowerCase().startsWith('x-amz-');
}

function nameIn(pair: string): string {
  return new URLSearchParams(pair).keys().next().value ?? '';
}
