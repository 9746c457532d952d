import { managedPolicy } from '../iam/managed-policies.ts';
import type { MachineRole, NamedPolicy, Permissions, RoleDefinition } from '../iam/permissions.ts';
import { LocalAwsError } from '../local-aws-error.ts';
import { creationNeedsOf } from './creation-needs.ts';
import { given } from './properties.ts';
import type { StackResource, StackResources } from './resources.ts';

type Properties = StackResource['properties'];

/** Who may do what, by everything that the stack says of it. */
export function permissionsOf({ resources }: StackResources): Permissions {
  const all = (type: string) => resources.filter((resource) => resource.type === type);
  const policies = all('AWS::IAM::Policy').map(attachedPolicy);
  const functions = all('AWS::Lambda::Function');
  return {
    roles: all('AWS::IAM::Role').map((role) => roleOf(role, policies)),
    functionRoles: new Map(functions.map((each) => [each.ref, roleArnOf(each, 'Role')])),
    resourcePolicies: [
      ...all('AWS::S3::BucketPolicy').map((policy) => bucketPolicy(policy, all('AWS::S3::Bucket'))),
      ...all('AWS::SQS::QueuePolicy').flatMap((policy) => queuePolicies(policy, all('AWS::SQS::Queue'))),
      ...all('AWS::Lambda::Permission').map((permission) => functionPolicy(permission, functions)),
    ],
    stateMachines: all('AWS::StepFunctions::StateMachine').map(machineRole),
    creationNeeds: resources.flatMap(creationNeedsOf),
  };
}

interface AttachedPolicy extends NamedPolicy {
  readonly roles: readonly string[];
}

function attachedPolicy({ properties, ref }: StackResource): AttachedPolicy {
  const roles = (properties['Roles'] ?? []) as readonly string[];
  return { name: String(properties['PolicyName'] ?? ref), document: properties['PolicyDocument'], roles };
}

function roleOf(
  { properties, ref: name, arn }: StackResource,
  attached: readonly AttachedPolicy[],
): RoleDefinition {
  const inline = (properties['Policies'] ?? []) as readonly Properties[];
  const managed = (properties['ManagedPolicyArns'] ?? []) as readonly string[];
  return {
    ...{ name, arn: String(arn), trust: properties['AssumeRolePolicyDocument'] },
    policies: [
      ...inline.map((policy) => ({
        name: String(policy['PolicyName']),
        document: policy['PolicyDocument'],
      })),
      ...attached.filter(({ roles }) => roles.includes(name)),
      ...managed.map((policyArn) => ({ name: policyArn, document: managedPolicy(policyArn) })),
    ],
  };
}

/** CloudFormation does not create what has no role. */
function roleArnOf({ properties, logicalId, type }: StackResource, name: string): string {
  const role = properties[name];
  if (typeof role === 'string' && role.startsWith('arn:')) return role;
  throw new LocalAwsError(`Cannot create ${logicalId} (${type}): ${name} must be the ARN of a role.`);
}

type ResourcePolicy = Permissions['resourcePolicies'][number];

function bucketPolicy(resource: StackResource, buckets: readonly StackResource[]): ResourcePolicy {
  const { properties, logicalId: name } = resource;
  const bucket = buckets.find(({ ref }) => ref === properties['Bucket']);
  if (bucket === undefined) throw notInStack(resource, properties['Bucket']);
  return { resource: String(bucket.arn), policy: { name, document: properties['PolicyDocument'] } };
}

function queuePolicies(resource: StackResource, queues: readonly StackResource[]): readonly ResourcePolicy[] {
  const { properties, logicalId: name } = resource;
  return (properties['Queues'] as readonly string[]).map((url) => {
    const queue = queues.find(({ ref }) => ref === url);
    if (queue === undefined) throw notInStack(resource, url);
    return { resource: String(queue.arn), policy: { name, document: properties['PolicyDocument'] } };
  });
}

/** The statement that Lambda adds to the function's policy. */
function functionPolicy(resource: StackResource, functions: readonly StackResource[]): ResourcePolicy {
  const { properties, logicalId: name } = resource;
  const named = String(properties['FunctionName']);
  const found = functions.find(({ ref, arn }) => ref === named || arn === named);
  if (found === undefined) throw notInStack(resource, named);
  const { SourceArn, SourceAccount } = properties;
  const condition = {
    ...(SourceArn !== undefined && { ArnLike: { 'aws:SourceArn': SourceArn } }),
    ...(SourceAccount !== undefined && { StringEquals: { 'aws:SourceAccount': SourceAccount } }),
  };
  const Statement = {
    ...{ Effect: 'Allow', Action: properties['Action'], Resource: found.arn },
    Principal: principalOf(String(properties['Principal'])),
    ...given({ Condition: Object.keys(condition).length === 0 ? undefined : condition }),
  };
  return { resource: String(found.arn), policy: { name, document: { Version: '2012-10-17', Statement } } };
}

function principalOf(principal: string): unknown {
  return principal.endsWith('.amazonaws.com') ? { Service: principal } : { AWS: principal };
}

function machineRole(resource: StackResource): MachineRole {
  const definition = JSON.parse(String(resource.properties['DefinitionString'])) as unknown;
  const roleArn = roleArnOf(resource, 'RoleArn');
  return { arn: resource.ref, roleArn, labels: distributedLabels(definition) };
}

function distributedLabels(value: unknown, name = ''): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  // As the local Step Functions makes a label up where none is given.
  const { Type, Label = name.replace(/[^\w-]/g, '').slice(0, 40), ItemProcessor } = value as Properties;
  const { Mode } = Object(Object(ItemProcessor).ProcessorConfig) as Properties;
  const own = Type === 'Map' && Mode === 'DISTRIBUTED' ? [String(Label)] : [];
  return [...own, ...Object.entries(value).flatMap(([key, inner]) => distributedLabels(inner, key))];
}

function notInStack({ logicalId, type }: StackResource, what: unknown): LocalAwsError {
  return new LocalAwsError(
    `The local AWS does not know ${String(what)}, which ${logicalId} (${type}) is about.`,
  );
}
