import type { EventBusOptions } from '../../../src/local/events/bus.ts';
import type { DeadLetter } from '../../../src/local/events/delivery.ts';
import type { PutEvent } from '../../../src/local/events/event.ts';
import { virtualClock } from '../states/virtual-clock.ts';
import { clock, done, pattern, recordingBus } from './recording-bus.ts';

describe('dead letters', () => {
  const target = { id: 'a', arn: 'arn:a', deadLetterArn: 'arn:q', inputPath: '$.detail' };

  async function lettersOf(change: object, options: Partial<EventBusOptions> = {}, event: PutEvent = done) {
    const letters: [string, DeadLetter][] = [];
    let calls = 0;
    const { bus } = recordingBus({
      deliver: () => {
        calls++;
        return Promise.reject(new Error('no such function'));
      },
      sendDeadLetter: (arn, letter) => void letters.push([arn, letter]),
      ...options,
    });
    bus.putRule({ name: 'one', pattern, targets: [{ ...target, ...change }] });
    bus.put(event);
    await bus.idle();
    return { letters, calls };
  }

  it('hold the input and the reason of a delivery that failed for good', async () => {
    const { letters, calls } = await lettersOf({ retryPolicy: { maxRetries: 1 } });
    const text = (StringValue: string) => ({ DataType: 'String', StringValue });
    expect(calls).toBe(2);
    expect(letters).toEqual([
      [
        'arn:q',
        {
          body: '{"status":"Completed","count":3}',
          attributes: {
            RULE_ARN: text('arn:aws:events:eu-west-1:123456789012:rule/one'),
            TARGET_ARN: text('arn:a'),
            ERROR_CODE: text('SDK_CLIENT_ERROR'),
            ERROR_MESSAGE: text('Error: no such function'),
            EXHAUSTED_RETRY_CONDITION: text('MaximumRetryAttempts'),
            RETRY_ATTEMPTS: text('1'),
          },
        },
      ],
    ]);
  });

  it('are written after 185 retries, which take a day, where the target does not say otherwise', async () => {
    const time = virtualClock();
    const start = time.now();
    const { letters, calls } = await lettersOf({}, { clock: time });
    const attributes = letters[0]?.[1].attributes;
    expect(calls).toBe(186);
    expect(attributes?.['RETRY_ATTEMPTS']?.StringValue).toBe('185');
    expect(attributes?.['EXHAUSTED_RETRY_CONDITION']?.StringValue).toBe('MaximumRetryAttempts');
    expect((time.now() - start) / 3_600_000).toBeCloseTo(24, 0);
  });

  it.each([
    ['ResourceNotFoundException', 'NO_RESOURCE'],
    ['RequestTooLargeException', 'INVALID_PARAMETER'],
  ])('are written at once for %s', async (name, code) => {
    const error = Object.assign(new Error('Function not found'), { name });
    const { letters } = await lettersOf({}, { deliver: () => Promise.reject(error) });
    const attributes = letters[0]?.[1].attributes;
    expect(attributes?.['ERROR_CODE']?.StringValue).toBe(code);
    expect(attributes?.['RETRY_ATTEMPTS']?.StringValue).toBe('0');
    expect(attributes).not.toHaveProperty('EXHAUSTED_RETRY_CONDITION');
  });

  it('hold the whole event where a value makes something that is no JSON of the template', async () => {
    const inputTransformer = { inputPathsMap: { s: '$.detail.said' }, inputTemplate: '{"said":"<s>"}' };
    const event = { ...done, detail: { said: 'a "b"' } };
    const { letters, calls } = await lettersOf({ inputPath: undefined, inputTransformer }, {}, event);
    expect(calls).toBe(0);
    expect(JSON.parse(letters[0]?.[1].body ?? '')).toMatchObject(event);
    expect(letters[0]?.[1].attributes['ERROR_CODE']?.StringValue).toBe('INVALID_JSON');
  });

  it('are written when the event has become too old', async () => {
    const time = { now: clock.now, sleep: async () => undefined };
    const { letters, calls } = await lettersOf(
      { retryPolicy: { maxAgeSeconds: 60 } },
      { clock: time, firstRetryMs: 3_600_000 },
    );
    expect(calls).toBe(1);
    expect(letters[0]?.[1].attributes['EXHAUSTED_RETRY_CONDITION']?.StringValue).toBe(
      'MaximumEventAgeInSeconds',
    );
  });
});
