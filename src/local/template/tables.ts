import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { checkProperties, given } from './properties.ts';
import type { StackResource } from './resources.ts';

type Properties = StackResource['properties'];

/** What stands for itself here: there is nothing to encrypt, to back up, to stream or to bill. */
const TABLE = [
  ...['TableName', 'KeySchema', 'AttributeDefinitions', 'BillingMode', 'ProvisionedThroughput'],
  ...['GlobalSecondaryIndexes', 'LocalSecondaryIndexes', 'TimeToLiveSpecification', 'SSESpecification'],
  ...['PointInTimeRecoverySpecification', 'DeletionProtectionEnabled', 'TableClass', 'Tags'],
  ...['ContributorInsightsSpecification', 'OnDemandThroughput', 'WarmThroughput'],
];
const INDEX = [
  ...['IndexName', 'KeySchema', 'Projection', 'ProvisionedThroughput'],
  ...['ContributorInsightsSpecification', 'OnDemandThroughput', 'WarmThroughput'],
];

export function tableDefinition(resource: StackResource): CreateTableCommandInput {
  const { ref, properties } = resource;
  checkProperties(resource, properties, TABLE);
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
    checkProperties(resource, index, INDEX, `${name}.`);
    const { IndexName, KeySchema, Projection, ProvisionedThroughput } = index as unknown as Index;
    return { IndexName, KeySchema, Projection, ...given({ ProvisionedThroughput }) };
  });
}
