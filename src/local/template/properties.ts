import { LocalAwsError } from '../local-aws-error.ts';
import type { StackResource } from './resources.ts';

type Properties = Readonly<Record<string, unknown>>;

/** Refuses properties that nothing here heeds: running without them would be running another stack. */
export function checkProperties(
  { type, logicalId }: StackResource,
  properties: Properties,
  known: readonly string[],
  path = '',
): void {
  const unknown = Object.keys(properties).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new LocalAwsError(
      `The local AWS does not know the property ${path}${unknown} of ${logicalId} (${type}).`,
    );
  }
}

/** A nested structure, checked as its resource is; undefined where the template has none. */
export function structureIn(
  resource: StackResource,
  properties: Properties,
  name: string,
  known: readonly string[],
): Properties | undefined {
  const value = properties[name] as Properties | undefined;
  if (value !== undefined) checkProperties(resource, value, known, `${name}.`);
  return value;
}

/** CloudFormation takes numbers as text too. */
export function numberIn(properties: Properties | undefined, name: string): number | undefined {
  const value = properties?.[name];
  return value === undefined ? undefined : Number(value);
}

/** The members whose values are not undefined, as exact optional members want it. */
export function given<T extends Properties>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
