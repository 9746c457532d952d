import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { LocalAwsError } from '../local-aws-error.ts';
import { given } from './properties.ts';
import type { StackResource } from './resources.ts';

type Properties = StackResource['properties'];

/** @throws LocalAwsError where attributes are defined that no key has, or have keys that nothing defines */
export function tableDefinition(resource: StackResource): CreateTableCommandInput {
  checkAttributes(resource);
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

function checkAttributes({ logicalId, properties }: StackResource): void {
  const indexes = ['GlobalSecondaryIndexes', 'LocalSecondaryIndexes'].flatMap(
    (name) => (properties[name] ?? []) as readonly Properties[],
  );
  const keys = [properties, ...indexes].flatMap((one) => namesIn(one['KeySchema']));
  const defined = namesIn(properties['AttributeDefinitions']);
  const unused = defined.find((name) => !keys.includes(name));
  if (unused !== undefined)
    throw new LocalAwsError(`Cannot create ${logicalId}: the attribute ${unused} must be in a key.`);
  const undefinedKey = keys.find((name) => !defined.includes(name));
  if (undefinedKey !== undefined)
    throw new LocalAwsError(`Cannot create ${logicalId}: the key ${undefinedKey} must be defined.`);
}

function namesIn(attributes: unknown): readonly string[] {
  const all = (attributes ?? []) as readonly { readonly AttributeName: string }[];
  return all.map(({ AttributeName }) => AttributeName);
}
