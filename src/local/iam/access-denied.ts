import type { Decision } from './evaluate.ts';
import type { PolicyKind } from './policy.ts';
import type { Principal } from './principal.ts';

interface Denial {
  readonly principal: Principal;
  readonly action: string;
  readonly resource: string;
  readonly decision: Exclude<Decision, 'allowed'>;
  /** Of the policy that denies, or that could have allowed. */
  readonly kind: PolicyKind;
}

/** What is not allowed, in AWS's words. */
export class AccessDenied extends Error {
  override readonly name = 'AccessDeniedException';
}

export function accessDenied({ principal, action, resource, decision, kind }: Denial): AccessDenied {
  const who = principal.kind === 'role' ? `User: ${principal.sessionArn}` : `Service: ${principal.name}`;
  const policy = `${kind === 'identity' ? 'identity' : 'resource'}-based policy`;
  const article = kind === 'identity' ? 'an' : 'a';
  const why =
    decision === 'explicit deny'
      ? `with an explicit deny in ${article} ${policy}`
      : `because no ${policy} allows the ${action} action`;
  return new AccessDenied(`${who} is not authorized to perform: ${action} on resource: ${resource} ${why}`);
}
