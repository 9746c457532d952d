import { LocalAwsError } from '../local-aws-error.ts';

/** A policy that IAM would refuse, or that the local AWS could only guess the meaning of. */
export class PolicyError extends LocalAwsError {}

/** Where a text of a policy stands, for the one who has to mend it. */
export interface Place {
  readonly policy: string;
  /** E.g. `Statement[0].Resource`. */
  readonly element: string;
}

export function within({ policy, element }: Place, member: string): Place {
  return { policy, element: `${element}.${member}` };
}

export function policyError({ policy, element }: Place, rule: string, got?: unknown): PolicyError {
  const value = got === undefined ? '' : `, got ${JSON.stringify(got)}`;
  return new PolicyError(`Cannot use the policy ${policy}: ${element} must ${rule}${value}.`);
}
