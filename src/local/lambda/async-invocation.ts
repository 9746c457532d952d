import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { FunctionConfig } from './function-config.ts';
import type { InvocationResult } from './invocation.ts';

/** A message of Lambda's to a queue, with string and number attributes as SQS has them. */
export interface QueueMessage {
  readonly body: string;
  readonly attributes: Readonly<Record<string, { readonly DataType: string; readonly StringValue: string }>>;
}

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

interface Failure {
  readonly requestId: string;
  readonly condition: 'RetriesExhausted' | 'EventAgeExceeded';
  readonly attempts: number;
  readonly result: Extract<InvocationResult, { readonly functionError: string }>;
}

const HOUR = 3600;
/** Lambda tries an event of a function that failed again after one minute, then after two. */
const RETRY_MS = [60_000, 120_000];

/** One event, tried until the function takes it or the retries are over; then it goes where the configuration says. */
export async function invokeAsync(invocation: AsyncInvocation): Promise<void> {
  const { config, clock, stopping, run, say } = invocation;
  const { maxRetries = 2, maxAgeSeconds = 6 * HOUR } = config.asyncInvocation ?? {};
  const requestId = randomUUID();
  const tooOld = clock.now() + maxAgeSeconds * 1000;
  for (let attempts = 1; ; attempts++) {
    const result = await run();
    if (!('functionError' in result)) return;
    if (stopping.aborted) return say('The event was dropped, for the local AWS is closing.');
    const wait = RETRY_MS[attempts - 1];
    const delay = attempts > maxRetries ? undefined : wait;
    const what = `The event failed: ${JSON.stringify(result.payload)}`;
    if (delay === undefined || clock.now() + delay > tooOld) {
      say(`${what}. It is given up.`);
      const condition = delay === undefined ? 'RetriesExhausted' : 'EventAgeExceeded';
      return handOver(invocation, { requestId, condition, attempts, result });
    }
    say(`${what}. It is tried again in ${delay / 1000} s.`);
    if (!(await slept(delay, clock, stopping)))
      return say('The event was dropped, for the local AWS is closing.');
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
function handOver({ config, payload, clock, sendToQueue, say }: AsyncInvocation, failure: Failure): void {
  const letters: readonly (readonly [string | undefined, () => QueueMessage])[] = [
    [config.deadLetterArn, () => deadLetter(payload, failure)],
    [config.asyncInvocation?.onFailureArn, () => destinationRecord(config, payload, clock.now(), failure)],
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

/** The event as it was; what went wrong is in the attributes. */
function deadLetter(payload: unknown, { requestId, result }: Failure): QueueMessage {
  const text = (StringValue: string) => ({ DataType: 'String', StringValue });
  return {
    body: JSON.stringify(payload),
    attributes: {
      RequestID: text(requestId),
      ErrorCode: { DataType: 'Number', StringValue: '200' },
      ErrorMessage: text(result.payload.errorMessage.slice(0, 1024)),
    },
  };
}

/** The invocation record of a destination (page "Retaining records of asynchronous invocations"). */
function destinationRecord(
  { arn }: FunctionConfig,
  requestPayload: unknown,
  now: number,
  { requestId, condition, attempts, result }: Failure,
): QueueMessage {
  const record = {
    version: '1.0',
    timestamp: new Date(now).toISOString(),
    requestContext: {
      ...{ requestId, functionArn: `${arn}:$LATEST`, condition },
      approximateInvokeCount: attempts,
    },
    requestPayload,
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload: result.payload,
  };
  return { body: JSON.stringify(record), attributes: {} };
}
