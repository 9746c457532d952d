import type { AsyncInvocationConfig, FunctionConfig } from '../lambda/function-config.ts';
import { LocalAwsError } from '../local-aws-error.ts';
import type { Assembly } from './assembly.ts';
import { environmentOf } from './function-environment.ts';
import { given, numberWithin, structureIn } from './properties.ts';
import type { StackResource } from './resources.ts';

const TIMEOUT = { name: 'Timeout', least: 1, most: 900 };
const MEMORY_MB = { name: 'MemorySize', least: 128, most: 10_240 };
const STORAGE_MB = { name: 'Size', least: 512, most: 10_240 };
const RESERVED = { name: 'ReservedConcurrentExecutions', least: 0, most: 1000 };
const RETRIES = { name: 'MaximumRetryAttempts', least: 0, most: 2 };
const EVENT_AGE = { name: 'MaximumEventAgeInSeconds', least: 60, most: 21_600 };

/** The stack's functions, with what their AWS::Lambda::EventInvokeConfig says of asynchronous events. */
export function functionConfigs(
  functions: readonly StackResource[],
  eventInvokeConfigs: readonly StackResource[],
  assembly: Assembly,
): readonly FunctionConfig[] {
  const asyncConfigs = new Map(
    eventInvokeConfigs.map((resource) => [functionNameOf(resource), asyncInvocationOf(resource)]),
  );
  return functions.map((resource) => {
    const asyncInvocation = asyncConfigs.get(resource.ref);
    return { ...functionConfig(resource, assembly), ...given({ asyncInvocation }) };
  });
}

function functionConfig(resource: StackResource, assembly: Assembly): FunctionConfig {
  const { ref, arn, properties } = resource;
  const storage = structureIn(properties, 'EphemeralStorage');
  const logging = structureIn(properties, 'LoggingConfig');
  const target = structureIn(properties, 'DeadLetterConfig')?.['TargetArn'];
  return {
    name: ref,
    arn: String(arn),
    directory: assembly.assetDirectory(assetKey(resource)),
    handler: handlerOf(resource),
    environment: environmentOf(resource),
    // CloudFormation's own defaults.
    timeoutSeconds: numberWithin(resource, properties, TIMEOUT) ?? 3,
    memoryMb: numberWithin(resource, properties, MEMORY_MB) ?? MEMORY_MB.least,
    storageMb: numberWithin(resource, storage, STORAGE_MB) ?? STORAGE_MB.least,
    ...given({
      runtime: properties['Runtime'] as string | undefined,
      reservedConcurrency: numberWithin(resource, properties, RESERVED),
      logGroup: logging?.['LogGroup'] as string | undefined,
      deadLetterArn: target === undefined ? undefined : queueArn(resource, target),
    }),
  };
}

function assetKey({ logicalId, properties }: StackResource): string {
  const { S3Key } = structureIn(properties, 'Code') ?? {};
  if (typeof S3Key === 'string' && properties['Runtime'] !== undefined) return S3Key;
  throw new LocalAwsError(`The local AWS runs Node.js functions from assets; ${logicalId} is none.`);
}

function handlerOf({ logicalId, properties }: StackResource): string {
  const { Handler } = properties;
  if (typeof Handler === 'string' && /^[^\s]{1,128}$/.test(Handler)) return Handler;
  throw new LocalAwsError(
    `Cannot create ${logicalId}: Handler must be up to 128 characters without spaces, got ${JSON.stringify(Handler)}.`,
  );
}

/** A name, an ARN, or an ARN with a version. */
function functionNameOf({ properties }: StackResource): string {
  const given = String(properties['FunctionName']);
  return /:function:([^:]+)/.exec(given)?.[1] ?? given;
}

function asyncInvocationOf(resource: StackResource): AsyncInvocationConfig {
  const { properties } = resource;
  const destinations = structureIn(properties, 'DestinationConfig');
  const onFailure = destinations && structureIn(destinations, 'OnFailure');
  const destination = onFailure?.['Destination'];
  return given({
    maxRetries: numberWithin(resource, properties, RETRIES),
    maxAgeSeconds: numberWithin(resource, properties, EVENT_AGE),
    onFailureArn: destination === undefined ? undefined : queueArn(resource, destination),
  });
}

function queueArn({ logicalId }: StackResource, arn: unknown): string {
  if (/^arn:[^:]+:sqs:/.test(String(arn))) return String(arn);
  throw new LocalAwsError(
    `The local AWS sends failed events to queues only; ${logicalId} sends them to ${String(arn)}.`,
  );
}
