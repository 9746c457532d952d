import { expressionIn } from './expressions.ts';

/** An object of a definition that is still to be checked. */
export type Fields = Readonly<Record<string, unknown>>;

/** Takes one fault: what must be how, and what it is. */
export type Report = (what: string, rule: string, got?: unknown) => void;

export interface Surroundings {
  readonly jsonata: boolean;
  /** Names that have a value, on some way, where an inner scope begins: it may read and must not assign them. */
  readonly outerVariables: ReadonlySet<string>;
  /** Of the whole definition so far, for a name belongs to one state of it. */
  readonly stateNames: Set<string>;
  /** See CheckOptions. */
  readonly anyResource: boolean;
  readonly report: Report;
}

export function checkNames(fields: Fields, known: readonly string[], where: string, report: Report): void {
  const unknown = Object.keys(fields).filter((name) => !known.includes(name));
  for (const name of unknown) report(where, `have only the fields ${known.join(', ')}`, name);
}

export function isFields(value: unknown): value is Fields {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** Empty, so that the check can go on, for what is no object and was reported. */
export function objectOf(value: unknown, where: string, report: Report): Fields {
  if (isFields(value)) return value;
  report(where, 'be an object', value);
  return {};
}

export function listOf(value: unknown, where: string, report: Report): readonly unknown[] {
  if (Array.isArray(value)) return value;
  report(where, 'be a list', value);
  return [];
}

/** The objects of a list that need not be one. */
export function objectsIn(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}

export function checkNext(next: unknown, states: Fields, where: string, report: Report): void {
  if (typeof next === 'string' && Object.hasOwn(states, next)) return;
  report(`the next state of ${where}`, 'exist', next);
}

export function checkOneOf(value: unknown, values: readonly string[], what: string, report: Report): void {
  if (!values.includes(String(value))) report(what, `be one of ${values.join(', ')}`, value);
}

export function isExpression(value: unknown): boolean {
  return typeof value === 'string' && expressionIn(value) !== undefined;
}

export interface Range {
  readonly least: number;
  readonly most?: number;
  /** Where AWS takes no part of a number; `expression` allows one that evaluates to it. */
  readonly whole?: boolean;
  readonly expression?: boolean;
}

/** Refuses a value that is there and out of the range. */
export function checkNumber(value: unknown, range: Range, what: string, report: Report): void {
  const { least, most = Number.POSITIVE_INFINITY, whole = true, expression = false } = range;
  if (value === undefined || (expression && isExpression(value))) return;
  const inRange = typeof value === 'number' && value >= least && value <= most;
  if (inRange && (!whole || Number.isInteger(value))) return;
  report(what, `be ${whole ? 'a whole number' : 'a number'} of ${limits(least, most)}`, value);
}

function limits(least: number, most: number): string {
  return Number.isFinite(most) ? `${least} to ${most}` : `at least ${least}`;
}
