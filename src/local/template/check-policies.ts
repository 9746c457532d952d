import { LocalAwsError } from '../local-aws-error.ts';
import type { StackResource } from './stack-resource.ts';

/** The quotas of IAM that nobody can raise. */
const MOST_INLINE = 10_240;

/** Refuses a role whose policies together are longer than IAM keeps. Those of the type AWS::IAM::Policy are inline too. */
export function checkPolicySizes(resources: readonly StackResource[]): void {
  const all = (type: string) => resources.filter((resource) => resource.type === type);
  const attached = all('AWS::IAM::Policy');
  for (const { logicalId, ref, properties } of all('AWS::IAM::Role')) {
    const own = (properties['Policies'] ?? []) as readonly StackResource['properties'][];
    const others = attached
      .filter((policy) => rolesOf(policy).includes(ref))
      .map((policy) => policy.properties);
    const size = [...own, ...others].reduce((sum, policy) => sum + sizeOf(policy['PolicyDocument']), 0);
    if (size > MOST_INLINE)
      throw new LocalAwsError(
        `Cannot create ${logicalId}: its inline policies may have ${MOST_INLINE} characters, got ${size}.`,
      );
  }
}

function rolesOf({ properties }: StackResource): readonly unknown[] {
  return (properties['Roles'] ?? []) as readonly unknown[];
}

/** IAM does not count white space. */
function sizeOf(document: unknown): number {
  return (JSON.stringify(document) ?? '').replace(/\s/g, '').length;
}
