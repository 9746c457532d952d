import { fastClock } from '../../../src/local/clock.ts';
import { createEventBus, type EventBusOptions } from '../../../src/local/events/bus.ts';
import type { FailedDelivery } from '../../../src/local/events/delivery.ts';

export const clock = fastClock(10_000);
export const done = {
  source: 'aws.bedrock',
  'detail-type': 'Change',
  detail: { status: 'Completed', count: 3 },
};
export const pattern = { source: ['aws.bedrock'] };

/** A bus, and what it delivered and could not. */
export function recordingBus(options: Partial<EventBusOptions> = {}) {
  const delivered: [string, unknown][] = [];
  const failed: FailedDelivery[] = [];
  const bus = createEventBus({
    account: '123456789012',
    region: 'eu-west-1',
    clock,
    deliver: async (arn, event) => {
      delivered.push([arn, event]);
    },
    onDeliveryFailed: (failure) => {
      failed.push(failure);
    },
    ...options,
  });
  return { bus, delivered, failed };
}
