import { BlockList, isIP } from 'node:net';
import { invalidPattern } from './errors.ts';
import { compileWildcard } from './wildcard.ts';

/** Whether one leaf of an event satisfies a filter. */
export type LeafTest = (leaf: unknown) => boolean;
type Filter = (operand: unknown, path: string) => LeafTest;

/** The content filters that stand in a pattern's list as `{ name: operand }`, other than `exists`. */
const FILTERS: Readonly<Record<string, Filter>> = {
  prefix: affix('prefix', (value, operand) => value.startsWith(operand)),
  suffix: affix('suffix', (value, operand) => value.endsWith(operand)),
  'equals-ignore-case': equalsIgnoreCase,
  wildcard,
  numeric,
  cidr,
  'anything-but': anythingBut,
};

/** @throws EventsError when the filter is unknown or its operand is not one it takes. */
export function compileFilter(name: string, operand: unknown, path: string): LeafTest {
  const filter = Object.hasOwn(FILTERS, name) ? FILTERS[name] : undefined;
  if (filter === undefined) throw invalidPattern(path, `the content filter "${name}" is not known`);
  return filter(operand, path);
}

/** A string, number, boolean or null that an event must hold as it is. */
export function isScalar(value: unknown): value is string | number | boolean | null {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

/** The one filter in `{ name: operand }`. */
export function onlyEntry(filter: unknown, path: string): readonly [string, unknown] {
  const entries = typeof filter === 'object' && filter !== null ? Object.entries(filter) : [];
  const [entry] = entries;
  if (entry === undefined || entries.length > 1 || Array.isArray(filter)) {
    throw invalidPattern(path, 'a match expression must be an object with exactly one filter');
  }
  return entry;
}

function text(operand: unknown, path: string, filter: string): string {
  if (typeof operand === 'string') return operand;
  throw invalidPattern(path, `"${filter}" must be given a string, got ${JSON.stringify(operand)}`);
}

/** `prefix` and `suffix`: a string, or `{ "equals-ignore-case": string }`. */
function affix(name: string, test: (value: string, operand: string) => boolean): Filter {
  return (operand, path) => {
    if (typeof operand !== 'object' || operand === null) {
      const exact = text(operand, path, name);
      return (leaf) => typeof leaf === 'string' && test(leaf, exact);
    }
    const [inner, insensitive] = onlyEntry(operand, path);
    if (inner !== 'equals-ignore-case') throw invalidPattern(path, `"${name}" does not take "${inner}"`);
    const lower = text(insensitive, path, inner).toLowerCase();
    return (leaf) => typeof leaf === 'string' && test(leaf.toLowerCase(), lower);
  };
}

function equalsIgnoreCase(operand: unknown, path: string): LeafTest {
  const lower = text(operand, path, 'equals-ignore-case').toLowerCase();
  return (leaf) => typeof leaf === 'string' && leaf.toLowerCase() === lower;
}

function wildcard(operand: unknown, path: string): LeafTest {
  const matches = compileWildcard(text(operand, path, 'wildcard'));
  if (typeof matches === 'string') throw invalidPattern(path, matches);
  return (leaf) => typeof leaf === 'string' && matches(leaf);
}

function cidr(operand: unknown, path: string): LeafTest {
  const [address = '', bits = '', ...rest] = text(operand, path, 'cidr').split('/');
  const version = isIP(address);
  const sound = version !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128);
  if (!sound || rest.length > 0) {
    throw invalidPattern(path, `"cidr" must be an address block such as 10.0.0.0/24, got ${operand}`);
  }
  const block = new BlockList();
  block.addSubnet(address, Number(bits), version === 4 ? 'ipv4' : 'ipv6');
  return (leaf) =>
    typeof leaf === 'string' && isIP(leaf) === version && block.check(leaf, version === 4 ? 'ipv4' : 'ipv6');
}

const COMPARISONS: Readonly<Record<string, (leaf: number, bound: number) => boolean>> = {
  '=': (leaf, bound) => leaf === bound,
  '<': (leaf, bound) => leaf < bound,
  '<=': (leaf, bound) => leaf <= bound,
  '>': (leaf, bound) => leaf > bound,
  '>=': (leaf, bound) => leaf >= bound,
};

/** EventBridge compares numbers between -5e9 and 5e9 only, and takes one bound, or a lower one and then an upper one. */
function numeric(operand: unknown, path: string): LeafTest {
  const terms: readonly unknown[] = Array.isArray(operand) ? operand : [];
  const operators = terms.filter((_, i) => i % 2 === 0);
  const bounds = terms.filter((_, i) => i % 2 === 1);
  const inRange = bounds.every((bound) => typeof bound === 'number' && Math.abs(bound) <= 5e9);
  if (!/^([<>]=?|=|>=? <=?)$/.test(operators.join(' ')) || bounds.length !== operators.length || !inRange) {
    throw invalidPattern(path, `"numeric" must be such as [">", 0, "<=", 5], got ${JSON.stringify(operand)}`);
  }
  if (bounds.length === 2 && Number(bounds[0]) >= Number(bounds[1])) {
    throw invalidPattern(path, 'the lower bound of "numeric" must be less than the upper one');
  }
  return (leaf) =>
    typeof leaf === 'number' &&
    operators.every((operator, i) => COMPARISONS[String(operator)]?.(leaf, Number(bounds[i])) === true);
}

const NEGATABLE: readonly string[] = ['prefix', 'suffix', 'wildcard', 'equals-ignore-case'];

/** A scalar, a list of them, or one of the string filters with a string or a list of strings. */
function anythingBut(operand: unknown, path: string): LeafTest {
  if (isScalar(operand) || Array.isArray(operand)) {
    const values: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
    const sound = values.length > 0 && values.every((value) => ['string', 'number'].includes(typeof value));
    if (!sound) throw invalidPattern(path, '"anything-but" takes strings and numbers only, and at least one');
    return (leaf) => !values.includes(leaf);
  }
  const [name, inner] = onlyEntry(operand, path);
  if (!NEGATABLE.includes(name)) throw invalidPattern(path, `"anything-but" does not take "${name}"`);
  const operands: readonly unknown[] = Array.isArray(inner) ? inner : [inner];
  if (operands.length === 0) throw invalidPattern(path, `"${name}" must be given at least one string`);
  const tests = operands.map((one) => compileFilter(name, text(one, path, name), path));
  return (leaf) => tests.every((test) => !test(leaf));
}
