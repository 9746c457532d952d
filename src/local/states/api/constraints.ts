import { ApiError } from './api-error.ts';

type Request = Readonly<Record<string, unknown>>;

/** What is wrong with the value of a member, in the words of the service; undefined where nothing is. */
export type Constraint = (value: unknown) => string | undefined;

export type Constraints = Readonly<Record<string, Constraint>>;

export function oneOf(...values: readonly string[]): Constraint {
  return (value) =>
    values.includes(String(value)) ? undefined : `Member must satisfy enum value set: [${values.join(', ')}]`;
}

export function between(least: number, most: number): Constraint {
  return (value) => {
    if (Number(value) < least) return `Member must have value greater than or equal to ${least}`;
    return Number(value) > most ? `Member must have value less than or equal to ${most}` : undefined;
  };
}

export function longAtMost(most: number): Constraint {
  return (value) => {
    if (value === '') return 'Member must have length greater than or equal to 1';
    if (String(value).length <= most) return undefined;
    return `Member must have length less than or equal to ${most}`;
  };
}

/** @throws ApiError ValidationException that names every constraint that is not met */
export function assertConstraints(request: Request, constraints: Constraints): void {
  const faults = Object.entries(constraints).flatMap(([member, constraint]) => {
    const value = request[member] ?? undefined;
    const rule = value === undefined ? undefined : constraint(value);
    return rule === undefined
      ? []
      : [`Value '${String(value)}' at '${member}' failed to satisfy constraint: ${rule}`];
  });
  if (faults.length === 0) return;
  const errors = faults.length === 1 ? '1 validation error' : `${faults.length} validation errors`;
  throw new ApiError('ValidationException', `${errors} detected: ${faults.join('; ')}`);
}
