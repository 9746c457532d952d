import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import type { Rule } from '../events/bus.ts';
import type { FunctionConfig } from '../lambda/function-config.ts';
import { LocalAwsError } from '../local-aws-error.ts';
import type { QueueDefinition } from '../sqs/queue.ts';
import type { Assembly } from './assembly.ts';
import { functionConfigs } from './functions.ts';
import { queueOf } from './queues.ts';
import type { StackResource, StackResources } from './resources.ts';
import { ruleOf } from './rules.ts';
import { tableDefinition } from './tables.ts';

/** The services as a template needs them. */
export interface Services {
  createBucket(name: string, options: { readonly versioned: boolean }): Promise<void>;
  createTable(definition: CreateTableCommandInput): Promise<void>;
  createQueue(definition: QueueDefinition): void;
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
  for (const queue of all('AWS::SQS::Queue')) services.createQueue(queueOf(queue));
  services.createFunctions(
    functionConfigs(all('AWS::Lambda::Function'), all('AWS::Lambda::EventInvokeConfig'), assembly),
  );
  for (const machine of all('AWS::StepFunctions::StateMachine')) {
    services.createStateMachine(stateMachineOf(machine));
  }
  // Last, for a schedule starts with its rule.
  for (const rule of all('AWS::Events::Rule')) services.putRule(ruleOf(rule));
}

/** Step Functions takes as many characters. */
const MAX_DEFINITION = 1024 ** 2;

function stateMachineOf({ logicalId, ref, properties }: StackResource) {
  const definition = String(properties['DefinitionString']);
  if (definition.length > MAX_DEFINITION)
    throw new LocalAwsError(
      `Cannot create ${logicalId}: its definition may have ${MAX_DEFINITION} characters, got ${definition.length}.`,
    );
  return {
    name: ref.split(':').at(-1) ?? ref,
    definition: JSON.parse(definition) as unknown,
    roleArn: String(properties['RoleArn']),
  };
}
