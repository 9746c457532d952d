import { type Bounds, type Constraint, CREATE_JOB, type Members, TIMESTAMP } from './constraints.ts';
import { BedrockError } from './errors.ts';
import type { CreateJobRequest } from './job.ts';

/** @throws BedrockError ValidationException that lists every violated constraint, in the words of AWS. */
export function assertCreateJob(body: unknown): asserts body is CreateJobRequest {
  assertMembers(body, CREATE_JOB);
}

/** @throws BedrockError ValidationException */
export function assertMembers(value: unknown, members: Members): void {
  const message = violation(value, members);
  if (message !== undefined) throw new BedrockError('ValidationException', message);
}

/** The message that lists every violated constraint, if any is. */
export function violation(value: unknown, members: Members): string | undefined {
  const faults = memberFaults(value, members, '');
  if (faults.length === 0) return undefined;
  const errors = faults.length === 1 ? '1 validation error' : `${faults.length} validation errors`;
  return `${errors} detected: ${faults.join('; ')}`;
}

function memberFaults(value: unknown, members: Members, path: string): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [fault(value, path || 'body', 'Member must be a structure')];
  }
  // Unknown members are ignored, as the service does with those of newer SDKs.
  return Object.entries(members).flatMap(([name, constraint]) =>
    faultsOf((value as Record<string, unknown>)[name], constraint, path === '' ? name : `${path}.${name}`),
  );
}

function faultsOf(value: unknown, constraint: Constraint, path: string): readonly string[] {
  if (value === undefined || value === null) {
    return constraint.required === true ? [fault(null, path, 'Member must not be null')] : [];
  }
  switch (constraint.type) {
    case 'structure':
      return memberFaults(value, constraint.members, path);
    case 'list':
      return listFaults(value, constraint, path);
    default:
      return scalarFaults(value, constraint).map((rule) => fault(value, path, rule));
  }
}

function listFaults(value: unknown, { length, of }: Constraint & { type: 'list' }, path: string) {
  if (!Array.isArray(value)) return [fault(value, path, 'Member must be a list')];
  const members = value.flatMap((one: unknown, i) => faultsOf(one, of, `${path}.${i + 1}.member`));
  return [
    ...boundFaults(value.length, length, 'length ').map((rule) => fault(value, path, rule)),
    ...members,
  ];
}

function scalarFaults(
  value: unknown,
  constraint: Exclude<Constraint, { type: 'list' | 'structure' }>,
): readonly string[] {
  switch (constraint.type) {
    case 'string':
      return stringFaults(value, constraint);
    case 'enum':
      return constraint.values.includes(String(value))
        ? []
        : [`Member must satisfy enum value set: [${constraint.values.join(', ')}]`];
    case 'integer':
      return Number.isInteger(value)
        ? boundFaults(Number(value), constraint.range, '')
        : ['Member must be an integer'];
    case 'number':
      return typeof value === 'number'
        ? boundFaults(value, constraint.range, '')
        : ['Member must be a number'];
    case 'timestamp':
      return TIMESTAMP.test(String(value)) && !Number.isNaN(Date.parse(String(value)))
        ? []
        : ['Member must be a timestamp'];
    default:
      return constraint satisfies never;
  }
}

function stringFaults(
  value: unknown,
  { pattern, length }: Constraint & { type: 'string' },
): readonly string[] {
  if (typeof value !== 'string') return ['Member must be a string'];
  const faults = length === undefined ? [] : boundFaults(value.length, length, 'length ');
  // A pattern is tried only on what is not too long, so that no pattern is asked about megabytes.
  if (faults.length > 0 || pattern === undefined || pattern.test(value)) return faults;
  return [`Member must satisfy regular expression pattern: ${pattern.source}`];
}

function boundFaults(size: number, [min, max]: Bounds, what: '' | 'length '): string[] {
  if (size < min) return [`Member must have ${what || 'value '}greater than or equal to ${min}`];
  return size > max ? [`Member must have ${what || 'value '}less than or equal to ${max}`] : [];
}

function fault(value: unknown, path: string, rule: string): string {
  const shown = typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
  return `Value ${shown} at '${path}' failed to satisfy constraint: ${rule}`;
}
