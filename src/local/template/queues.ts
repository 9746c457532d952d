import type { QueueDefinition } from '../sqs/queue.ts';
import { checkProperties, given, numberIn } from './properties.ts';
import type { StackResource } from './resources.ts';

/** Encryption has no part in a local run; what would change how messages move must be known. */
const QUEUE = [
  ...['QueueName', 'VisibilityTimeout', 'MessageRetentionPeriod', 'Tags'],
  ...['SqsManagedSseEnabled', 'KmsMasterKeyId', 'KmsDataKeyReusePeriodSeconds'],
];

export function queueOf(resource: StackResource): QueueDefinition {
  const { properties, arn } = resource;
  checkProperties(resource, properties, QUEUE);
  return {
    name: String(arn).split(':').at(-1) ?? '',
    arn: String(arn),
    ...given({
      visibilityTimeoutSeconds: numberIn(properties, 'VisibilityTimeout'),
      retentionSeconds: numberIn(properties, 'MessageRetentionPeriod'),
    }),
  };
}
