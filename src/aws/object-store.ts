import {
  GetObjectCommand,
  type GetObjectCommandInput,
  HeadObjectCommand,
  ListObjectsV2Command,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';
import { s3Uri } from '../batch/keys.ts';
import type { PinnedObject } from '../batch/manifest.ts';
import type { ByteSource, CopyRange, Piece } from '../data/byte-source.ts';
import type { ObjectStore, ObjectUpload } from '../steps/collaborators.ts';
import { MultipartWrite } from './multipart-write.ts';
import { readError } from './read-error.ts';

export function s3ObjectStore(s3: S3Client, bucket: string): ObjectStore {
  const read = ({ object, start, end }: CopyRange) => pinnedSource(s3, object).stream(start, end);
  return {
    bucket,

    async pin({ bucket, key }) {
      const head = await s3
        .send(new HeadObjectCommand({ Bucket: bucket, Key: key }))
        .catch((error: unknown) => {
          throw readError(error, { bucket, key });
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

    read: (key, { from = 0 } = {}) =>
      objectBytes(s3, { Bucket: bucket, Key: key, ...(from > 0 && { Range: `bytes=${from}-` }) }),

    async *list(prefix) {
      for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: prefix })) {
        for (const { Key } of page.Contents ?? []) if (Key !== undefined) yield Key;
      }
    },

    upload: (key, state) => new MultipartWrite({ s3, target: { bucket, key }, read }, state),

    async write(key, body) {
      const upload = this.upload(key);
      await written(upload, typeof body === 'string' ? [Buffer.from(body)] : body);
    },
  };
}

/** What breaks off leaves nothing behind. */
async function written(upload: ObjectUpload, pieces: Iterable<Piece> | AsyncIterable<Piece>): Promise<void> {
  try {
    for await (const piece of pieces) await upload.add(piece);
    await upload.complete();
  } catch (error) {
    await upload.abort();
    throw error;
  }
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
    throw readError(error, { bucket: input.Bucket ?? '', key: input.Key ?? '' });
  }
}

/** On a client that takes Region, credentials and endpoint from the environment alone, like those of the other adapters. */
export function connectObjectStore(bucket: string): ObjectStore {
  return s3ObjectStore(new S3Client(), bucket);
}
