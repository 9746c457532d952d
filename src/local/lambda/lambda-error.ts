type ErrorName = 'RequestTooLargeException' | 'ResourceNotFoundException' | 'TooManyRequestsException';

/** What the Lambda service itself answers, under the name that its API gives the error. The function was not run. */
export class LambdaError extends Error {
  constructor(name: ErrorName, message: string) {
    super(message);
    this.name = name;
  }
}
