import type { Assembly } from './assembly.ts';
import { checkProperties } from './check-properties.ts';
import { checkTemplate } from './check-template.ts';
import { resolve } from './intrinsics.ts';
import { type Account, StackScope } from './scope.ts';

export type { Account } from './scope.ts';

export interface StackResource {
  readonly logicalId: string;
  readonly type: string;
  readonly ref: string;
  readonly arn: string | undefined;
  /** With every intrinsic function resolved. */
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface StackResources {
  readonly resources: readonly StackResource[];
  readonly outputs: Readonly<Record<string, string>>;
}

/** @throws LocalAwsError for what the local AWS does not know: running without it would be running another stack. */
export function resolveStack({ template, stackName }: Assembly, account: Account): StackResources {
  checkTemplate(template);
  const scope = new StackScope(template, stackName, account);
  const resources = Object.entries(template.Resources)
    .filter(([, resource]) => scope.has(resource))
    .map(([logicalId, { Type: type, Properties = {} }]) => {
      const { ref, attributes } = scope.identity(logicalId);
      const properties = resolve(Properties, scope) as Record<string, unknown>;
      checkProperties({ logicalId, type }, properties);
      return { logicalId, type, ref, arn: attributes['Arn'], properties };
    });
  const outputs = Object.entries(template.Outputs ?? {})
    .filter(([, output]) => scope.has(output))
    .map(([name, { Value }]) => [name, String(resolve(Value, scope))]);
  return { resources, outputs: Object.fromEntries(outputs) };
}
