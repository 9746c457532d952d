/** The errors that the four operations model, with their HTTP status. */
const STATUS = {
  ResourceNotFoundException: 404,
  ValidationException: 400,
  ConflictException: 400,
  ServiceQuotaExceededException: 400,
  UnknownOperationException: 404,
  InternalServerException: 500,
} as const;

export class BedrockError extends Error {
  readonly httpStatus: number;

  constructor(name: keyof typeof STATUS, message: string) {
    super(message);
    this.name = name;
    this.httpStatus = STATUS[name];
  }
}

/** What makes a job Failed after it was accepted; the message is the job's own. */
export class JobFailure extends Error {}
