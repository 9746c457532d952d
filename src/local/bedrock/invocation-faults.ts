import { BedrockError, type BedrockErrorName } from './errors.ts';

/** What goes wrong with invocations, for tests of what calls them. Everything is counted from the server's start. */
export interface InvocationOptions {
  /** Invocations beyond this many at a time are throttled. */
  readonly maxConcurrent?: number;
  /** Every n-th invocation is throttled; 1 throttles all of them. */
  readonly throttleEvery?: number;
  /** Every n-th invocation fails on the side of the service. */
  readonly failEvery?: number;
  /** How those fail; InternalServerException by default. */
  readonly failWith?: ServiceFailure;
  /** How long an invocation takes, in milliseconds on the clock. */
  readonly latencyMs?: number;
}

const MESSAGES = {
  InternalServerException:
    'The system encountered an unexpected error during processing. Try your request again.',
  ServiceUnavailableException: 'Bedrock is unable to process your request.',
  ModelTimeoutException: 'Model has timed out in processing the request. Try your request again.',
  ModelErrorException:
    'The model had an unexpected error while processing the request. Try your request again.',
} as const satisfies Partial<Record<BedrockErrorName, string>>;

export type ServiceFailure = keyof typeof MESSAGES;

const TOO_MANY = 'Too many requests, please wait before trying again.';

/** Lets invocations in one by one, or refuses them as the options say. */
export class InvocationGate {
  readonly #options: InvocationOptions;
  #count = 0;
  #inFlight = 0;

  /** @throws Error for a number that counts nothing */
  constructor(options: InvocationOptions) {
    for (const name of ['maxConcurrent', 'throttleEvery', 'failEvery'] as const) {
      const value = options[name];
      if (value === undefined || (Number.isInteger(value) && value > 0)) continue;
      throw new Error(`Cannot start the local Bedrock: ${name} must be a positive integer, got ${value}.`);
    }
    this.#options = options;
  }

  /** Runs the invocation, unless it is one of those that fail. @throws BedrockError */
  async pass<Answer>(invoke: () => Promise<Answer>): Promise<Answer> {
    const { maxConcurrent = Number.POSITIVE_INFINITY, throttleEvery, failEvery } = this.#options;
    const { failWith = 'InternalServerException' } = this.#options;
    this.#count++;
    if (this.#inFlight >= maxConcurrent || isNth(this.#count, throttleEvery)) {
      throw new BedrockError('ThrottlingException', TOO_MANY);
    }
    if (isNth(this.#count, failEvery)) throw new BedrockError(failWith, MESSAGES[failWith]);
    this.#inFlight++;
    try {
      return await invoke();
    } finally {
      this.#inFlight--;
    }
  }
}

function isNth(count: number, every: number | undefined): boolean {
  return every !== undefined && count % every === 0;
}
