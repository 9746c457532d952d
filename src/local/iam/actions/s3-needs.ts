import type { ContextValues } from '../context.ts';
import {
  type ApiCall,
  decoded,
  type Need,
  type NeedsByOperation,
  type NeedsOf,
  type Place,
  queryOf,
} from './need.ts';

/** The page "Required permissions for Amazon S3 API operations"; what no row names is denied. */
export const S3_NEEDS: NeedsByOperation = {
  GetObject: (call, place) => [read(call, place)],
  HeadObject: (call, place) => [read(call, place)],
  PutObject: onObject('s3:PutObject'),
  CreateMultipartUpload: onObject('s3:PutObject'),
  UploadPart: onObject('s3:PutObject'),
  CompleteMultipartUpload: onObject('s3:PutObject'),
  CopyObject: copy,
  UploadPartCopy: copy,
  AbortMultipartUpload: onObject('s3:AbortMultipartUpload'),
  ListParts: onObject('s3:ListMultipartUploadParts'),
  DeleteObject: (call, place) => [ofVersion(call, place, 's3:DeleteObject', 's3:DeleteObjectVersion')],
  ListObjects: list('s3:ListBucket'),
  ListObjectsV2: list('s3:ListBucket'),
  ListObjectVersions: list('s3:ListBucketVersions'),
  ListMultipartUploads: onBucket('s3:ListBucketMultipartUploads'),
  HeadBucket: onBucket('s3:ListBucket'),
  GetBucketLocation: onBucket('s3:GetBucketLocation'),
  GetBucketVersioning: onBucket('s3:GetBucketVersioning'),
  PutBucketVersioning: onBucket('s3:PutBucketVersioning'),
  CreateBucket: onBucket('s3:CreateBucket'),
  DeleteBucket: onBucket('s3:DeleteBucket'),
  ListBuckets: () => [{ action: 's3:ListAllMyBuckets', resources: ['*'] }],
};

/**
 * The permission without which S3 answers that a missing object is forbidden: who may not list must not learn what is
 * there. S3 takes the object's key for `s3:prefix` then. Undefined for operations that read nothing.
 */
export function listingNeed(call: ApiCall, place: Place): Need | undefined {
  const { operation, url } = call;
  if (operation === 'GetObject' || operation === 'HeadObject') return listingOf(objectIn(url), place);
  return operation === 'CopyObject' ? listingOf(sourceOf(call), place) : undefined;
}

interface ObjectName {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string | undefined;
}

function listingOf({ bucket, key }: ObjectName, place: Place): Need {
  return { action: 's3:ListBucket', resources: [arnOf(place, bucket)], context: { 's3:prefix': key } };
}

function read(call: ApiCall, place: Place): Need {
  return ofVersion(call, place, 's3:GetObject', 's3:GetObjectVersion');
}

function ofVersion({ url }: ApiCall, place: Place, current: string, version: string): Need {
  const versionId = queryOf(url).get('versionId') ?? undefined;
  return onName({ ...objectIn(url), versionId }, place, current, version);
}

function onName(
  { bucket, key, versionId }: ObjectName,
  place: Place,
  current: string,
  version: string,
): Need {
  const resources = [arnOf(place, bucket, key)];
  if (versionId === undefined) return { action: current, resources };
  return { action: version, resources, context: { 's3:VersionId': versionId } };
}

function copy(call: ApiCall, place: Place): readonly Need[] {
  const source = onName(sourceOf(call), place, 's3:GetObject', 's3:GetObjectVersion');
  return [source, ...onObject('s3:PutObject')(call, place)];
}

function onObject(action: string): NeedsOf {
  return ({ url }, place) => {
    const { bucket, key } = objectIn(url);
    return [{ action, resources: [arnOf(place, bucket, key)] }];
  };
}

function onBucket(action: string): NeedsOf {
  return ({ url }, place) => [{ action, resources: [arnOf(place, objectIn(url).bucket)] }];
}

function list(action: string): NeedsOf {
  return (call, place) => [{ ...onBucket(action)(call, place)[0], context: listContext(call) } as Need];
}

function listContext({ url }: ApiCall): ContextValues {
  const query = queryOf(url);
  const given = (name: string) => query.get(name) ?? undefined;
  return {
    's3:prefix': given('prefix'),
    's3:delimiter': given('delimiter'),
    's3:max-keys': given('max-keys'),
  };
}

/** Keys may hold slashes, encoded or not. */
function objectIn(url: string): ObjectName {
  const [path = ''] = url.split('?', 1);
  return nameIn(path);
}

function nameIn(path: string): ObjectName {
  const bare = path.startsWith('/') ? path.slice(1) : path;
  const slash = bare.indexOf('/');
  if (slash < 0) return { bucket: decoded(bare), key: '' };
  return { bucket: decoded(bare.slice(0, slash)), key: decoded(bare.slice(slash + 1)) };
}

/** `[/]bucket/key[?versionId=…]`, URL-encoded. */
function sourceOf({ headers }: ApiCall): ObjectName {
  const [path = '', version] = String(headers['x-amz-copy-source'] ?? '').split('?versionId=', 2);
  return { ...nameIn(path), versionId: version };
}

function arnOf({ account: { partition } }: Place, bucket: string, key?: string): string {
  return `arn:${partition}:s3:::${bucket}${key === undefined ? '' : `/${key}`}`;
}
