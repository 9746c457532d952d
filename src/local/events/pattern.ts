import { invalidPattern } from './errors.ts';
import { compileFilter, isScalar, type LeafTest, onlyEntry } from './filters.ts';

export type EventPattern = Readonly<Record<string, unknown>>;

/** Whether the value found under a key, or `undefined` where there is none, satisfies what the pattern says of it. */
type Test = (value: unknown) => boolean;

/** @throws EventsError when EventBridge would not accept the pattern. */
export function matchesPattern(pattern: EventPattern, event: unknown): boolean {
  return compilePattern(pattern)(event);
}

/** Compiles once what a rule tests often, so that a faulty pattern is refused with the rule and not at its first event. */
export function compilePattern(pattern: EventPattern): (event: unknown) => boolean {
  return compileNode(pattern, '');
}

/** All fields of a node must match. An event's list of objects matches when one object does, as a whole. */
function compileNode(pattern: EventPattern, path: string): Test {
  const entries = Object.entries(pattern);
  if (entries.length === 0) throw invalidPattern(path, 'it must hold at least one field');
  const fields = entries.map(([key, value]) =>
    key === '$or' ? compileOr(value, path) : compileField(key, value, path === '' ? key : `${path}.${key}`),
  );
  return (value) => {
    const objects = leavesOf(value).filter(isObject);
    const candidates = objects.length > 0 ? objects : [{}];
    return candidates.some((object) => fields.every((matches) => matches(object)));
  };
}

function compileOr(branches: unknown, path: string): Test {
  if (!Array.isArray(branches) || branches.length < 2 || !branches.every(isObject)) {
    throw invalidPattern(path, '"$or" must be a list of two or more patterns');
  }
  const tests = branches.map((branch) => compileNode(branch, path));
  return (object) => tests.some((matches) => matches(object));
}

function compileField(key: string, expected: unknown, path: string): Test {
  const matches = isObject(expected) ? compileNode(expected, path) : compileLeaf(expected, path);
  return (object) => matches(isObject(object) && Object.hasOwn(object, key) ? object[key] : undefined);
}

function compileLeaf(expected: unknown, path: string): Test {
  if (!Array.isArray(expected) || expected.length === 0) {
    throw invalidPattern(path, `it must be an object or a list of values, got ${JSON.stringify(expected)}`);
  }
  const tests = expected.map((one: unknown) => compileValue(one, path));
  return (value) => tests.some((matches) => matches(value));
}

function compileValue(expected: unknown, path: string): Test {
  if (isScalar(expected)) return someLeaf((leaf) => leaf === expected);
  const [name, operand] = onlyEntry(expected, path);
  if (name !== 'exists') return someLeaf(compileFilter(name, operand, path));
  if (typeof operand !== 'boolean') throw invalidPattern(path, '"exists" must be true or false');
  // An object is not a leaf, so for EventBridge it does not exist, and neither does an empty list.
  return (value) => leavesOf(value).some(isScalar) === operand;
}

function someLeaf(test: LeafTest): Test {
  return (value) => leavesOf(value).some((leaf) => isScalar(leaf) && test(leaf));
}

/** The values that EventBridge compares: a list's members, a value alone, or none. */
function leavesOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value.flat(Number.POSITIVE_INFINITY) : [value];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
