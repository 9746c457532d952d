import { textsIn } from './conditions.ts';
import { type Place, policyError } from './policy-error.ts';

/** A session of a role, or a service that calls in its own name. */
export type Principal =
  | {
      readonly kind: 'role';
      readonly account: string;
      readonly roleArn: string;
      /** `arn:aws:sts::…:assumed-role/role/session` */
      readonly sessionArn: string;
    }
  | { readonly kind: 'service'; readonly name: string };

/**
 * How a Principal element names somebody. `account` is by the account alone, which hands the decision to the account's
 * own policies: enough to deny, not to allow.
 */
export type Naming = 'self' | 'account' | 'not';

export type PrincipalTest = (principal: Principal) => Naming;

/** @throws PolicyError */
export function compilePrincipals(value: unknown, place: Place): PrincipalTest {
  if (value === '*') return () => 'self';
  if (typeof value !== 'object' || value === null) throw policyError(place, 'be * or an object', value);
  const tests = Object.entries(value).flatMap(([kind, names]) =>
    textsIn(names).map((name) => testOf(kind, name, place)),
  );
  return (principal) => {
    const namings = tests.map((test) => test(principal));
    if (namings.includes('self')) return 'self';
    return namings.includes('account') ? 'account' : 'not';
  };
}

function testOf(kind: string, name: string, place: Place): PrincipalTest {
  if (kind === 'Service') {
    return (principal) => (principal.kind === 'service' && principal.name === name ? 'self' : 'not');
  }
  if (kind !== 'AWS') throw policyError(place, 'name principals by AWS or Service', kind);
  if (name === '*') return () => 'self';
  const account = /^(?:arn:[^:]+:iam::)?(\d{12})(?::root)?$/.exec(name)?.[1];
  if (account === undefined) return namedTest(name, place);
  return (principal) => (principal.kind === 'role' && principal.account === account ? 'account' : 'not');
}

/** Wildcards are not allowed in the ARN of a principal. */
function namedTest(name: string, place: Place): PrincipalTest {
  if (!/^arn:[^:]+:(iam|sts)::\d{12}:[^*?]+$/.test(name)) {
    throw policyError(place, 'name *, an account, a role or a session of one', name);
  }
  return (principal) =>
    principal.kind === 'role' && (principal.roleArn === name || principal.sessionArn === name)
      ? 'self'
      : 'not';
}
