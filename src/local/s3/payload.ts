import { AwsChunkedDecoder } from './aws-chunked.ts';
import { type Checksums, type ComputedChecksum, Digests, isComputed, isKnownChecksum } from './checksum.ts';
import { notImplemented, S3Error, type S3ErrorCode } from './errors.ts';
import type { S3Request } from './request.ts';

interface Expectation {
  readonly digest: ComputedChecksum;
  readonly value: Buffer;
  readonly code: S3ErrorCode;
}

const CHECKSUM_HEADER = /^x-amz-checksum-(?!algorithm$|mode$|type$)(.+)$/;

/**
 * The body of a request as the client meant it: framing taken off, every checksum that came with it verified.
 * Read `chunks()` to its end; only then are `md5` and `checksums` known.
 */
export class Payload {
  readonly #request: S3Request;
  readonly #digests: Digests;
  readonly #trailers: Record<string, string> = {};
  #size = 0;

  constructor(request: S3Request) {
    this.#request = request;
    this.#digests = new Digests(digestsFor(request));
  }

  async *chunks(): AsyncGenerator<Buffer, void, undefined> {
    for await (const chunk of this.#decoded()) {
      this.#digests.update(chunk);
      this.#size += chunk.length;
      yield chunk;
    }
    this.#verify();
  }

  get md5(): string {
    return this.#digests.result('md5').toString('hex');
  }

  get checksums(): Checksums {
    return checksumsIn({ ...this.#request.headers, ...this.#trailers });
  }

  async *#decoded(): AsyncGenerator<Buffer, void, undefined> {
    // The default iterator would destroy the socket on an error, and the client would never read why.
    const raw = this.#request.body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
    if (!isAwsChunked(this.#request)) {
      yield* raw;
      return;
    }
    const decoder = new AwsChunkedDecoder();
    for await (const piece of raw) yield* decoder.push(piece);
    decoder.end();
    Object.assign(this.#trailers, decoder.trailers);
  }

  #verify(): void {
    const { headers } = this.#request;
    const announced = headers['x-amz-decoded-content-length'];
    if (announced !== undefined && Number(announced) !== this.#size) throw new S3Error('IncompleteBody');
    if (promisedTrailers(headers).some((name) => this.#trailers[name] === undefined)) {
      throw new S3Error('MalformedTrailerError');
    }
    for (const { digest, value, code } of expectations(headers, this.checksums)) {
      if (!this.#digests.result(digest).equals(value)) throw new S3Error(code);
    }
  }
}

/** A whole small body, such as an XML document. */
export async function collectPayload(request: S3Request, limit: number): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of new Payload(request).chunks()) {
    size += chunk.length;
    if (size > limit) throw new S3Error('EntityTooLarge');
    parts.push(chunk);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** The checksums among these headers, by algorithm; an algorithm that S3 does not have is refused. */
export function checksumsIn(headers: Readonly<Record<string, string | undefined>>): Checksums {
  const found: Record<string, string> = {};
  for (const [header, value] of Object.entries(headers)) {
    const name = CHECKSUM_HEADER.exec(header)?.[1];
    if (name === undefined || value === undefined) continue;
    if (!isKnownChecksum(name)) throw notImplemented(`the checksum algorithm ${name}`);
    found[name] = value;
  }
  return found;
}

function isAwsChunked({ headers }: S3Request): boolean {
  return (
    headers['x-amz-content-sha256']?.startsWith('STREAMING-') === true ||
    /(^|,)\s*aws-chunked\s*(,|$)/i.test(headers['content-encoding'] ?? '')
  );
}

function promisedTrailers(headers: S3Request['headers']): string[] {
  return (headers['x-amz-trailer'] ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter(Boolean);
}

// MD5 always, for the ETag; a trailer's value is not known yet, but its name says what to compute.
function digestsFor({ headers }: S3Request): ReadonlySet<ComputedChecksum> {
  const promised = Object.fromEntries(promisedTrailers(headers).map((name) => [name, '']));
  const named = Object.keys(checksumsIn({ ...headers, ...promised })).filter(isComputed);
  const signed = signedSha256(headers) ? (['sha256'] as const) : [];
  return new Set(['md5', ...named, ...signed]);
}

// Other values name a scheme (UNSIGNED-PAYLOAD, STREAMING-…) rather than a digest.
function signedSha256(headers: S3Request['headers']): Buffer | undefined {
  const value = headers['x-amz-content-sha256'];
  return value && /^[0-9a-f]{64}$/i.test(value) ? Buffer.from(value, 'hex') : undefined;
}

function expectations(headers: S3Request['headers'], checksums: Checksums): Expectation[] {
  const expected: Expectation[] = [];
  for (const [digest, value] of Object.entries(checksums)) {
    if (isComputed(digest)) expected.push({ digest, value: Buffer.from(value, 'base64'), code: 'BadDigest' });
  }
  const md5 = headers['content-md5'];
  if (md5) expected.push({ digest: 'md5', value: Buffer.from(md5, 'base64'), code: 'BadDigest' });
  const sha256 = signedSha256(headers);
  if (sha256) expected.push({ digest: 'sha256', value: sha256, code: 'XAmzContentSHA256Mismatch' });
  return expected;
}
