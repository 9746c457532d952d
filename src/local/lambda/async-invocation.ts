import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { deadLetter, destinationRecord, type FailedEvent, type QueueMessage } from './failed-event.ts';
import type { FunctionConfig } from './function-config.ts';
import type { InvocationResult } from './invocation.ts';
import { LambdaError } from './lambda-error.ts';

export type { QueueMessage } from './failed-event.ts';

export interface AsyncInvocation {
  readonly config: FunctionConfig;
  readonly payload: unknown;
  readonly clock: Clock;
  /** Aborted when the functions are closed: events that wait for a retry are dropped, as they are in memory only. */
  readonly stopping: AbortSignal;
  readonly run: () => Promise<InvocationResult>;
  readonly say: (text: string) => void;
  readonly sendToQueue: (queueArn: string, message: QueueMessage, functionName: string) => void;
}

const HOUR = 3600;
/** Lambda tries an event of a function that failed again after one minute, then after two. */
const RETRY_MS = [60_000, 120_000];
/** One that was throttled after a second, then ever later up to five minutes, for as long as the event may live. */
const FIRST_THROTTLED_MS = 1000;
const LAST_THROTTLED_MS = 300_000;

/** What became of an attempt; the result is undefined where Lambda throttled it. */
type Attempt = { readonly result: FailedEvent['result'] } | 'done';

/** One event, tried until the function takes it or the retries are over; then it goes where the configuration says. */
export async function invokeAsync(invocation: AsyncInvocation): Promise<void> {
  const { config, clock, stopping, say } = invocation;
  const { maxAgeSeconds = 6 * HOUR } = config.asyncInvocation ?? {};
  const tooOld = clock.now() + maxAgeSeconds * 1000;
  const tried = new Tries(config);
  for (;;) {
    const attempt = await attempted(invocation);
    if (attempt === 'done') return;
    if (stopping.aborted) return say(DROPPED);
    const wait = tried.waitAfter(attempt.result);
    if (typeof wait === 'string' || clock.now() + wait > tooOld) {
      say(`${tried.said}. It is given up.`);
      return handOver(invocation, tried.failed(typeof wait === 'string' ? wait : 'EventAgeExceeded'));
    }
    say(`${tried.said}. It is tried again in ${wait / 1000} s.`);
    if (!(await slept(wait, clock, stopping))) return say(DROPPED);
  }
}

const DROPPED = 'The event was dropped, for the local AWS is closing.';

async function attempted({ run }: AsyncInvocation): Promise<Attempt> {
  try {
    const result = await run();
    return 'functionError' in result ? { result } : 'done';
  } catch (error) {
    if (error instanceof LambdaError && error.name === 'TooManyRequestsException')
      return { result: undefined };
    throw error;
  }
}

/** What was tried so far, and how it is to go on. */
class Tries {
  readonly #config: FunctionConfig;
  readonly #requestId = randomUUID();
  #failures = 0;
  #throttles = 0;
  #last: FailedEvent['result'];

  constructor(config: FunctionConfig) {
    this.#config = config;
  }

  /** The milliseconds until the next attempt, or why there is none. */
  waitAfter(result: FailedEvent['result']): number | FailedEvent['condition'] {
    this.#last = result;
    if (result === undefined) return this.#throttled();
    this.#failures += 1;
    const { maxRetries = RETRY_MS.length } = this.#config.asyncInvocation ?? {};
    const wait = RETRY_MS[this.#failures - 1];
    return this.#failures > maxRetries || wait === undefined ? 'RetriesExhausted' : wait;
  }

  get said(): string {
    if (this.#last === undefined) return 'The event was throttled';
    return `The event failed: ${JSON.stringify(this.#last.payload)}`;
  }

  failed(condition: FailedEvent['condition']): FailedEvent {
    return { requestId: this.#requestId, condition, attempts: this.#failures, result: this.#last };
  }

  #throttled(): number | FailedEvent['condition'] {
    // A function that may not run at all will not later either.
    if (this.#config.reservedConcurrency === 0) return 'ZeroReservedConcurrency';
    this.#throttles += 1;
    return Math.min(FIRST_THROTTLED_MS * 2 ** (this.#throttles - 1), LAST_THROTTLED_MS);
  }
}

async function slept(ms: number, clock: Clock, stopping: AbortSignal): Promise<boolean> {
  try {
    await clock.sleep(ms, stopping);
    return true;
  } catch (error) {
    if (!stopping.aborted) throw error;
    return false;
  }
}

/** A function may have both a dead-letter queue and a destination; each gets its own kind of message. */
function handOver({ config, payload, clock, sendToQueue, say }: AsyncInvocation, failed: FailedEvent): void {
  const letters: readonly (readonly [string | undefined, () => QueueMessage])[] = [
    [config.deadLetterArn, () => deadLetter(payload, failed)],
    [config.asyncInvocation?.onFailureArn, () => destinationRecord(config, payload, clock.now(), failed)],
  ];
  for (const [queueArn, message] of letters) {
    if (queueArn === undefined) continue;
    try {
      sendToQueue(queueArn, message(), config.name);
    } catch (error) {
      // Lambda counts DeadLetterErrors and goes on; the function's log is where it can be seen here.
      say(`The event that failed could not be sent to ${queueArn}: ${error}`);
    }
  }
}
