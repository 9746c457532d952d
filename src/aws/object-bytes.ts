import type { Readable } from 'node:stream';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { type S3Location, s3Uri } from '../batch/keys.ts';
import { isPassingFault, readError } from './read-error.ts';

/** Bytes [start, end) of an object, or all of them; of the object with this ETag, if one is given. */
export interface WantedBytes extends S3Location {
  readonly etag?: string | undefined;
  readonly version_id?: string | undefined;
  readonly start?: number | undefined;
  readonly end?: number | undefined;
}

export type Wait = (milliseconds: number) => Promise<unknown>;

/** Before each new try without a byte in between. The SDK tries each request several times besides. */
const DELAYS_MS = [200, 500, 1_000, 2_000];

/**
 * A connection may be cut while a large object is worked on for many minutes: it is opened again at the byte that was reached, and
 * only if it is the object still of which the first bytes came.
 */
export async function* objectBytes(s3: S3Client, from: WantedBytes, wait: Wait): AsyncGenerator<Uint8Array> {
  let wanted = { ...from, start: from.start ?? 0 };
  let faults = 0;
  while (wanted.end === undefined || wanted.start < wanted.end) {
    try {
      const { body, etag, end } = await opened(s3, wanted);
      wanted = { ...wanted, etag, end };
      for await (const bytes of body) {
        wanted.start += bytes.length;
        faults = 0;
        yield bytes;
      }
      if (wanted.start < end) throw brokenOff(wanted);
    } catch (error) {
      const delay = DELAYS_MS[faults++];
      if (delay === undefined || !isPassingFault(error)) throw readError(error, from);
      await wait(delay);
    }
  }
}

interface Opened {
  readonly body: AsyncIterable<Uint8Array>;
  readonly etag: string | undefined;
  readonly end: number;
}

async function opened(s3: S3Client, wanted: WantedBytes & { readonly start: number }): Promise<Opened> {
  const { bucket, key, etag, version_id, start, end } = wanted;
  const isPart = start > 0 || end !== undefined;
  const request = {
    Bucket: bucket,
    Key: key,
    IfMatch: etag,
    VersionId: version_id,
    ...(isPart && { Range: `bytes=${start}-${end === undefined ? '' : end - 1}` }),
  };
  const answer = await s3.send(new GetObjectCommand(request));
  const body = answer.Body as Readable;
  const length = answer.ContentLength;
  // To a range that it does not understand S3 answers with the whole object.
  const begins = !isPart || answer.ContentRange?.startsWith(`bytes ${start}-`) === true;
  if (begins && length !== undefined && (end === undefined || start + length === end))
    return { body, etag: etag ?? answer.ETag, end: start + length };
  // Its bytes are not read, and would hold the connection.
  body.destroy();
  throw new Error(`S3 did not answer with the bytes ${start} to ${end ?? 'the end'} of ${s3Uri(wanted)}.`);
}

function brokenOff(wanted: WantedBytes): Error {
  const error = new Error(`The answer with ${s3Uri(wanted)} broke off at byte ${wanted.start}.`);
  return Object.assign(error, { name: 'IncompleteBody' });
}
