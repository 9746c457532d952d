import { Readable } from 'node:stream';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { parseItems } from './map/item-parsers.ts';
import type { ReadItems, WriteResults } from './options.ts';

export interface S3Datasets {
  readonly readItems: ReadItems;
  readonly writeResults: WriteResults;
}

/** ItemReader and ResultWriter against an S3 endpoint; both stream. */
export function s3Datasets(client: S3Client): S3Datasets {
  return {
    readItems: async function* ({ bucket, key, versionId, inputType, signal }) {
      const command = new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId });
      const { Body } = await client.send(command, { abortSignal: signal });
      if (!(Body instanceof Readable)) throw new Error(`The object s3://${bucket}/${key} has no body.`);
      const body: Readable = Body;
      const stop = () => body.destroy(new Error('The reading was stopped.'));
      signal.addEventListener('abort', stop);
      try {
        yield* parseItems(body, inputType);
      } finally {
        signal.removeEventListener('abort', stop);
        body.destroy();
      }
    },
    writeResults: async ({ bucket, key, body }) => {
      const Body = body instanceof Readable ? body : Readable.from(body);
      await new Upload({
        client,
        params: { Bucket: bucket, Key: key, Body, ContentType: 'application/json' },
      }).done();
    },
  };
}
