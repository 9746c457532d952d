import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import type { Rule } from '../events/bus.ts';
import type { FunctionConfig } from '../lambda/function-config.ts';
import { LocalAwsError } from '../local-aws-error.ts';
import type { Assembly } from './assembly.ts';
import type { StackResource, StackResources } from './resources.ts';

/** The services as a template needs them. */
export interface Services {
  createBucket(name: string, options: { readonly versioned: boolean }): Promise<void>;
  createTable(definition: CreateTableCommandInput): Promise<void>;
  createFunctions(configs: readonly FunctionConfig[]): void;
  putRule(rule: Rule): void;
  createStateMachine(machine: {
    readonly name: string;
    readonly definition: unknown;
    readonly roleArn: string;
  }): void;
}

/** Creates what a stack describes, in an order in which each part finds those that it needs. */
export async function deploy(
  { resources }: StackResources,
  assembly: Assembly,
  services: Services,
): Promise<void> {
  const all = (type: string) => resources.filter((resource) => resource.type === type);
  for (const { ref, properties } of all('AWS::S3::Bucket')) {
    const versioning = properties['VersioningConfiguration'] as { readonly Status?: string } | undefined;
    await services.createBucket(ref, { versioned: versioning?.Status === 'Enabled' });
  }
  for (const table of all('AWS::DynamoDB::Table')) await services.createTable(tableDefinition(table));
  services.createFunctions(
    all('AWS::Lambda::Function').map((resource) => functionConfig(resource, assembly)),
  );
  for (const rule of all('AWS::Events::Rule')) services.putRule(ruleOf(rule));
  for (const machine of all('AWS::StepFunctions::StateMachine'))
    services.createStateMachine(stateMachineOf(machine));
}

function tableDefinition({ ref, properties }: StackResource): CreateTableCommandInput {
  const { KeySchema, AttributeDefinitions, GlobalSecondaryIndexes } =
    properties as unknown as CreateTableCommandInput;
  return {
    TableName: ref,
    KeySchema,
    AttributeDefinitions,
    BillingMode: 'PAY_PER_REQUEST',
    ...(GlobalSecondaryIndexes === undefined ? {} : { GlobalSecondaryIndexes }),
  };
}

function functionConfig(
  { ref, arn, logicalId, properties }: StackResource,
  assembly: Assembly,
): FunctionConfig {
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
  return {
    name: ref,
    arn: String(arn),
    directory: assembly.assetDirectory(S3Key),
    handler: String(properties['Handler']),
    environment: environment?.Variables ?? {},
    // CloudFormation's own defaults.
    timeoutSeconds: Number(properties['Timeout'] ?? 3),
    memoryMb: Number(properties['MemorySize'] ?? 128),
  };
}

interface RuleTarget {
  readonly Id: string;
  readonly Arn: string;
  readonly Input?: string;
  readonly InputPath?: string;
}

function ruleOf({ ref, properties }: StackResource): Rule {
  const pattern = properties['EventPattern'] as Readonly<Record<string, unknown>> | undefined;
  const schedule = properties['ScheduleExpression'] as string | undefined;
  return {
    name: ref,
    ...(pattern === undefined ? {} : { pattern }),
    ...(schedule === undefined ? {} : { scheduleExpression: schedule }),
    enabled: properties['State'] !== 'DISABLED',
    targets: ((properties['Targets'] ?? []) as readonly RuleTarget[]).map(
      ({ Id, Arn, Input, InputPath }) => ({
        id: Id,
        arn: Arn,
        ...(Input === undefined ? {} : { input: Input }),
        ...(InputPath === undefined ? {} : { inputPath: InputPath }),
      }),
    ),
  };
}

function stateMachineOf({ ref, properties }: StackResource) {
  return {
    name: ref.split(':').at(-1) ?? ref,
    definition: JSON.parse(String(properties['DefinitionString'])) as unknown,
    roleArn: String(properties['RoleArn']),
  };
}
