import { BatchError } from '../errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws BatchError Internal naming the variable that the stack did not set */
export function requiredVariable(name: string, environment: Environment = process.env): string {
  const value = environment[name];
  if (value) return value;
  throw new BatchError(
    'Internal',
    `Cannot start the function: the environment variable ${name} must be set.`,
  );
}

/** Undefined where the variable is absent or empty. */
export function optionalVariable(name: string, environment: Environment = process.env): string | undefined {
  return environment[name] || undefined;
}

/** A whole number, or undefined where the variable is absent or empty. */
export function numberVariable(name: string, environment: Environment = process.env): number | undefined {
  const value = environment[name] ?? '';
  if (value === '') return undefined;
  if (/^\d+$/.test(value)) return Number(value);
  throw new BatchError(
    'Internal',
    `Cannot start the function: the environment variable ${name} must be a whole number, got ${value}.`,
  );
}

export function requiredNumber(name: string, environment: Environment = process.env): number {
  return numberVariable(name, { [name]: requiredVariable(name, environment) }) as number;
}
