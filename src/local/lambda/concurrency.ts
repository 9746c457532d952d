import { LocalAwsError } from '../local-aws-error.ts';
import type { FunctionConfig } from './function-config.ts';
import { LambdaError } from './lambda-error.ts';

/** An account's own quota of events that its functions are at, at the same time. */
const ACCOUNT_CONCURRENCY = 1000;
/** What reservations must leave to the functions that have none. */
const LEAST_UNRESERVED = 100;

/**
 * How many events may be on their way through functions. Those that wait for a thread count too: on AWS each would have an
 * environment of its own.
 */
export class Concurrency {
  readonly #unreserved: number;
  readonly #running = new Map<string, number>();

  constructor(functions: readonly FunctionConfig[], account = ACCOUNT_CONCURRENCY) {
    this.#unreserved =
      account - functions.reduce((sum, { reservedConcurrency = 0 }) => sum + reservedConcurrency, 0);
    if (this.#unreserved < Math.min(LEAST_UNRESERVED, account)) {
      throw new LocalAwsError(
        `The functions reserve so much concurrency that ${this.#unreserved} of the account's ${account} are left; ` +
          `AWS leaves ${LEAST_UNRESERVED} unreserved.`,
      );
    }
  }

  /** Returns what ends it again. @throws LambdaError where Lambda would throttle */
  enter({ name, reservedConcurrency }: FunctionConfig): () => void {
    const pool = reservedConcurrency === undefined ? '' : name;
    const running = this.#running.get(pool) ?? 0;
    if (running >= (reservedConcurrency ?? this.#unreserved)) throw throttled(reservedConcurrency);
    this.#running.set(pool, running + 1);
    return () => this.#running.set(pool, (this.#running.get(pool) ?? 1) - 1);
  }
}

function throttled(reservedConcurrency: number | undefined): LambdaError {
  const reserved = reservedConcurrency === undefined ? '' : 'ReservedFunction';
  return new LambdaError(
    'TooManyRequestsException',
    `Rate Exceeded. (${reserved}ConcurrentInvocationLimitExceeded)`,
  );
}
