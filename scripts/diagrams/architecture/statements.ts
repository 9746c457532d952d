import { mentionedIn, type Template, type TemplateResource, withReferences } from '../template.ts';

/** One statement of a policy that allows something, with references as text. */
export interface Statement {
  readonly roles: readonly string[];
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

type Properties = Readonly<Record<string, unknown>>;

export const propertiesOf = ({ Properties = {} }: TemplateResource) =>
  withReferences(Properties) as Properties;

/** Every allowing statement of the policies and of the roles' own. */
export function statementsOf({ Resources }: Template): readonly Statement[] {
  return Object.entries(Resources).flatMap(([logicalId, resource]) => {
    const properties = propertiesOf(resource);
    if (resource.Type === 'AWS::IAM::Policy') return allowed(properties, mentionedIn(properties['Roles']));
    if (resource.Type !== 'AWS::IAM::Role') return [];
    return listOf<Properties>(properties['Policies']).flatMap((policy) => allowed(policy, [logicalId]));
  });
}

function allowed({ PolicyDocument }: Properties, roles: readonly string[]): readonly Statement[] {
  const { Statement } = PolicyDocument as { readonly Statement: unknown };
  return listOf<Properties>(Statement)
    .filter(({ Effect }) => Effect === 'Allow')
    .map(({ Action, Resource }) => ({
      roles,
      actions: listOf<string>(Action),
      resources: listOf<string>(Resource),
    }));
}

/** The services that may take on a role. */
export function trustedBy(role: Properties): readonly string[] {
  const { Statement } = role['AssumeRolePolicyDocument'] as { readonly Statement: unknown };
  return listOf<{ readonly Principal?: { readonly Service?: unknown } }>(Statement).flatMap(({ Principal }) =>
    listOf<string>(Principal?.Service),
  );
}

/** CloudFormation writes a list of one as the one. */
export function listOf<T>(value: unknown): readonly T[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]) as readonly T[];
}
