import type { CfnElement } from 'aws-cdk-lib';
import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Says on a construct why findings of cdk-nag's AwsSolutions pack may stay there. */
export function acknowledge(construct: IConstruct, reason: string, ...findings: readonly string[]): void {
  const rules = findings.map((finding) => ({ id: `AwsSolutions::AwsSolutions-${finding}`, reason }));
  Validations.of(construct).acknowledge(...rules);
}

/** The finding of a policy that allows a resource with a wildcard in it, as cdk-nag names the resource. */
export function wildcard(resource: string): string {
  return `IAM5[Resource::${resource}]`;
}

/** How cdk-nag writes a reference to a resource. */
export function reference(construct: IConstruct, attribute?: string): string {
  const logicalId = Stack.of(construct).resolve(Stack.of(construct).getLogicalId(construct as CfnElement));
  return attribute === undefined ? `<${logicalId}>` : `<${logicalId}.${attribute}>`;
}
