import type { QueueDefinition } from '../sqs/queue.ts';
import { given, numberWithin } from './properties.ts';
import type { StackResource } from './resources.ts';

const VISIBILITY = { name: 'VisibilityTimeout', least: 0, most: 43_200 };
const RETENTION = { name: 'MessageRetentionPeriod', least: 60, most: 1_209_600 };

export function queueOf(resource: StackResource): QueueDefinition {
  const { properties, arn } = resource;
  return {
    name: String(arn).split(':').at(-1) ?? '',
    arn: String(arn),
    ...given({
      visibilityTimeoutSeconds: numberWithin(resource, properties, VISIBILITY),
      retentionSeconds: numberWithin(resource, properties, RETENTION),
    }),
  };
}
