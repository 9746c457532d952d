/** One change of a definition, as a person would slip. */
export interface Seed {
  readonly fault: string;
  /** The way to the member that is set to `value`, named anew by `rename`, or left out where neither is given. */
  readonly at?: readonly (string | number)[];
  readonly value?: unknown;
  readonly rename?: string;
  /** A name and another for it, wherever it stands. */
  readonly replace?: readonly [string, string];
}

export function seeded(text: string, { at = [], value, rename, replace }: Seed): string {
  if (replace !== undefined) return text.replaceAll(...replace);
  const definition: unknown = JSON.parse(text);
  const parent = at.slice(0, -1).reduce((inner, key) => memberOf(inner, key), definition);
  const key = String(at.at(-1));
  const members = parent as Record<string, unknown>;
  if (rename !== undefined) members[rename] = memberOf(parent, key);
  if (value === undefined) delete members[key];
  else members[key] = value;
  return JSON.stringify(definition);
}

function memberOf(parent: unknown, key: string | number): unknown {
  const member = (parent as Record<string | number, unknown> | undefined)?.[key];
  if (member === undefined) throw new Error(`The definition has no ${key} where a fault is to be seeded.`);
  return member;
}
