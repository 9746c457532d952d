import { setTimeout as delay } from 'node:timers/promises';
import {
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';
import { s3Uri } from '../batch/keys.ts';
import type { PinnedObject } from '../batch/manifest.ts';
import type { ByteSource, CopyRange, Piece } from '../data/byte-source.ts';
import type { ObjectCreator, ObjectStore, ObjectUpload } from '../steps/collaborators.ts';
import { MultipartWrite } from './multipart-write.ts';
import { objectBytes, type Wait } from './object-bytes.ts';
import { readError } from './read-error.ts';

export interface ObjectStoreOptions {
  /** Between a fault that may pass and the next try. */
  readonly wait?: Wait;
}

export function s3ObjectStore(
  s3: S3Client,
  bucket: string,
  { wait = delay }: ObjectStoreOptions = {},
): ObjectStore & ObjectCreator {
  const source = (object: PinnedObject) => pinnedSource(s3, object, wait);
  const read = ({ object, start, end }: CopyRange) => source(object).stream(start, end);
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

    source,

    // By listing: a HEAD of nothing answers 403 to a caller that may list the bucket only below a prefix.
    async exists(key) {
      const page = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: key, MaxKeys: 1 }));
      return page.Contents?.[0]?.Key === key;
    },

    read: (key, { from: start } = {}) => objectBytes(s3, { bucket, key, start }, wait),

    async *list(prefix) {
      for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: prefix })) {
        for (const { Key } of page.Contents ?? []) if (Key !== undefined) yield Key;
      }
    },

    upload: (key, state, expectedBytes) =>
      new MultipartWrite({ s3, target: { bucket, key }, read }, { state, expectedBytes }),

    async create(key, body) {
      try {
        await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, IfNoneMatch: '*' }));
        return true;
      } catch (error) {
        // The second is what S3 says while another such request is under way.
        const { name } = error as Error;
        if (name === 'PreconditionFailed' || name === 'ConditionalRequestConflict') return false;
        throw error;
      }
    },

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

function pinnedSource(s3: S3Client, object: PinnedObject, wait: Wait): ByteSource {
  async function* stream(start: number, wantedEnd: number = object.bytes): AsyncGenerator<Uint8Array> {
    const end = Math.min(wantedEnd, object.bytes);
    if (start < end) yield* objectBytes(s3, { ...object, start, end }, wait);
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

/** Without it, a connection on which nothing comes any more would hold a function until its time is over. */
const SILENCE_MS = 120_000;

/** On a client that takes Region, credentials and endpoint from the environment alone, like those of the other adapters. */
export function connectObjectStore(bucket: string): ObjectStore & ObjectCreator {
  return s3ObjectStore(new S3Client({ requestHandler: { socketTimeout: SILENCE_MS } }), bucket);
}
