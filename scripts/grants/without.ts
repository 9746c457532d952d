import type { Template } from '../../src/local/template/assembly.ts';
import { listOf } from './policies.ts';
import type { GrantPlace } from './template-grants.ts';

/** A statement before its references are resolved. */
interface RawStatement {
  readonly Action: unknown;
  readonly Resource?: unknown;
}

/** A copy of the template that allows all but what stands at these places. */
export function without(template: Template, places: readonly GrantPlace[]): Template {
  const copy = structuredClone(template) as { readonly Resources: Record<string, Resource> };
  const statements = new Map<string, GrantPlace[]>();
  for (const place of places) {
    if (place.policy === undefined) delete copy.Resources[place.logicalId];
    else {
      const { logicalId, path, statement } = place.policy;
      const key = JSON.stringify([logicalId, path, statement]);
      statements.set(key, [...(statements.get(key) ?? []), place]);
    }
  }
  // From behind: each statement that is taken apart moves those after it.
  for (const [, taken] of [...statements].sort(([, a], [, b]) => statementOf(b) - statementOf(a))) {
    takeOut(copy.Resources, taken);
  }
  return copy as Template;
}

interface Resource {
  readonly Properties: Record<string, unknown>;
}

const statementOf = ([place]: readonly GrantPlace[]) => place?.policy?.statement ?? 0;

function takeOut(resources: Record<string, Resource>, places: readonly GrantPlace[]): void {
  const [first] = places;
  if (first?.policy === undefined) return;
  const { path, statement } = first.policy;
  const document = path.reduce<unknown>(
    (value, name) => Object(value)[name],
    resources[first.logicalId]?.Properties,
  ) as { Statement: unknown };
  const all = [...listOf(document.Statement as RawStatement | readonly RawStatement[])];
  all.splice(statement, 1, ...remaining(all[statement] as RawStatement, places));
  document.Statement = all;
}

/** One statement for each action that has resources left. */
function remaining(given: RawStatement, places: readonly GrantPlace[]): RawStatement[] {
  const isTaken = (action: number, resource: number) =>
    places.some(({ policy }) => policy?.action === action && policy.resource === resource);
  const resources = given.Resource === undefined ? [undefined] : listOf(given.Resource);
  return listOf(given.Action).flatMap((Action, i) => {
    const left = resources.filter((_, j) => !isTaken(i, j));
    if (left.length === 0) return [];
    return [{ ...given, Action, ...(given.Resource !== undefined && { Resource: left }) }];
  });
}
