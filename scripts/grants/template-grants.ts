import type { Grant } from '../../src/local/iam/grants.ts';
import type { Assembly } from '../../src/local/template/assembly.ts';
import { type Account, resolveStack, type StackResource } from '../../src/local/template/resources.ts';
import { listOf, type PolicyPlace, policiesOf } from './policies.ts';

/** One action on one resource that the template allows somebody. */
export interface TemplateGrant {
  /** Says it in one line, without the hashes that CDK puts into names: `Role: service:Action on resource`. */
  readonly id: string;
  readonly kind: Grant['kind'];
  /** The role that has it, or the resource that lets somebody in. */
  readonly owner: string;
  readonly action: string;
  readonly resource: string;
  /** The report of the local AWS names it by this. */
  readonly reportedAs: string;
  readonly at: GrantPlace;
}

/** Where it stands in the template; of a Lambda permission the whole resource is one grant. */
export interface GrantPlace {
  readonly logicalId: string;
  readonly policy?: PolicyPlace & {
    readonly statement: number;
    readonly action: number;
    readonly resource: number;
  };
}

export interface GrantList {
  readonly grants: readonly TemplateGrant[];
  /** Policies of AWS's own, which a template takes or leaves whole: `Role: policy`. */
  readonly managed: readonly string[];
}

/** The account that the local AWS is. */
export const account: Account = { account: '123456789012', region: 'us-east-1', partition: 'aws' };

/** Everything that a template allows. @throws Error where it allows something twice */
export function grantsOf(assembly: Assembly): GrantList {
  const { resources } = resolveStack(assembly, account);
  const shorten = shortener(resources, assembly.stackName);
  const grants = resources.flatMap((resource) => [
    ...policiesOf(resource, resources).flatMap((policy) => grantsIn(policy, shorten)),
    ...(resource.type === 'AWS::Lambda::Permission' ? [permissionGrant(resource, resources, shorten)] : []),
  ]);
  const twice = grants.find(({ id }, i) => grants.findIndex((other) => other.id === id) < i);
  if (twice !== undefined) throw new Error(`Cannot list the grants: ${twice.id} is there twice.`);
  return { grants, managed: resources.flatMap((resource) => managedOf(resource, shorten)) };
}

/** As the report of the local AWS names a grant. */
export function reportName({ kind, owner, policy, action, resource, condition }: ReportedGrant): string {
  return [kind, owner, policy, action, resource, condition ?? ''].join('\n');
}

const OWN_BUCKET = JSON.stringify({ StringEquals: { 'aws:ResourceAccount': account.account } });

type ReportedGrant = Omit<Grant, 'uses'>;
type Policy = ReturnType<typeof policiesOf>[number];
type Shorten = (text: string) => string;

function grantsIn({ kind, owner, name, statements, place }: Policy, shorten: Shorten): TemplateGrant[] {
  return statements.flatMap((statement, at) => {
    if (statement.Effect !== 'Allow') return [];
    const condition = statement.Condition === undefined ? undefined : JSON.stringify(statement.Condition);
    // A trust policy names no resource: it is about its own role.
    const resources = statement.Resource === undefined ? [''] : listOf(statement.Resource);
    return listOf(statement.Action).flatMap((action, i) =>
      resources.map((resource, j): TemplateGrant => {
        const reported = { kind, owner, policy: name, action, resource, condition };
        const policy = { ...place, statement: at, action: i, resource: j };
        return {
          ...named(reported, shorten, statement.Principal),
          at: { logicalId: place.logicalId, policy },
        };
      }),
    );
  });
}

function permissionGrant(
  { properties, logicalId }: StackResource,
  resources: readonly StackResource[],
  shorten: Shorten,
): TemplateGrant {
  const { Action, FunctionName, Principal, SourceArn } = properties;
  const fn = resources.find(({ ref, arn }) => ref === FunctionName || arn === FunctionName);
  const owner = String(fn?.arn);
  const condition =
    SourceArn === undefined ? undefined : JSON.stringify({ ArnLike: { 'aws:SourceArn': SourceArn } });
  const reported = { policy: logicalId, action: String(Action), resource: owner, condition };
  const grant = { kind: 'resource' as const, owner, ...reported };
  return { ...named(grant, shorten, { Service: Principal }), at: { logicalId } };
}

function named(reported: ReportedGrant, shorten: Shorten, principal: unknown): Omit<TemplateGrant, 'at'> {
  const { kind, owner, action, resource, condition } = reported;
  const [role, where] = [shorten(owner), shorten(resource)];
  const to = principal === undefined ? '' : ` to ${shorten(Object.values(Object(principal)).join())}`;
  const on = where === '' || where === role ? '' : ` on ${where}`;
  // That the bucket must be the account's own is said of every grant of objects.
  const when = condition === undefined || condition === OWN_BUCKET ? '' : ` if ${shorten(condition)}`;
  const id = `${role}: ${action}${on}${to}${when}`;
  return { id, kind, owner: role, action, resource: where, reportedAs: reportName(reported) };
}

function managedOf({ properties, ref }: StackResource, shorten: Shorten): string[] {
  const arns = (properties['ManagedPolicyArns'] ?? []) as readonly string[];
  return arns.map((arn) => `${shorten(ref)}: ${arn.slice(arn.indexOf(':policy/') + ':policy/'.length)}`);
}

/** Names as the code of the stack has them: without the stack's name, CDK's hashes, the account and the Region. */
function shortener(resources: readonly StackResource[], stackName: string): Shorten {
  const hashed = resources.map(({ logicalId }) => logicalId).filter((id) => /[0-9A-F]{8}$/.test(id));
  // The names of buckets are in small letters.
  const patterns = hashed
    .sort((a, b) => b.length - a.length)
    .map((id) => [new RegExp(`${stackName}-${id}`, 'gi'), id.slice(0, -8)] as const);
  const prefix = /arn:aws:(iam|s3|lambda|sqs|states|dynamodb|events|bedrock):(us-east-1)?:(123456789012)?:/g;
  return (text) =>
    patterns.reduce((short, [pattern, name]) => short.replace(pattern, name), text).replace(prefix, '$1:');
}
