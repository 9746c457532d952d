import {
  AbortMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';

/** With every version, delete marker and upload in it. */
export async function removeBucket(client: S3Client, Bucket: string): Promise<void> {
  await removeObjects(client, Bucket);
  await client.send(new DeleteBucketCommand({ Bucket }));
}

/** Every version, delete marker and upload below a prefix. */
export async function removeObjects(client: S3Client, Bucket: string, Prefix?: string): Promise<void> {
  let page: ListObjectVersionsCommandOutput | undefined;
  do {
    page = await client.send(
      new ListObjectVersionsCommand({
        ...{ Bucket, Prefix },
        KeyMarker: page?.NextKeyMarker,
        VersionIdMarker: page?.NextVersionIdMarker,
      }),
    );
    const listed = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
    await removeVersions(client, Bucket, listed);
  } while (page.IsTruncated);
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix }));
  for (const { Key, UploadId } of Uploads) {
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
  }
}

async function removeVersions(
  client: S3Client,
  Bucket: string,
  listed: readonly { readonly Key?: string; readonly VersionId?: string }[],
): Promise<void> {
  if (listed.length === 0) return;
  const Objects = listed.map(({ Key, VersionId }) => ({ Key, VersionId }));
  const command = new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } });
  const { Errors = [] } = await client.send(command);
  if (Errors.length > 0) throw new Error(`Cannot empty ${Bucket}: ${JSON.stringify(Errors[0])}`);
}
