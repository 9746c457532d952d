import { notImplemented, S3Error } from '../errors.ts';
import { collectPayload } from '../payload.ts';
import { type Reply, xmlReply } from '../reply.ts';
import type { S3Request } from '../request.ts';
import type { Store } from '../store.ts';
import { childText, parseXml } from '../xml.ts';

const SMALL_BODY = 64 * 1024;
const DEFAULT_REGION = 'us-east-1';

export function listBuckets(store: Store): Reply {
  const buckets = store.buckets.map(
    ({ settings }) =>
      [
        'Bucket',
        [
          ['Name', settings.name],
          ['CreationDate', new Date(settings.createdAt).toISOString()],
          ['BucketRegion', settings.region],
        ],
      ] as const,
  );
  return xmlReply('ListAllMyBucketsResult', [
    ['Owner', [['ID', 'local']]],
    ['Buckets', buckets],
  ]);
}

export async function createBucket(store: Store, request: S3Request): Promise<Reply> {
  const body = await collectPayload(request, SMALL_BODY);
  const region = body ? childText(parseXml(body), 'LocationConstraint') : undefined;
  const created = await store.createBucket(request.bucket, { region: region || DEFAULT_REGION });
  if (!created) throw new S3Error('BucketAlreadyOwnedByYou');
  return { status: 200, headers: { location: `/${request.bucket}` } };
}

export async function deleteBucket(store: Store, { bucket }: S3Request): Promise<Reply> {
  await store.deleteBucket(bucket);
  return { status: 204 };
}

export function headBucket(store: Store, { bucket }: S3Request): Reply {
  return { status: 200, headers: { 'x-amz-bucket-region': store.bucket(bucket).settings.region } };
}

export function getBucketLocation(store: Store, { bucket }: S3Request): Reply {
  const { region } = store.bucket(bucket).settings;
  // The oldest region has no name here.
  return xmlReply('LocationConstraint', region === DEFAULT_REGION ? '' : region);
}

export function getBucketVersioning(store: Store, { bucket }: S3Request): Reply {
  const { versioned } = store.bucket(bucket).settings;
  return xmlReply('VersioningConfiguration', versioned ? [['Status', 'Enabled']] : []);
}

export async function putBucketVersioning(store: Store, request: S3Request): Promise<Reply> {
  const bucket = store.bucket(request.bucket);
  const configuration = parseXml(await collectPayload(request, SMALL_BODY));
  const status = childText(configuration, 'Status');
  const mfa = childText(configuration, 'MfaDelete');
  if (status !== 'Enabled' || mfa === 'Enabled') throw notImplemented('any versioning but plain Enabled');
  await bucket.enableVersioning();
  return { status: 200 };
}
