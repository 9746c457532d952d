import type { Clock } from '../clock.ts';
import type { Account } from '../template/resources.ts';
import { type AccessDenied, accessDenied } from './access-denied.ts';
import type { Need } from './actions/need.ts';
import { type ContextValues, contextOf } from './context.ts';
import { type Evaluation, evaluate } from './evaluate.ts';
import { type Grant, GrantCounter } from './grants.ts';
import type { Permissions } from './permissions.ts';
import { compilePolicy, type Statement } from './policy.ts';
import type { Principal } from './principal.ts';

/** A service that does something for a resource of the account, e.g. EventBridge for a rule. */
export interface ServiceCaller {
  readonly service: string;
  readonly sourceArn: string;
}

interface Role {
  readonly name: string;
  readonly statements: readonly Statement[];
  readonly trust: readonly Statement[];
}

export interface AuthorizationOptions {
  readonly account: Account;
  readonly clock: Clock;
  readonly permissions: Permissions;
}

export interface AccessReport {
  readonly grants: readonly Grant[];
  /** The sentences of what was denied, each once. */
  readonly denied: readonly string[];
}

/** Decides by the policies of a stack, which are read once, and keeps count of those that are made use of. */
export class Authorization {
  readonly permissions: Permissions;
  readonly #account: Account;
  readonly #clock: Clock;
  readonly #roles = new Map<string, Role>();
  readonly #ofResources = new Map<string, readonly Statement[]>();
  readonly #grants = new GrantCounter();
  readonly #denied = new Set<string>();

  /** @throws PolicyError for a policy that cannot be decided by */
  constructor({ account, clock, permissions }: AuthorizationOptions) {
    this.permissions = permissions;
    this.#account = account;
    this.#clock = clock;
    for (const { arn, name, trust, policies } of permissions.roles) {
      const role = {
        name,
        statements: policies.flatMap((policy) => compilePolicy('identity', policy.name, policy.document)),
        trust: compilePolicy('trust', `of who may assume ${name}`, trust),
      };
      this.#roles.set(arn, role);
      this.#grants.list(name, [...role.trust, ...role.statements]);
    }
    for (const { resource, policy } of permissions.resourcePolicies) {
      const statements = compilePolicy('resource', policy.name, policy.document);
      this.#grants.list(resource, statements);
      this.#ofResources.set(resource, [...(this.#ofResources.get(resource) ?? []), ...statements]);
    }
  }

  /** Whether a role of this ARN is in the stack: of another one nobody here knows what it may do. */
  knows(roleArn: string): boolean {
    return this.#roles.has(roleArn);
  }

  /** Undefined where a role's session may do what is needed; of several resources one is enough. */
  denialOf(roleArn: string, session: string, { action, resources, context }: Need): AccessDenied | undefined {
    const principal = this.#principal(roleArn, session);
    const own = this.#roles.get(roleArn)?.statements ?? [];
    const given = { ...roleContext(principal), ...context };
    // All are asked about: which of them AWS would ask about is not known, so the grants of all are made use of.
    const asked = resources.length === 0 ? ['*'] : resources;
    const denials = asked.map((resource) =>
      this.#denial(principal, action, resource, [...own, ...this.#policiesOf(resource)], given),
    );
    const [denial] = denials;
    return denial === undefined || denials.includes(undefined) ? undefined : this.#noted(denial);
  }

  /** Undefined where the policy of the resource lets a service in. */
  denialOfService(caller: ServiceCaller, action: string, resource: string): AccessDenied | undefined {
    const denial = this.#byService(caller, action, resource, this.#policiesOf(resource));
    return denial && this.#noted(denial);
  }

  /** Undefined where the role's own trust policy lets the service become it. */
  denialOfAssuming(caller: ServiceCaller, roleArn: string): AccessDenied | undefined {
    const trust = this.#roles.get(roleArn)?.trust ?? [];
    const denial = this.#byService(caller, 'sts:AssumeRole', roleArn, trust);
    return denial && this.#noted(denial);
  }

  report(): AccessReport {
    return { grants: this.#grants.grants(), denied: [...this.#denied] };
  }

  #byService(
    { service, sourceArn }: ServiceCaller,
    action: string,
    resource: string,
    statements: readonly Statement[],
  ): AccessDenied | undefined {
    const context = {
      'aws:PrincipalIsAWSService': 'true',
      'aws:PrincipalServiceName': service,
      'aws:SourceArn': sourceArn,
      'aws:SourceAccount': this.#account.account,
    };
    return this.#denial({ kind: 'service', name: service }, action, resource, statements, context);
  }

  #denial(
    principal: Principal,
    action: string,
    resource: string,
    statements: readonly Statement[],
    given: ContextValues,
  ): AccessDenied | undefined {
    const context = contextOf(this.#ofEveryRequest(resource), given);
    const evaluation = evaluate({ principal, action, resource, context }, statements);
    if (evaluation.decision === 'allowed') {
      this.#grants.count(evaluation);
      return undefined;
    }
    const { decision } = evaluation;
    return accessDenied({ principal, action, resource, decision, kind: kindOf(evaluation, principal) });
  }

  #ofEveryRequest(resource: string): ContextValues {
    const now = this.#clock.now();
    return {
      // Loopback stands for the TLS that every endpoint of AWS has.
      'aws:SecureTransport': 'true',
      'aws:RequestedRegion': this.#account.region,
      'aws:ResourceAccount': accountOf(resource, this.#account.account),
      'aws:CurrentTime': new Date(now).toISOString(),
      'aws:EpochTime': String(Math.floor(now / 1000)),
    };
  }

  #principal(roleArn: string, session: string): Principal {
    const { partition, account } = this.#account;
    const role = this.#roles.get(roleArn)?.name ?? roleArn.slice(roleArn.lastIndexOf('/') + 1);
    const sessionArn = `arn:${partition}:sts::${account}:assumed-role/${role}/${session}`;
    return { kind: 'role', account, roleArn, sessionArn };
  }

  #policiesOf(resource: string): readonly Statement[] {
    return this.#ofResources.get(ownerOf(resource)) ?? [];
  }

  #noted(denial: AccessDenied): AccessDenied {
    this.#denied.add(denial.message);
    return denial;
  }
}

function roleContext(principal: Principal): ContextValues {
  if (principal.kind !== 'role') return {};
  return {
    'aws:PrincipalArn': principal.roleArn,
    'aws:PrincipalAccount': principal.account,
    'aws:PrincipalType': 'AssumedRole',
    'aws:PrincipalIsAWSService': 'false',
  };
}

function kindOf({ statement }: Evaluation, principal: Principal) {
  return statement?.kind ?? (principal.kind === 'role' ? 'identity' : 'resource');
}

/** What has a policy: of an object its bucket, of a function's version the function. */
function ownerOf(resource: string): string {
  if (/^arn:[^:]+:s3:/.test(resource)) return resource.split('/', 1)[0] ?? '';
  return /^arn:[^:]+:lambda:.*?:function:[^:]+/.exec(resource)?.[0] ?? resource;
}

/** Foundation models are AWS's own, and `*` is nobody's; buckets lie in this account, though their ARNs do not say so. */
function accountOf(resource: string, own: string): string | undefined {
  if (resource === '*' || resource.includes('::foundation-model/')) return undefined;
  return resource.split(':')[4] || own;
}
