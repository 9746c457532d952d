import { type Condition, compileConditions, textsIn } from './conditions.ts';
import { compilePattern, type Pattern, type PatternOptions } from './pattern.ts';
import { type Place, policyError, within } from './policy-error.ts';
import { compilePrincipals, type PrincipalTest } from './principal.ts';

/** Who a policy belongs to: a role, a resource, or a role as what may be assumed. */
export type PolicyKind = 'identity' | 'resource' | 'trust';

export interface Patterns {
  readonly patterns: readonly Pattern[];
  /** NotAction, NotResource. */
  readonly negated: boolean;
}

export interface Statement {
  readonly kind: PolicyKind;
  readonly policy: string;
  readonly effect: 'Allow' | 'Deny';
  readonly actions: Patterns;
  readonly resources: Patterns;
  /** Undefined for a policy of a role, which speaks of nobody else. */
  readonly principals: { readonly test: PrincipalTest; readonly negated: boolean } | undefined;
  readonly conditions: readonly Condition[];
  /** The Condition element as it was written. */
  readonly conditionText: string | undefined;
}

type Members = Readonly<Record<string, unknown>>;

const MEMBERS = [
  ...['Sid', 'Effect', 'Condition', 'Principal', 'NotPrincipal'],
  ...['Action', 'NotAction', 'Resource', 'NotResource'],
];

/** The statements of a policy document. @throws PolicyError for what IAM would refuse, or what cannot be decided here */
export function compilePolicy(kind: PolicyKind, policy: string, document: unknown): readonly Statement[] {
  const { Version = '2008-10-17', Statement: given, ...more } = Object(document) as Members;
  const place: Place = { policy, element: 'Version' };
  if (Version !== '2012-10-17' && Version !== '2008-10-17') {
    throw policyError(place, 'be 2012-10-17 or 2008-10-17', Version);
  }
  const unknown = Object.keys(more).find((name) => name !== 'Id');
  if (unknown !== undefined) throw policyError({ policy, element: unknown }, 'not be there');
  const statements = Array.isArray(given) ? given : [given];
  // Of policies of resources each service judges for itself; S3 takes spaces and the same name twice.
  if (kind !== 'resource') checkSids(statements, policy);
  return statements.map((statement, index) => {
    const element = `Statement[${index}]`;
    return compileStatement(kind, statement, Version === '2012-10-17', { policy, element });
  });
}

function checkSids(statements: readonly unknown[], policy: string): void {
  const met = new Set<unknown>();
  for (const [index, statement] of statements.entries()) {
    const { Sid } = Object(statement) as Members;
    const place: Place = { policy, element: `Statement[${index}].Sid` };
    if (Sid === undefined || Sid === '') continue;
    if (typeof Sid !== 'string' || !/^[A-Za-z0-9]+$/.test(Sid))
      throw policyError(place, 'be letters and digits', Sid);
    if (met.has(Sid)) throw policyError(place, 'be its own', Sid);
    met.add(Sid);
  }
}

function compileStatement(kind: PolicyKind, given: unknown, variables: boolean, place: Place): Statement {
  const members = Object(given) as Members;
  const { Effect: effect, Condition: condition } = members;
  if (effect !== 'Allow' && effect !== 'Deny') {
    throw policyError(within(place, 'Effect'), 'be Allow or Deny', effect);
  }
  const unknown = Object.keys(members).find((name) => !MEMBERS.includes(name));
  if (unknown !== undefined) throw policyError(within(place, unknown), 'not be there');
  const resource: PatternOptions = { syntax: 'resource', variables };
  return {
    ...{ kind, policy: place.policy, effect },
    actions: patternsIn(members, 'Action', { syntax: 'glob', ignoreCase: true, variables: false }, place),
    resources: kind === 'trust' ? ownRole(members, place) : patternsIn(members, 'Resource', resource, place),
    principals: principalsIn(kind, members, place),
    conditions:
      condition === undefined ? [] : compileConditions(condition, variables, within(place, 'Condition')),
    conditionText: condition === undefined ? undefined : JSON.stringify(condition),
  };
}

/** `Action` or `NotAction`, `Resource` or `NotResource`: one of the two must be there. */
function patternsIn(members: Members, name: string, options: PatternOptions, place: Place): Patterns {
  const negated = members[name] === undefined;
  const element = negated ? `Not${name}` : name;
  const at = within(place, element);
  if (!negated && members[`Not${name}`] !== undefined) throw policyError(at, `not stand beside Not${name}`);
  if (members[element] === undefined) throw policyError(within(place, name), 'be there');
  const texts = textsIn(members[element]);
  if (name === 'Action') assertActions(texts, at);
  return { negated, patterns: texts.map((text) => compilePattern(text, options, at)) };
}

function assertActions(texts: readonly string[], place: Place): void {
  const wrong = texts.find((text) => text !== '*' && !/^[a-z0-9*?-]+:[A-Za-z0-9*?]+$/.test(text));
  if (wrong !== undefined) throw policyError(place, 'be * or service:Action', wrong);
}

/** A trust policy is about its own role. */
function ownRole(members: Members, place: Place): Patterns {
  if (members['Resource'] === undefined && members['NotResource'] === undefined) {
    return { negated: true, patterns: [] };
  }
  throw policyError(within(place, 'Resource'), 'not be there in a trust policy');
}

function principalsIn(kind: PolicyKind, members: Members, place: Place): Statement['principals'] {
  const negated = members['Principal'] === undefined;
  const element = negated ? 'NotPrincipal' : 'Principal';
  const value = members[element];
  const at = within(place, element);
  if (kind === 'identity') {
    if (value === undefined) return undefined;
    throw policyError(at, 'not be there in a policy of a role', value);
  }
  if (value === undefined) throw policyError(within(place, 'Principal'), 'be there');
  if (!negated && members['NotPrincipal'] !== undefined)
    throw policyError(at, 'not stand beside NotPrincipal');
  return { negated, test: compilePrincipals(value, at) };
}
