import { Readable } from 'node:stream';
import { GetObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { ListedItems, ObjectItems } from './map/item-format.ts';
import { parseItems } from './map/item-parsers.ts';
import { listedItem } from './map/listed-item.ts';
import type { ItemsRequest, WriteResults } from './options.ts';

export interface S3Datasets {
  readonly readItems: (request: ItemsRequest) => AsyncIterable<unknown>;
  readonly writeResults: WriteResults;
}

/** ItemReader and ResultWriter against an S3 endpoint; both stream. */
export function s3Datasets(client: S3Client): S3Datasets {
  return {
    readItems: (request) =>
      request.operation === 'getObject'
        ? itemsOfObject(client, request, request.signal)
        : itemsOfListing(client, request, request.signal),
    writeResults: async ({ bucket, key, body }) => {
      const Body = body instanceof Readable ? body : Readable.from(body);
      await new Upload({
        client,
        params: { Bucket: bucket, Key: key, Body, ContentType: 'application/json' },
      }).done();
    },
  };
}

async function* itemsOfObject(
  client: S3Client,
  { bucket, key, versionId, format }: ObjectItems,
  signal: AbortSignal,
): AsyncGenerator<unknown> {
  const command = new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId });
  const { Body } = await client.send(command, { abortSignal: signal });
  if (!(Body instanceof Readable)) throw new Error(`The object s3://${bucket}/${key} has no body.`);
  const body: Readable = Body;
  const stop = () => body.destroy(new Error('The reading was stopped.'));
  signal.addEventListener('abort', stop);
  try {
    yield* parseItems(body, format);
  } finally {
    signal.removeEventListener('abort', stop);
    body.destroy();
  }
}

/** A page of a thousand at a time, in the order of the keys' bytes, as S3 lists them. */
async function* itemsOfListing(
  client: S3Client,
  { bucket, prefix }: ListedItems,
  signal: AbortSignal,
): AsyncGenerator<unknown> {
  const pages = paginateListObjectsV2(
    { client },
    { Bucket: bucket, Prefix: prefix },
    { abortSignal: signal },
  );
  for await (const { Contents = [] } of pages) yield* Contents.map(listedItem);
}
