import { LambdaError } from './lambda-error.ts';

/** Lambda's limits of what is sent to a function (page "Lambda quotas"): 6 MB if somebody waits for the answer, 1 MB if not. */
const MAX_REQUEST_BYTES = { RequestResponse: 6 * 2 ** 20, Event: 2 ** 20 } as const;

/** 100 bytes more than the 6 MB that the page says; it is the number in AWS's own message. */
export const MAX_RESPONSE_BYTES = 6_291_556;

/** The event as JSON text. @throws LambdaError for one that is larger than Lambda takes */
export function requestPayload(event: unknown, invocationType: keyof typeof MAX_REQUEST_BYTES): string {
  const text = JSON.stringify(event) ?? 'null';
  const bytes = Buffer.byteLength(text);
  const limit = MAX_REQUEST_BYTES[invocationType];
  if (bytes <= limit) return text;
  throw new LambdaError(
    'RequestTooLargeException',
    `${bytes} byte payload is too large for the ${invocationType} invocation type (limit ${limit} bytes)`,
  );
}
