export interface S3Location {
  readonly bucket: string;
  readonly key: string;
}

/** `s3://bucket/some/key` → its two parts; the key of a bare bucket is ''. */
export function parseS3Uri(uri: string): S3Location {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(uri) ?? [];
  return { bucket, key };
}

/** `<key>/<parts>` with exactly one slash between, whether or not the location ends in one. */
export function below({ bucket, key }: S3Location, ...parts: readonly string[]): S3Location {
  const folder = key.replace(/\/$/, '');
  return { bucket, key: [...(folder === '' ? [] : [folder]), ...parts].join('/') };
}
