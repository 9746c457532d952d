import { type Announced, announcedChecksum, checksumsIn, promisedTrailers } from './announced.ts';
import { AwsChunkedDecoder } from './aws-chunked.ts';
import { type ChecksumName, type Checksums, Digests, isChecksumOf } from './checksum.ts';
import { S3Error, type S3ErrorCode } from './errors.ts';
import type { S3Request } from './request.ts';

interface Expectation {
  readonly digest: ChecksumName;
  readonly value: Buffer;
  readonly code: S3ErrorCode;
}

/**
 * The body of a request as the client meant it: framing taken off, every checksum that came with it verified.
 * Read `chunks()` to its end; only then are `md5` and `checksums` known.
 */
export class Payload {
  /** The algorithm of the checksum that the client gives. */
  readonly given: ChecksumName | undefined;
  readonly #request: S3Request;
  readonly #kept: ReadonlySet<ChecksumName>;
  readonly #digests: Digests;
  readonly #trailers: Record<string, string> = {};
  #size = 0;

  /** `own` is the algorithm that is kept whatever the client gives, `fallback` the one where it gives none. */
  constructor(request: S3Request, { own, fallback }: { own?: ChecksumName; fallback?: ChecksumName } = {}) {
    this.#request = request;
    this.given = announcedChecksum(request.headers)?.name;
    const kept = [own, this.given ?? fallback].filter((name) => name !== undefined);
    this.#kept = new Set(kept);
    const signed = signedSha256(request.headers) ? (['sha256'] as const) : [];
    this.#digests = new Digests(new Set(['md5' as const, ...kept, ...signed]));
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
    return this.#digests.checksums(this.#kept);
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
    for (const { digest, value, code } of expectations(headers, checksumsIn(this.#trailers))) {
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

/** The bytes that a request's body announces. @throws S3Error where it does not, or for more than one request takes */
export function announcedLength({ headers }: S3Request): number {
  const length = headers['x-amz-decoded-content-length'] ?? headers['content-length'];
  if (length === undefined) throw new S3Error('MissingContentLength');
  if (Number(length) > LARGEST_REQUEST) throw new S3Error('EntityTooLarge');
  return Number(length);
}

const LARGEST_REQUEST = 5 * 1024 ** 3;

function isAwsChunked({ headers }: S3Request): boolean {
  return (
    headers['x-amz-content-sha256']?.startsWith('STREAMING-') === true ||
    /(^|,)\s*aws-chunked\s*(,|$)/i.test(headers['content-encoding'] ?? '')
  );
}

// Other values name a scheme (UNSIGNED-PAYLOAD, STREAMING-…) rather than a digest.
function signedSha256(headers: S3Request['headers']): Buffer | undefined {
  const value = headers['x-amz-content-sha256'];
  return value && /^[0-9a-f]{64}$/i.test(value) ? Buffer.from(value, 'hex') : undefined;
}

function expectations(
  headers: S3Request['headers'],
  trailing: readonly Required<Announced>[],
): Expectation[] {
  const expected = [...checksumsIn(headers), ...trailing].map(
    ({ name, value }): Expectation => ({
      digest: name,
      value: Buffer.from(value, 'base64'),
      code: 'BadDigest',
    }),
  );
  const md5 = headers['content-md5'];
  if (md5) expected.push({ digest: 'md5', value: md5Of(md5), code: 'BadDigest' });
  const sha256 = signedSha256(headers);
  if (sha256) expected.push({ digest: 'sha256', value: sha256, code: 'XAmzContentSHA256Mismatch' });
  return expected;
}

function md5Of(header: string): Buffer {
  if (!isChecksumOf('md5', header)) throw new S3Error('InvalidDigest');
  return Buffer.from(header, 'base64');
}
