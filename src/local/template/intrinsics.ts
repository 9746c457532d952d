import { LocalAwsError } from '../local-aws-error.ts';

/** What intrinsic functions are resolved against. */
export interface Scope {
  /** A resource, a parameter, or a pseudo parameter such as `AWS::Region`. */
  ref(name: string): unknown;
  attribute(logicalId: string, attribute: string): string;
  condition(name: string): boolean;
  mapped(map: string, key: string, name: string): unknown;
}

/** What `AWS::NoValue` stands for: the property is as if it were not there. */
export const NO_VALUE = Symbol('AWS::NoValue');

type Resolver = (argument: unknown, scope: Scope) => unknown;

const intrinsics: Readonly<Record<string, Resolver>> = {
  Ref: (name, scope) => scope.ref(String(name)),
  'Fn::GetAtt': (argument, scope) => {
    const [logicalId, attribute] =
      typeof argument === 'string' ? argument.split('.') : (argument as string[]);
    return scope.attribute(String(logicalId), String(attribute));
  },
  'Fn::FindInMap': (argument, scope) => {
    const [map, key, name] = resolve(argument, scope) as [string, string, string];
    return scope.mapped(map, key, name);
  },
  'Fn::If': (argument, scope) => {
    const [condition, then, otherwise] = argument as [string, unknown, unknown];
    return resolve(scope.condition(condition) ? then : otherwise, scope);
  },
  'Fn::Join': (argument, scope) => {
    const [separator, values] = argument as [string, unknown];
    return (resolve(values, scope) as readonly string[]).join(separator);
  },
  'Fn::Select': (argument, scope) => {
    const [index, values] = resolve(argument, scope) as [string | number, readonly unknown[]];
    return values[Number(index)];
  },
  'Fn::Split': (argument, scope) => {
    const [separator, value] = resolve(argument, scope) as [string, string];
    return value.split(separator);
  },
  'Fn::Sub': (argument, scope) => {
    const [text, variables] = (Array.isArray(argument) ? argument : [argument, {}]) as [
      string,
      Record<string, unknown>,
    ];
    return text.replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (Object.hasOwn(variables, name)) return String(resolve(variables[name], scope));
      const [logicalId, ...attribute] = name.split('.');
      return attribute.length > 0
        ? scope.attribute(String(logicalId), attribute.join('.'))
        : String(scope.ref(name));
    });
  },
};

/** The one member of `{ name: argument }`, as intrinsic functions are written. */
export function onlyEntry(value: unknown): readonly [string, unknown] | undefined {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return entries.length === 1 ? entries[0] : undefined;
}

/** The value with every intrinsic function in it replaced. An unknown function is an error: silence would run another template. */
export function resolve(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) return value.map((item) => resolve(item, scope)).filter(isValue);
  if (typeof value !== 'object' || value === null) return value;
  const [only = '', argument] = onlyEntry(value) ?? [];
  if (Object.hasOwn(intrinsics, only)) return intrinsics[only]?.(argument, scope);
  const unknown = Object.keys(value).find((name) => name.startsWith('Fn::'));
  if (unknown !== undefined)
    throw new LocalAwsError(`The local AWS does not know the intrinsic function ${unknown}.`);
  const entries = Object.entries(value).map(([key, item]) => [key, resolve(item, scope)] as const);
  return Object.fromEntries(entries.filter(([, item]) => isValue(item)));
}

const isValue = (value: unknown): boolean => value !== NO_VALUE;
