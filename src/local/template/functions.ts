import type { AsyncInvocationConfig, FunctionConfig } from '../lambda/function-config.ts';
import { LocalAwsError } from '../local-aws-error.ts';
import type { Assembly } from './assembly.ts';
import { checkProperties, given, numberIn, structureIn } from './properties.ts';
import type { StackResource } from './resources.ts';

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
  const { ref, arn, logicalId, properties } = resource;
  const { S3Key } = properties['Code'] as { readonly S3Key?: string };
  const runtime = String(properties['Runtime']);
  if (S3Key === undefined || !runtime.startsWith('nodejs')) {
    throw new LocalAwsError(
      `The local AWS runs Node.js functions from assets; ${logicalId} has the runtime ${runtime}.`,
    );
  }
  const environment = properties['Environment'] as
    | { readonly Variables?: Record<string, string> }
    | undefined;
  const deadLetter = structureIn(resource, properties, 'DeadLetterConfig', ['TargetArn']);
  const deadLetterArn = deadLetter?.['TargetArn'];
  return {
    name: ref,
    arn: String(arn),
    directory: assembly.assetDirectory(S3Key),
    handler: String(properties['Handler']),
    environment: environment?.Variables ?? {},
    // CloudFormation's own defaults.
    timeoutSeconds: numberIn(properties, 'Timeout') ?? 3,
    memoryMb: numberIn(properties, 'MemorySize') ?? 128,
    ...(deadLetterArn === undefined ? {} : { deadLetterArn: queueArn(resource, deadLetterArn) }),
  };
}

/** A name, an ARN, or an ARN with a version. */
function functionNameOf({ properties }: StackResource): string {
  const given = String(properties['FunctionName']);
  return /:function:([^:]+)/.exec(given)?.[1] ?? given;
}

const CONFIG = [
  ...['FunctionName', 'Qualifier', 'MaximumRetryAttempts'],
  ...['MaximumEventAgeInSeconds', 'DestinationConfig'],
];

function asyncInvocationOf(resource: StackResource): AsyncInvocationConfig {
  const { properties, logicalId } = resource;
  checkProperties(resource, properties, CONFIG);
  if (properties['Qualifier'] !== '$LATEST') {
    throw new LocalAwsError(
      `The local AWS runs $LATEST only; ${logicalId} is of ${properties['Qualifier']}.`,
    );
  }
  const destinations = structureIn(resource, properties, 'DestinationConfig', ['OnFailure']);
  const onFailure = destinations && structureIn(resource, destinations, 'OnFailure', ['Destination']);
  const destination = onFailure?.['Destination'];
  return given({
    maxRetries: numberIn(properties, 'MaximumRetryAttempts'),
    maxAgeSeconds: numberIn(properties, 'MaximumEventAgeInSeconds'),
    onFailureArn: destination === undefined ? undefined : queueArn(resource, destination),
  });
}

function queueArn({ logicalId }: StackResource, arn: unknown): string {
  if (/^arn:[^:]+:sqs:/.test(String(arn))) return String(arn);
  throw new LocalAwsError(
    `The local AWS sends failed events to queues only; ${logicalId} sends them to ${String(arn)}.`,
  );
}
