import { isRetryableRecordError } from '../../src/batch/record-errors.ts';

test.each([
  ['429', true],
  ['500', true],
  ['503', true],
  ['ThrottlingException', true],
  ['ModelTimeoutException', true],
  ['400', false],
  ['403', false],
  ['404', false],
  ['ValidationException', false],
  ['UnreadableOutput', false],
  ['Unknown', false],
])('a record that failed with %s may do better another time: %s', (code, retryable) => {
  expect(isRetryableRecordError(code)).toBe(retryable);
});
