import type { Rule } from '../events/bus.ts';
import type { InputTransformer } from '../events/input-transformer.ts';
import type { EventPattern } from '../events/pattern.ts';
import type { Target } from '../events/target-input.ts';
import { LocalAwsError } from '../local-aws-error.ts';
import { given, numberIn, structureIn } from './properties.ts';
import type { StackResource } from './resources.ts';

export function ruleOf(resource: StackResource): Rule {
  const { ref, properties } = resource;
  const targets = (properties['Targets'] ?? []) as readonly StackResource['properties'][];
  return {
    name: ref,
    ...given({
      pattern: properties['EventPattern'] as EventPattern | undefined,
      scheduleExpression: properties['ScheduleExpression'] as string | undefined,
    }),
    enabled: properties['State'] !== 'DISABLED',
    targets: targets.map((target) => targetOf(resource, target)),
  };
}

function targetOf(rule: StackResource, target: StackResource['properties']): Target {
  const arn = String(target['Arn']);
  if (!/^arn:[^:]+:lambda:/.test(arn)) {
    throw new LocalAwsError(
      `The local AWS delivers events to functions; ${rule.logicalId} has the target ${arn}.`,
    );
  }
  const deadLetter = structureIn(target, 'DeadLetterConfig');
  const retry = structureIn(target, 'RetryPolicy');
  const transformer = structureIn(target, 'InputTransformer');
  return {
    id: String(target['Id']),
    arn,
    ...given({
      input: target['Input'] as string | undefined,
      inputPath: target['InputPath'] as string | undefined,
      inputTransformer: transformer && transformerOf(transformer),
      deadLetterArn: deadLetter?.['Arn'] as string | undefined,
      retryPolicy:
        retry &&
        given({
          maxRetries: numberIn(retry, 'MaximumRetryAttempts'),
          maxAgeSeconds: numberIn(retry, 'MaximumEventAgeInSeconds'),
        }),
    }),
  };
}

function transformerOf(transformer: StackResource['properties']): InputTransformer {
  return {
    inputTemplate: String(transformer['InputTemplate']),
    ...given({ inputPathsMap: transformer['InputPathsMap'] as Readonly<Record<string, string>> | undefined }),
  };
}
