import type { FunctionConfig } from './function-config.ts';
import type { InvocationResult } from './invocation.ts';

/** A message of Lambda's to a queue, with string and number attributes as SQS has them. */
export interface QueueMessage {
  readonly body: string;
  readonly attributes: Readonly<Record<string, { readonly DataType: string; readonly StringValue: string }>>;
}

/** An asynchronous event that is given up. */
export interface FailedEvent {
  readonly requestId: string;
  readonly condition: 'RetriesExhausted' | 'EventAgeExceeded' | 'ZeroReservedConcurrency';
  /** How often the function was at it: not at all where it was only ever throttled. */
  readonly attempts: number;
  /** What the function answered last. */
  readonly result: Extract<InvocationResult, { readonly functionError: string }> | undefined;
}

/** The event as it was; what went wrong is in the attributes. */
export function deadLetter(payload: unknown, { requestId, result }: FailedEvent): QueueMessage {
  const text = (StringValue: string) => ({ DataType: 'String', StringValue });
  const { errorMessage } = result?.payload ?? { errorMessage: 'Rate Exceeded.' };
  return {
    body: JSON.stringify(payload),
    attributes: {
      RequestID: text(requestId),
      ErrorCode: { DataType: 'Number', StringValue: result === undefined ? '429' : '200' },
      ErrorMessage: text(errorMessage.slice(0, 1024)),
    },
  };
}

/** The invocation record of a destination (page "Capturing records of Lambda asynchronous invocations"). */
export function destinationRecord(
  { arn }: FunctionConfig,
  requestPayload: unknown,
  now: number,
  { requestId, condition, attempts, result }: FailedEvent,
): QueueMessage {
  const record = {
    version: '1.0',
    timestamp: new Date(now).toISOString(),
    requestContext: {
      ...{ requestId, functionArn: `${arn}:$LATEST`, condition },
      approximateInvokeCount: attempts,
    },
    requestPayload,
    ...(result && {
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      responsePayload: result.payload,
    }),
  };
  return { body: JSON.stringify(record), attributes: {} };
}
