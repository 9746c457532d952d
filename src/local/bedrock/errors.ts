/** The errors that the operations model, with their HTTP status. */
const STATUS = {
  ResourceNotFoundException: 404,
  ValidationException: 400,
  ConflictException: 400,
  ServiceQuotaExceededException: 400,
  UnknownOperationException: 404,
  InternalServerException: 500,
  ThrottlingException: 429,
  ModelTimeoutException: 408,
  ModelErrorException: 424,
  ServiceUnavailableException: 503,
} as const;

export type BedrockErrorName = keyof typeof STATUS;

export class BedrockError extends Error {
  readonly httpStatus: number;

  constructor(name: BedrockErrorName, message: string) {
    super(message);
    this.name = name;
    this.httpStatus = STATUS[name];
  }
}

/** What makes a job Failed after it was accepted; the message is the job's own. */
export class JobFailure extends Error {}
