import { Readable } from 'node:stream';
import {
  GetObjectCommand,
  type GetObjectCommandInput,
  HeadObjectCommand,
  ListObjectsV2Command,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { type S3Location, s3Uri } from '../batch/keys.ts';
import type { PinnedObject } from '../batch/manifest.ts';
import type { ByteSource } from '../data/byte-source.ts';
import { BatchError } from '../errors.ts';
import type { ObjectStore } from '../steps/collaborators.ts';
import { writeWithCopies } from './multipart-write.ts';

/** Parts of an upload: 10,000 of them reach 80 GB. */
const PART_BYTES = 8 * 1024 * 1024;
const PARTS_IN_FLIGHT = 4;

export function s3ObjectStore(s3: S3Client, bucket: string): ObjectStore {
  return {
    bucket,

    async pin({ bucket, key }) {
      const head = await s3
        .send(new HeadObjectCommand({ Bucket: bucket, Key: key }))
        .catch((error: unknown) => {
          throw translated(error, { bucket, key });
        });
      return {
        bucket,
        key,
        etag: head.ETag ?? '',
        version_id: head.VersionId,
        bytes: head.ContentLength ?? 0,
      };
    },

    source: (object) => pinnedSource(s3, object),

    // By listing: a HEAD of nothing answers 403 to a caller that may list the bucket only below a prefix.
    async exists(key) {
      const page = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: key, MaxKeys: 1 }));
      return page.Contents?.[0]?.Key === key;
    },

    read: (key) => objectBytes(s3, { Bucket: bucket, Key: key }),

    async *list(prefix) {
      for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: prefix })) {
        for (const { Key } of page.Contents ?? []) if (Key !== undefined) yield Key;
      }
    },

    writePieces: (key, pieces) =>
      writeWithCopies(pieces, {
        s3,
        target: { bucket, key },
        read: ({ object, start, end }) => pinnedSource(s3, object).stream(start, end),
      }).catch((error: unknown) => {
        throw translated(error, { bucket, key });
      }),

    async write(key, body) {
      const Body = typeof body === 'string' ? body : Readable.from(body, { objectMode: false });
      const upload = new Upload({
        client: s3,
        params: { Bucket: bucket, Key: key, Body },
        partSize: PART_BYTES,
        queueSize: PARTS_IN_FLIGHT,
      });
      await upload.done();
    },
  };
}

function pinnedSource(s3: S3Client, object: PinnedObject): ByteSource {
  const pinned = {
    Bucket: object.bucket,
    Key: object.key,
    IfMatch: object.etag,
    VersionId: object.version_id,
  };
  async function* stream(start: number, wantedEnd: number = object.bytes): AsyncGenerator<Uint8Array> {
    const end = Math.min(wantedEnd, object.bytes);
    if (start >= end) return;
    let left = end - start;
    for await (const bytes of objectBytes(s3, { ...pinned, Range: `bytes=${start}-${end - 1}` })) {
      left -= bytes.length;
      // To a range that it does not understand S3 answers with the whole object.
      if (left < 0) break;
      yield bytes;
    }
    if (left !== 0)
      throw new Error(`S3 did not answer with the bytes ${start} to ${end} of ${s3Uri(object)}.`);
  }
  return {
    name: s3Uri(object),
    byteLength: object.bytes,
    stream,
    async slice(start, end = object.bytes) {
      const parts: Uint8Array[] = [];
      for await (const part of stream(start, end)) parts.push(part);
      const bytes = Buffer.concat(parts);
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    },
  };
}

async function* objectBytes(s3: S3Client, input: GetObjectCommandInput): AsyncGenerator<Uint8Array> {
  try {
    const { Body } = await s3.send(new GetObjectCommand(input));
    if (Body !== undefined) yield* Body as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw translated(error, { bucket: input.Bucket ?? '', key: input.Key ?? '' });
  }
}

const httpStatusOf = (error: unknown) =>
  (error as { readonly $metadata?: { readonly httpStatusCode?: number } }).$metadata?.httpStatusCode;

function translated(cause: unknown, location: S3Location): unknown {
  const uri = s3Uri(location);
  const status = httpStatusOf(cause);
  if (status === 404)
    return new BatchError('NotFound', `Cannot read ${uri}: there is no such object.`, { cause });
  if (status === 403) {
    return new BatchError('NotFound', `Cannot read ${uri}: there is no such object, or it may not be read.`, {
      cause,
    });
  }
  if (status === 412) {
    const sentence = `Cannot go on with ${uri}: the object must stay as it was when the run began, and it was replaced.`;
    return new BatchError('SourceChanged', sentence, { cause });
  }
  return cause;
}

/** On a client that takes Region, credentials and endpoint from the environment alone, like those of the other adapters. */
export function connectObjectStore(bucket: string): ObjectStore {
  return s3ObjectStore(new S3Client(), bucket);
}
