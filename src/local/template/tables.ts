import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { given } from './properties.ts';
import type { StackResource } from './resources.ts';

type Properties = StackResource['properties'];

export function tableDefinition(resource: StackResource): CreateTableCommandInput {
  const { ref, properties } = resource;
  const { KeySchema, AttributeDefinitions, BillingMode, ProvisionedThroughput } =
    properties as unknown as CreateTableCommandInput;
  return {
    TableName: ref,
    KeySchema,
    AttributeDefinitions,
    // CloudFormation's own default.
    BillingMode: BillingMode ?? 'PROVISIONED',
    ...given({
      ProvisionedThroughput,
      GlobalSecondaryIndexes: indexesIn(resource, 'GlobalSecondaryIndexes'),
      LocalSecondaryIndexes: indexesIn(resource, 'LocalSecondaryIndexes'),
    }),
  };
}

type Index = NonNullable<CreateTableCommandInput['GlobalSecondaryIndexes']>[number];

function indexesIn(resource: StackResource, name: string): Index[] | undefined {
  const indexes = resource.properties[name] as readonly Properties[] | undefined;
  return indexes?.map((index) => {
    const { IndexName, KeySchema, Projection, ProvisionedThroughput } = index as unknown as Index;
    return { IndexName, KeySchema, Projection, ...given({ ProvisionedThroughput }) };
  });
}
