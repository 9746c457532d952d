import { LocalAwsError } from '../local-aws-error.ts';

type Properties = Readonly<Record<string, unknown>>;

/** A nested structure; undefined where the template has none. */
export function structureIn(properties: Properties, name: string): Properties | undefined {
  return properties[name] as Properties | undefined;
}

/** CloudFormation takes numbers as text too. */
export function numberIn(properties: Properties | undefined, name: string): number | undefined {
  const value = properties?.[name];
  return value === undefined ? undefined : Number(value);
}

interface Limits {
  readonly name: string;
  readonly least: number;
  readonly most: number;
}

/** A whole number that AWS would take. */
export function numberWithin(
  { logicalId }: { readonly logicalId: string },
  properties: Properties | undefined,
  { name, least, most }: Limits,
): number | undefined {
  const value = numberIn(properties, name);
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return value;
  throw new LocalAwsError(
    `Cannot create ${logicalId}: ${name} must be from ${least} to ${most}, got ${String(properties?.[name])}.`,
  );
}

/** The members whose values are not undefined, as exact optional members want it. */
export function given<T extends Properties>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
