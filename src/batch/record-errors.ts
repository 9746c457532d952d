/**
 * Error codes of records that another try may mend: throttles, and faults of the service. A record that is refused for what it is would be
 * refused again. Bedrock writes numbers (HTTP) or names; the names are those of InvokeModel's errors.
 */
const RETRYABLE: ReadonlySet<string> = new Set([
  ...['408', '424', '429', '500', '502', '503', '504'],
  ...['ThrottlingException', 'TooManyRequestsException', 'ServiceQuotaExceededException'],
  ...['InternalServerException', 'InternalServerError', 'ServiceUnavailableException'],
  ...['ModelTimeoutException', 'ModelNotReadyException', 'ModelErrorException', 'RequestTimeout'],
]);

export function isRetryableRecordError(code: string): boolean {
  return RETRYABLE.has(code);
}
