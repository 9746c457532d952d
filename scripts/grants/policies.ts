import type { PolicyKind } from '../../src/local/iam/policy.ts';
import type { StackResource } from '../../src/local/template/resources.ts';

export interface PolicyStatement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Principal?: unknown;
  readonly Condition?: unknown;
}

/** The way to a policy document in the template: a resource, and the names from its properties on. */
export interface PolicyPlace {
  readonly logicalId: string;
  readonly path: readonly string[];
}

export interface PlacedPolicy {
  readonly kind: PolicyKind;
  /** The name of the role, or the ARN of the resource, that has it. */
  readonly owner: string;
  readonly name: string;
  readonly statements: readonly PolicyStatement[];
  readonly place: PolicyPlace;
}

export const listOf = <Item>(value: Item | readonly Item[]): readonly Item[] =>
  Array.isArray(value) ? value : [value as Item];

/** The policies that one resource of a stack is, or has, but those of AWS's own; each as the local AWS names it. */
export function policiesOf(resource: StackResource, all: readonly StackResource[]): readonly PlacedPolicy[] {
  const { type, logicalId, ref, properties } = resource;
  const at = (kind: PolicyKind, owner: string, name: string, ...path: readonly string[]): PlacedPolicy => {
    const statements = statementsAt(properties, path);
    return { kind, owner, name, statements, place: { logicalId, path } };
  };
  const own = (kind: PolicyKind, owner: string, name: string) => at(kind, owner, name, 'PolicyDocument');
  switch (type) {
    case 'AWS::IAM::Policy': {
      const roles = properties['Roles'] as readonly string[];
      return roles.map((role) => own('identity', role, String(properties['PolicyName'])));
    }
    case 'AWS::IAM::Role': {
      const inline = (properties['Policies'] ?? []) as readonly { readonly PolicyName: string }[];
      return [
        at('trust', ref, `of who may assume ${ref}`, 'AssumeRolePolicyDocument'),
        ...inline.map(({ PolicyName }, i) =>
          at('identity', ref, PolicyName, 'Policies', String(i), 'PolicyDocument'),
        ),
      ];
    }
    case 'AWS::S3::BucketPolicy':
      return [own('resource', arnOf(properties['Bucket'], all), logicalId)];
    case 'AWS::SQS::QueuePolicy': {
      const urls = properties['Queues'] as readonly string[];
      return urls.map((url) => own('resource', arnOf(url, all), logicalId));
    }
    default:
      return [];
  }
}

function arnOf(name: unknown, all: readonly StackResource[]): string {
  return String(all.find(({ ref }) => ref === name)?.arn);
}

function statementsAt(
  properties: StackResource['properties'],
  path: readonly string[],
): readonly PolicyStatement[] {
  const document = path.reduce<unknown>((value, name) => Object(value)[name], properties);
  return listOf((document as { readonly Statement: PolicyStatement }).Statement);
}
