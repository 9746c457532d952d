import { copyError, isPassingFault, readError } from '../../src/aws/read-error.ts';

const fault = (name: string, httpStatusCode: number) =>
  Object.assign(new Error(name), { name, $metadata: { httpStatusCode } });
const coded = (message: string, code?: string) => Object.assign(new Error(message), { code });
const source = { bucket: 'b', key: 'k' };

test.each([
  [fault('NoSuchKey', 404), 'NotFound'],
  [fault('NoSuchVersion', 404), 'NotFound'],
  [fault('AccessDenied', 403), 'NotFound'],
  [fault('PreconditionFailed', 412), 'SourceChanged'],
  [fault('NoSuchUpload', 404), 'NoSuchUpload'],
  [fault('SlowDown', 503), 'SlowDown'],
  [fault('InvalidRequest', 400), 'InvalidRequest'],
])('a copy that ends with %p is told as %s', (cause, name) => {
  const error = copyError(cause, source) as Error;
  expect(error.name).toBe(name);
  expect(error === cause || error.cause === cause).toBe(true);
});

test.each([
  ['a reset connection', coded('read ECONNRESET', 'ECONNRESET'), true],
  ['an answer that is cut', coded('aborted'), true],
  ['a request that is cut', coded('socket hang up'), true],
  [
    'a checked answer that is cut',
    coded('Connection lost or stream closed before all data was received.'),
    true,
  ],
  ['silence', Object.assign(new Error('no bytes'), { name: 'TimeoutError' }), true],
  ['too few bytes', Object.assign(new Error('too few'), { name: 'IncompleteBody' }), true],
  ['S3 in trouble', fault('InternalError', 500), true],
  ['S3 under load', fault('SlowDown', 503), true],
  ['what the local S3 cannot do', fault('NotImplemented', 501), false],
  ['no permission', fault('AccessDenied', 403), false],
  ['another object', fault('PreconditionFailed', 412), false],
  ['bytes with another checksum', coded('Checksum mismatch: expected "a" but received "b"'), false],
  [
    'a caller that gave up',
    Object.assign(new Error('The request was aborted'), { name: 'AbortError' }),
    false,
  ],
  ['an error in our own words', readError(fault('NoSuchKey', 404), source), false],
])('%s: may pass by itself? %#', (_, error, passes) => {
  expect(isPassingFault(error)).toBe(passes);
});
