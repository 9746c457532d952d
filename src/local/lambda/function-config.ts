/** A function as the template describes it. */
export interface FunctionConfig {
  readonly name: string;
  readonly arn: string;
  /** The unpacked asset. */
  readonly directory: string;
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  /** The room in its directory for temporary files; 512 MB where it is absent, as on AWS. */
  readonly storageMb?: number;
  /** How many events it may be at, at the same time; what the account has left where it is absent. */
  readonly reservedConcurrency?: number;
  readonly runtime?: string;
  readonly logGroup?: string;
  /** The queue for asynchronous events that the function failed at for good. */
  readonly deadLetterArn?: string;
  readonly asyncInvocation?: AsyncInvocationConfig;
}

/** What becomes of asynchronous events, where it is not what Lambda does by default. */
export interface AsyncInvocationConfig {
  /** 0 to 2. */
  readonly maxRetries?: number;
  readonly maxAgeSeconds?: number;
  /** A queue for records of the events that failed for good. */
  readonly onFailureArn?: string;
}
