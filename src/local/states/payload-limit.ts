import { StatesError } from './errors.ts';

/** The quota on the input and output of a state, a task and an execution, in UTF-8 bytes of JSON. */
export const MAX_PAYLOAD_BYTES = 262_144;

/** The JSON text of a payload within the quota. */
export function encodePayload(value: unknown, state: string): string {
  const text = JSON.stringify(value) ?? 'null';
  if (!fits(text)) {
    throw new StatesError(
      'States.DataLimitExceeded',
      `The state/task '${state}' returned a result with a size exceeding the maximum number of bytes service limit.`,
    );
  }
  return text;
}

function fits(text: string): boolean {
  // Three bytes a UTF-16 unit at most: small payloads need no count.
  return text.length * 3 <= MAX_PAYLOAD_BYTES || Buffer.byteLength(text) <= MAX_PAYLOAD_BYTES;
}
