import { LocalAwsError } from '../local-aws-error.ts';

/** What intrinsic functions are resolved against. */
export interface Scope {
  /** A resource, or a pseudo parameter such as `AWS::Region`. */
  ref(name: string): string;
  attribute(logicalId: string, attribute: string): string;
}

type Resolver = (argument: unknown, scope: Scope) => unknown;

const intrinsics: Readonly<Record<string, Resolver>> = {
  Ref: (name, scope) => scope.ref(String(name)),
  'Fn::GetAtt': (argument, scope) => {
    const [logicalId, attribute] =
      typeof argument === 'string' ? argument.split('.') : (argument as string[]);
    return scope.attribute(String(logicalId), String(attribute));
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
      return attribute.length > 0 ? scope.attribute(String(logicalId), attribute.join('.')) : scope.ref(name);
    });
  },
};

/** The value with every intrinsic function in it replaced. An unknown function is an error: silence would run another template. */
export function resolve(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) return value.map((item) => resolve(item, scope));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [name, argument] = entries.length === 1 ? (entries[0] as [string, unknown]) : [undefined, undefined];
  if (name !== undefined && Object.hasOwn(intrinsics, name)) return intrinsics[name]?.(argument, scope);
  if (name?.startsWith('Fn::'))
    throw new LocalAwsError(`The local AWS does not know the intrinsic function ${name}.`);
  return Object.fromEntries(entries.map(([key, item]) => [key, resolve(item, scope)]));
}
