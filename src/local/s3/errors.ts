const CODES = {
  AccessDenied: [403, 'Access Denied'],
  AuthorizationQueryParametersError: [400, 'The query parameters that sign the request are not valid.'],
  BadDigest: [400, 'The checksum you specified did not match what was received.'],
  BucketAlreadyOwnedByYou: [409, 'The bucket exists already and you own it.'],
  BucketNotEmpty: [409, 'The bucket you tried to delete is not empty'],
  EntityTooLarge: [400, 'The request body is larger than is allowed here.'],
  EntityTooSmall: [400, 'A part other than the last one is smaller than 5 MiB.'],
  IncompleteBody: [400, 'The request body ended before all the bytes that were announced.'],
  InternalError: [500, 'We encountered an internal error. Please try again.'],
  InvalidArgument: [400, 'Invalid Argument'],
  InvalidBucketName: [400, 'The specified bucket is not valid.'],
  InvalidChunkSizeError: [400, 'The framing of the aws-chunked body is not valid.'],
  InvalidDigest: [400, 'The Content-MD5 you specified was invalid.'],
  InvalidPart: [
    400,
    'One or more of the specified parts could not be found, or its entity tag did not match.',
  ],
  InvalidPartOrder: [400, 'The list of parts was not in ascending order.'],
  InvalidRange: [416, 'The requested range is not satisfiable'],
  InvalidRequest: [400, 'Invalid Request'],
  InvalidURI: [400, 'Could not parse the specified URI.'],
  KeyTooLongError: [400, 'Your key is too long.'],
  MalformedTrailerError: [400, 'The trailer of the request body is not valid.'],
  MalformedXML: [400, 'The XML you provided was not well formed or did not have the expected shape.'],
  MetadataTooLarge: [400, 'Your metadata headers exceed the maximum allowed metadata size.'],
  MethodNotAllowed: [405, 'The specified method is not allowed against this resource.'],
  MissingContentLength: [411, 'You must provide the Content-Length HTTP header.'],
  NoSuchBucket: [404, 'The specified bucket does not exist'],
  NoSuchKey: [404, 'The specified key does not exist.'],
  NoSuchUpload: [404, 'The specified multipart upload does not exist.'],
  NoSuchVersion: [404, 'The specified version does not exist.'],
  NotImplemented: [501, 'A header, parameter or operation that you used is not implemented locally.'],
  PreconditionFailed: [412, 'At least one of the pre-conditions you specified did not hold'],
  XAmzContentSHA256Mismatch: [
    400,
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
  ],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export type S3ErrorCode = keyof typeof CODES;

interface S3ErrorOptions {
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly details?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** A refusal as S3 words it: the code decides the HTTP status, `headers` go out with the answer, `details` in it. */
export class S3Error extends Error {
  readonly code: S3ErrorCode;
  readonly headers: Readonly<Record<string, string>>;
  readonly details: Readonly<Record<string, string>>;

  constructor(code: S3ErrorCode, options: S3ErrorOptions = {}) {
    const { message = CODES[code][1], headers = {}, details = {}, cause } = options;
    super(message, { cause });
    this.name = 'S3Error';
    this.code = code;
    this.headers = headers;
    this.details = details;
  }

  get status(): number {
    return CODES[this.code][0];
  }
}

export function notImplemented(what: string): S3Error {
  return new S3Error('NotImplemented', { message: `The local S3 does not implement ${what}.` });
}

export function invalidArgument(what: string): S3Error {
  return new S3Error('InvalidArgument', { message: what });
}

export function invalidRequest(what: string): S3Error {
  return new S3Error('InvalidRequest', { message: what });
}

export function checksumMismatch(expected: string, actual: string | undefined): S3Error {
  return invalidRequest(
    `Checksum Type mismatch occurred, expected checksum Type: ${expected}, actual checksum Type: ${actual ?? 'null'}`,
  );
}
