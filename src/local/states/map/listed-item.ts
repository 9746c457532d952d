/** An entry of ListObjectsV2 as far as an item is made of it. */
export interface ListedObject {
  readonly ETag?: string | undefined;
  readonly Key?: string | undefined;
  readonly LastModified?: Date | undefined;
  readonly Size?: number | undefined;
  readonly StorageClass?: string | undefined;
}

/** The item of a listed object: the ETag has another name there, and time is in seconds (page "ItemReader"). */
export function listedItem({
  ETag,
  Key,
  LastModified,
  Size,
  StorageClass = 'STANDARD',
}: ListedObject): object {
  const seconds = Math.floor((LastModified?.getTime() ?? 0) / 1000);
  return { Etag: ETag, Key, LastModified: seconds, Size, StorageClass };
}
