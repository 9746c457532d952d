import type { QueueMessage } from '../../../src/local/lambda/async-invocation.ts';
import { virtualClock } from '../states/virtual-clock.ts';
import { Written, withFunctions } from './harness.ts';

/** Answers as many bytes of JSON as it is asked for, or those that it was given. */
const sized = `
export const handler = async ({ bytes, text }) => (bytes === undefined ? text.length : 'a'.repeat(bytes - 2));`;

describe('payloads', () => {
  let written: Written;
  beforeAll(async () => {
    written = await Written.start(sized);
  });
  afterAll(() => written.stop());
  const event = (bytes: number) => ({ text: 'a'.repeat(bytes - '{"text":""}'.length) });

  test('an answer may have 6 MB, and not a byte more', async () => {
    const { payload } = await written.functions.invoke('worker', { bytes: 6_291_556 });
    expect(payload).toHaveLength(6_291_554);
    expect(await written.functions.invoke('worker', { bytes: 6_291_557 })).toMatchObject({
      functionError: 'Function.ResponseSizeTooLarge',
      payload: {
        errorType: 'Function.ResponseSizeTooLarge',
        errorMessage: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
      },
    });
  });

  test('so may an event', async () => {
    const { payload } = await written.functions.invoke('worker', event(6 * 2 ** 20));
    expect(payload).toBe(6 * 2 ** 20 - 11);
    await expect(written.functions.invoke('worker', event(6 * 2 ** 20 + 1))).rejects.toMatchObject({
      name: 'RequestTooLargeException',
      message:
        '6291457 byte payload is too large for the RequestResponse invocation type (limit 6291456 bytes)',
    });
  });

  test('bytes are counted, not characters', async () => {
    await expect(written.functions.invoke('worker', { text: 'ä'.repeat(3 * 2 ** 20) })).rejects.toThrow(
      '6291467 byte payload',
    );
  });

  test('an event that nobody waits for may have 1 MB', async () => {
    await written.functions.invokeAsync('worker', event(2 ** 20));
    await expect(written.functions.invokeAsync('worker', event(2 ** 20 + 1))).rejects.toMatchObject({
      name: 'RequestTooLargeException',
      message: '1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)',
    });
  });
});

describe('concurrency', () => {
  const slow = 'export const handler = ({ ms = 100 }) => new Promise((resolve) => setTimeout(resolve, ms));';
  const invoked = async (events: readonly Promise<unknown>[]) =>
    (await Promise.allSettled(events)).map(({ status }) => status);
  const [ok, no] = ['fulfilled', 'rejected'];

  test('what is more than a function has reserved is throttled, and it takes nothing from others', () =>
    withFunctions(
      slow,
      async ({ functions }) => {
        const names = ['one', 'one', 'one', 'two', 'two', 'two'];
        const statuses = await invoked(names.map((name) => functions.invoke(name, {})));
        expect(statuses).toEqual([ok, ok, no, ok, ok, ok]);
        await expect(functions.invoke('none', {})).rejects.toMatchObject({
          name: 'TooManyRequestsException',
          message: 'Rate Exceeded. (ReservedFunctionConcurrentInvocationLimitExceeded)',
        });
        expect(await invoked([functions.invoke('one', {}), functions.invoke('one', {})])).toEqual([ok, ok]);
      },
      [{ name: 'one', reservedConcurrency: 2 }, { name: 'two' }, { name: 'none', reservedConcurrency: 0 }],
    ));

  test('functions share what the account has, whoever waits for a thread', () =>
    withFunctions(
      slow,
      async ({ functions }) => {
        const names = ['one', 'one', 'two', 'two'];
        expect(await invoked(names.map((name) => functions.invoke(name, {})))).toEqual([ok, ok, ok, no]);
        const [, , , over] = names.map((name) => functions.invoke(name, {}));
        await expect(over).rejects.toMatchObject({
          ...{
            name: 'TooManyRequestsException',
            message: 'Rate Exceeded. (ConcurrentInvocationLimitExceeded)',
          },
        });
      },
      [{ name: 'one' }, { name: 'two' }],
      { concurrency: 1, accountConcurrency: 3 },
    ));

  test('what reservations leave must be enough', async () => {
    await expect(Written.start(slow, { reservedConcurrency: 901 })).rejects.toThrow(
      "99 of the account's 1000 are left; AWS leaves 100 unreserved",
    );
    await withFunctions(slow, async () => undefined, { reservedConcurrency: 900 });
  });

  test('more events than there are threads wait for their turn', () =>
    withFunctions(
      'let now = 0; export const handler = async () => { now++; await 1; return now--; };',
      async ({ functions }) => {
        const results = await Promise.all(Array.from({ length: 6 }, () => functions.invoke('worker', {})));
        expect(results).toEqual(Array.from({ length: 6 }, () => ({ payload: 1 })));
      },
      {},
      { concurrency: 2 },
    ));
});

describe('an event that nobody waits for and that is throttled', () => {
  const code = `
    export const handler = ({ ms = 0 }) => new Promise((resolve) => setTimeout(resolve, ms));`;

  test('is tried again, ever later, until it is too old', () => {
    const time = virtualClock();
    const start = time.now();
    const letters: [string, QueueMessage][] = [];
    return withFunctions(
      code,
      async ({ functions }) => {
        const busy = functions.invoke('worker', { ms: 30_000 });
        await functions.invokeAsync('worker', { late: true });
        expect(letters.map(([arn]) => arn)).toEqual(['arn:q', 'arn:d']);
        expect(letters[0]?.[1].attributes).toMatchObject({
          ErrorCode: { DataType: 'Number', StringValue: '429' },
          ErrorMessage: { DataType: 'String', StringValue: 'Rate Exceeded.' },
        });
        const record = JSON.parse(letters[1]?.[1].body ?? '');
        expect(record.requestContext).toMatchObject({
          condition: 'EventAgeExceeded',
          approximateInvokeCount: 0,
        });
        expect(record).not.toHaveProperty('responsePayload');
        // 1, 2, 4, … 256 s, then 300 s, as long as the next attempt is within 1000 s.
        expect((time.now() - start) / 1000).toBe(811);
        await functions.close();
        await busy;
      },
      {
        ...{ reservedConcurrency: 1, deadLetterArn: 'arn:q' },
        asyncInvocation: { maxAgeSeconds: 1000, onFailureArn: 'arn:d' },
      },
      { clock: time, sendToQueue: (arn, message) => letters.push([arn, message]) },
    );
  });

  test('is not tried at all of a function that may not run', () => {
    const letters: QueueMessage[] = [];
    return withFunctions(
      code,
      async ({ functions }) => {
        await functions.invokeAsync('worker', {});
        expect(letters).toHaveLength(1);
        expect(JSON.parse(letters[0]?.body ?? '').requestContext).toMatchObject({
          ...{ condition: 'ZeroReservedConcurrency', approximateInvokeCount: 0 },
        });
      },
      { reservedConcurrency: 0, asyncInvocation: { onFailureArn: 'arn:d' } },
      { sendToQueue: (_, message) => letters.push(message) },
    );
  });
});
