import type { EventBusOptions } from '../../../src/local/events/bus.ts';
import type { DeadLetter } from '../../../src/local/events/delivery.ts';
import { clock, done, pattern, recordingBus } from './recording-bus.ts';

describe('dead letters', () => {
  const target = { id: 'a', arn: 'arn:a', deadLetterArn: 'arn:q', inputPath: '$.detail' };

  async function lettersOf(change: object, options: Partial<EventBusOptions> = {}) {
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
    bus.put(done);
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
