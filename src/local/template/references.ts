import type { TemplateResource } from './assembly.ts';
import { onlyEntry, type Scope } from './intrinsics.ts';

type Conditions = Pick<Scope, 'condition'>;

/** The names that a value of a template refers to; of an `Fn::If` those of the side that holds. */
export function referencesIn(value: unknown, scope: Conditions): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const [only = '', argument] = onlyEntry(value) ?? [];
  switch (only) {
    case 'Ref':
      return [String(argument)];
    case 'Fn::GetAtt':
      return [String(Array.isArray(argument) ? argument[0] : String(argument).split('.')[0])];
    case 'Fn::Sub':
      return referencesInText(argument, scope);
    case 'Fn::If': {
      const [condition, then, otherwise] = argument as [string, unknown, unknown];
      return referencesIn(scope.condition(condition) ? then : otherwise, scope);
    }
    default:
      return Object.values(value).flatMap((inner: unknown) => referencesIn(inner, scope));
  }
}

function referencesInText(argument: unknown, scope: Conditions): readonly string[] {
  const [text, variables = {}] = (Array.isArray(argument) ? argument : [argument]) as [string, object?];
  const named = [...text.matchAll(/\$\{([^!}][^}]*)\}/g)].map(([, name = '']) => name);
  const own = named.filter((name) => !Object.hasOwn(variables, name)).map((name) => name.split('.')[0] ?? '');
  return [...own, ...referencesIn(variables, scope)];
}

/** What must be there before a resource can be created. */
export function dependenciesOf({ DependsOn = [] }: TemplateResource): readonly string[] {
  return [DependsOn].flat();
}
