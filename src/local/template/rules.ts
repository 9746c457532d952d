import type { Rule } from '../events/bus.ts';
import type { EventPattern } from '../events/pattern.ts';
import type { InputTransformer, Target } from '../events/target-input.ts';
import { LocalAwsError } from '../local-aws-error.ts';
import { checkProperties, given, numberIn, structureIn } from './properties.ts';
import type { StackResource } from './resources.ts';

const RULE = ['Name', 'Description', 'EventPattern', 'ScheduleExpression', 'State', 'Targets', 'Tags'];
const TARGET = ['Id', 'Arn', 'Input', 'InputPath', 'InputTransformer', 'DeadLetterConfig', 'RetryPolicy'];

export function ruleOf(resource: StackResource): Rule {
  const { ref, properties } = resource;
  checkProperties(resource, properties, RULE);
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
  checkProperties(rule, target, TARGET, 'Targets.');
  const arn = String(target['Arn']);
  if (!/^arn:[^:]+:lambda:/.test(arn)) {
    throw new LocalAwsError(
      `The local AWS delivers events to functions; ${rule.logicalId} has the target ${arn}.`,
    );
  }
  const deadLetter = structureIn(rule, target, 'DeadLetterConfig', ['Arn']);
  const retries = ['MaximumRetryAttempts', 'MaximumEventAgeInSeconds'];
  const retry = structureIn(rule, target, 'RetryPolicy', retries);
  const transformer = structureIn(rule, target, 'InputTransformer', ['InputPathsMap', 'InputTemplate']);
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
