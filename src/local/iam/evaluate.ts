import type { Context } from './context.ts';
import type { Pattern } from './pattern.ts';
import type { Patterns, Statement } from './policy.ts';
import type { Principal } from './principal.ts';

export interface AccessRequest {
  readonly principal: Principal;
  /** E.g. `s3:GetObject`. */
  readonly action: string;
  readonly resource: string;
  readonly context: Context;
}

export type Decision = 'allowed' | 'explicit deny' | 'implicit deny';

export interface Evaluation {
  readonly decision: Decision;
  /** The statement that decided; undefined where none did. */
  readonly statement?: Statement;
  /** Of an Allow that was given: the action and the resource as the policy has them. */
  readonly action?: string;
  readonly resource?: string;
}

const IMPLICIT: Evaluation = { decision: 'implicit deny' };

/**
 * Within one account: a Deny anywhere wins, and an Allow anywhere is enough (page "Policy evaluation logic"). The statements
 * are those of the principal's role and of the resource; there are neither boundaries nor policies of an organization.
 */
export function evaluate(request: AccessRequest, statements: readonly Statement[]): Evaluation {
  let found = IMPLICIT;
  for (const statement of statements) {
    if (found.decision === 'allowed' && statement.effect === 'Allow') continue;
    const applied = apply(statement, request);
    if (applied === undefined) continue;
    if (applied.decision === 'explicit deny') return applied;
    found = applied;
  }
  return found;
}

function apply(statement: Statement, request: AccessRequest): Evaluation | undefined {
  const { actions, resources, conditions, effect } = statement;
  const { action, resource, context } = request;
  const byAction = matching(actions, action, context);
  if (byAction === undefined) return undefined;
  const byResource = matching(resources, resource, context);
  if (byResource === undefined || !concerns(statement, request.principal)) return undefined;
  if (!conditions.every((condition) => condition(context))) return undefined;
  if (effect === 'Deny') return { decision: 'explicit deny', statement };
  return { decision: 'allowed', statement, action: byAction, resource: byResource };
}

/** The text of the pattern that matches; of a negated element, whose patterns must not match, the first one's. */
function matching({ patterns, negated }: Patterns, value: string, context: Context): string | undefined {
  const hit = patterns.find((pattern: Pattern) => pattern.matches(value, context));
  if (!negated) return hit?.text;
  return hit === undefined ? (patterns[0]?.text ?? '') : undefined;
}

/** A policy of a role concerns whoever has the role; it is the caller's to choose those of the right one. */
function concerns({ principals, effect }: Statement, principal: Principal): boolean {
  if (principals === undefined) return principal.kind === 'role';
  const naming = principals.test(principal);
  if (principals.negated) return naming === 'not';
  return naming === 'self' || (naming === 'account' && effect === 'Deny');
}
