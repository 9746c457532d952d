import { LocalAwsError } from '../local-aws-error.ts';
import type { Template } from './assembly.ts';
import type { Scope } from './intrinsics.ts';
import { dependenciesOf, referencesIn } from './references.ts';

interface Deployed extends Pick<Scope, 'condition'> {
  has(resource: { readonly Condition?: string | undefined }): boolean;
}

/** Refuses resources of which none can be created first, as CloudFormation does. */
export function checkOrder(template: Template, scope: Deployed): void {
  const needed = neededBy(template, scope);
  const done = new Set<string>();
  for (const logicalId of needed.keys()) {
    const circle = circleFrom(logicalId, needed, done);
    if (circle !== undefined)
      throw new LocalAwsError(`Circular dependency between resources: [${circle.join(', ')}].`);
  }
}

/** By each resource those that it needs; names that are no resources are parameters. */
function neededBy({ Resources }: Template, scope: Deployed): ReadonlyMap<string, readonly string[]> {
  const deployed = Object.entries(Resources).filter(([, resource]) => scope.has(resource));
  const isThere = new Set(deployed.map(([logicalId]) => logicalId));
  return new Map(
    deployed.map(([logicalId, resource]) => {
      const needed = [...dependenciesOf(resource), ...referencesIn(resource.Properties, scope)];
      return [logicalId, [...new Set(needed)].filter((name) => isThere.has(name))];
    }),
  );
}

/** Those on the way from a resource back to one of them. */
function circleFrom(
  logicalId: string,
  needed: ReadonlyMap<string, readonly string[]>,
  done: Set<string>,
  way: readonly string[] = [],
): readonly string[] | undefined {
  if (done.has(logicalId)) return undefined;
  const met = way.indexOf(logicalId);
  if (met >= 0) return way.slice(met);
  for (const next of needed.get(logicalId) ?? []) {
    const circle = circleFrom(next, needed, done, [...way, logicalId]);
    if (circle !== undefined) return circle;
  }
  done.add(logicalId);
  return undefined;
}
