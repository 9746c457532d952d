import type { Assembly } from './assembly.ts';
import { checkNames } from './check-names.ts';
import { checkOrder } from './check-order.ts';
import { checkPolicySizes } from './check-policies.ts';
import { checkProperties } from './check-properties.ts';
import { checkTemplate } from './check-template.ts';
import { resolve } from './intrinsics.ts';
import { type Account, StackScope } from './scope.ts';
import type { StackResource } from './stack-resource.ts';

export type { Account } from './scope.ts';
export type { StackResource } from './stack-resource.ts';

export interface StackResources {
  readonly resources: readonly StackResource[];
  readonly outputs: Readonly<Record<string, string>>;
}

/**
 * @throws LocalAwsError for what the local AWS does not know, since running without it would be running another stack, and for
 * what CloudFormation refuses
 */
export function resolveStack({ template, stackName }: Assembly, account: Account): StackResources {
  checkTemplate(template);
  const scope = new StackScope(template, stackName, account);
  checkOrder(template, scope);
  const resources = Object.entries(template.Resources)
    .filter(([, resource]) => scope.has(resource))
    .map(([logicalId, { Type: type, Properties = {} }]) => {
      const { ref, attributes } = scope.identity(logicalId);
      const properties = resolve(Properties, scope) as Record<string, unknown>;
      checkProperties({ logicalId, type }, properties);
      return { logicalId, type, ref, arn: attributes['Arn'], properties };
    });
  checkNames(resources);
  checkPolicySizes(resources);
  const outputs = Object.entries(template.Outputs ?? {})
    .filter(([, output]) => scope.has(output))
    .map(([name, { Value }]) => [name, String(resolve(Value, scope))]);
  return { resources, outputs: Object.fromEntries(outputs) };
}
