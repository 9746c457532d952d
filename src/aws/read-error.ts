import { type S3Location, s3Uri } from '../batch/keys.ts';
import { BatchError } from '../errors.ts';

const httpStatusOf = (error: unknown) =>
  (error as { readonly $metadata?: { readonly httpStatusCode?: number } }).$metadata?.httpStatusCode;

/** What S3 says to a reader, in our words; what is no answer about the object stays as it is. */
export function readError(cause: unknown, location: S3Location): unknown {
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
