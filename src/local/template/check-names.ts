import { LocalAwsError } from '../local-aws-error.ts';
import { resourceTypes } from './resource-types.ts';
import type { StackResource } from './stack-resource.ts';

/** Names as the API reference of each service has them; CloudFormation makes its own fit. */
const NAMES: Readonly<Record<string, RegExp>> = {
  'AWS::S3::Bucket': /^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
  'AWS::DynamoDB::Table': /^[\w.-]{3,255}$/,
  'AWS::Lambda::Function': /^[\w-]{1,64}$/,
  'AWS::Events::Rule': /^[\w.-]{1,64}$/,
  'AWS::Logs::LogGroup': /^[\w./#-]{1,512}$/,
  'AWS::IAM::Role': /^[\w+=,.@-]{1,64}$/,
  'AWS::StepFunctions::StateMachine': /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u,
  'AWS::SQS::Queue': /^[\w-]{1,80}$/,
};

/** Refuses names that AWS would not take, and one name for two of a kind. */
export function checkNames(resources: readonly StackResource[]): void {
  const taken = new Map<string, string>();
  for (const resource of resources) {
    const { logicalId, type, ref, properties } = resource;
    const property = resourceTypes[type]?.nameProperty;
    if (property === undefined) continue;
    checkName(resource, property, properties[property]);
    const other = taken.get(`${type} ${ref}`);
    if (other !== undefined)
      throw new LocalAwsError(`Cannot create ${logicalId}: ${property} must be its own, ${other} has it.`);
    taken.set(`${type} ${ref}`, logicalId);
  }
}

function checkName({ logicalId, type }: StackResource, property: string, name: unknown): void {
  const pattern = NAMES[type];
  if (name === undefined || name === '' || pattern === undefined || pattern.test(String(name))) return;
  throw new LocalAwsError(
    `Cannot create ${logicalId}: ${property} must match ${pattern.source}, got ${String(name)}.`,
  );
}
