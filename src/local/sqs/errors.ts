/** The service's errors by the name that awsJson1.0 gives them, and the one that the older query protocol gave. */
const QUERY_NAME = {
  QueueDoesNotExist: 'AWS.SimpleQueueService.NonExistentQueue',
  UnsupportedOperation: 'AWS.SimpleQueueService.UnsupportedOperation',
  ReceiptHandleIsInvalid: 'ReceiptHandleIsInvalid',
  InvalidMessageContents: 'InvalidMessageContents',
  InvalidAttributeName: 'InvalidAttributeName',
  InvalidParameterValueException: 'InvalidParameterValue',
  MissingRequiredParameterException: 'MissingParameter',
} as const;

export class SqsError extends Error {
  /** The value of the header by which SDKs keep the older names. */
  readonly queryError: string;

  constructor(name: keyof typeof QUERY_NAME, message: string) {
    super(message);
    this.name = name;
    this.queryError = `${QUERY_NAME[name]};Sender`;
  }
}
