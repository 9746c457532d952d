import { type S3Location, s3Uri } from '../batch/keys.ts';
import { BatchError } from '../errors.ts';

interface Fault {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const statusOf = (error: unknown) => (error as Fault).$metadata?.httpStatusCode;

/** What S3 says to a reader, in our words; what is no answer about the object stays as it is. */
export function readError(cause: unknown, location: S3Location): unknown {
  const uri = s3Uri(location);
  const status = statusOf(cause);
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

/** What S3 says to a copy of a part: 404 is about the source, or about the upload that it was to be a part of. */
export function copyError(cause: unknown, source: S3Location): unknown {
  return (cause as Fault).name === 'NoSuchUpload' ? cause : readError(cause, source);
}

const passing = {
  codes: ['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'ERR_STREAM_PREMATURE_CLOSE'],
  names: ['TimeoutError', 'RequestTimeout', 'IncompleteBody'],
  /** Of Node's HTTP, and of the SDK's check of what it reads: both without a code. */
  messages: /^aborted$|socket hang up|connection lost/i,
  statuses: [500, 502, 503, 504],
} as const;

/** Whether another request may bring what this one did not. */
export function isPassingFault(error: unknown): boolean {
  const { name = '', code = '', message = '' } = error as Fault;
  const has = <T>(known: readonly T[], value: T) => known.includes(value);
  return (
    has<string>(passing.codes, code) ||
    has<string>(passing.names, name) ||
    passing.messages.test(message) ||
    has<number | undefined>(passing.statuses, statusOf(error))
  );
}
