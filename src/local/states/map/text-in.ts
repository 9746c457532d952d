import { queryError, type Visit } from '../visit.ts';

/** A member of evaluated Arguments that must be a string. */
export function textIn(
  visit: Visit,
  args: Readonly<Record<string, unknown>>,
  field: string,
  member: string,
): string {
  const value = args[member];
  if (typeof value === 'string') return value;
  const place = `${field}/${member}`;
  throw queryError(
    visit,
    place,
    `The value of the field ${place} must be a string, but was: ${JSON.stringify(value)}.`,
  );
}
