import { InvalidDefinition } from './errors.ts';

/** An object of a definition that is still to be checked. */
export type Fields = Readonly<Record<string, unknown>>;

export interface Surroundings {
  readonly jsonata: boolean;
  /** Names that an inner scope may read and must not assign. */
  readonly outerVariables: ReadonlySet<string>;
}

export function checkNames(fields: Fields, known: readonly string[], where: string): void {
  const unknown = Object.keys(fields).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new InvalidDefinition(where, `have only the fields ${known.join(', ')}`, unknown);
}

export function objectOf(value: unknown, where: string): Fields {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Fields;
  throw new InvalidDefinition(where, 'be an object', value);
}

export function listOf(value: unknown, where: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new InvalidDefinition(where, 'be a list', value);
}

export function checkNext(next: unknown, states: Fields, where: string): void {
  if (typeof next !== 'string' || !Object.hasOwn(states, next)) {
    throw new InvalidDefinition(`the next state of ${where}`, 'exist', next);
  }
}
