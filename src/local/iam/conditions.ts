import { type Context, type ContextValue, isKnownKey } from './context.ts';
import { compilePattern, type Syntax } from './pattern.ts';
import { type Place, policyError, within } from './policy-error.ts';

export type Condition = (context: Context) => boolean;

/** Whether a value of the request is what one value of the policy asks for. */
type Test = (actual: string, context: Context) => boolean;

interface Operator {
  /** @throws PolicyError for a value that the operator cannot compare with */
  compile(value: string, place: Place, variables: boolean): Test;
  readonly negated?: true;
}

const text = (syntax: Syntax, ignoreCase = false): Operator => ({
  compile: (value, place, variables) => {
    const pattern = compilePattern(value, { syntax, ignoreCase, variables }, place);
    return (actual, context) => pattern.matches(actual, context);
  },
});

type Comparison = (actual: number, wanted: number) => boolean;

/** A value of the request that is none of the kind matches nothing. */
const ordered = (read: (value: string) => number, kind: string, compare: Comparison): Operator => ({
  compile: (value, place) => {
    const wanted = read(value);
    if (Number.isNaN(wanted)) throw policyError(place, `be a ${kind}`, value);
    return (actual) => compare(read(actual), wanted);
  },
});

const numeric = (compare: Comparison) => ordered(readNumber, 'number', compare);
const date = (compare: Comparison) => ordered(readDate, 'date', compare);
const not = (operator: Operator): Operator => ({ ...operator, negated: true });

const equal: Comparison = (actual, wanted) => actual === wanted;
const less: Comparison = (actual, wanted) => actual < wanted;
const atMost: Comparison = (actual, wanted) => actual <= wanted;
const greater: Comparison = (actual, wanted) => actual > wanted;
const atLeast: Comparison = (actual, wanted) => actual >= wanted;

const bool: Operator = {
  compile: (value, place) => {
    const wanted = value.toLowerCase();
    if (wanted !== 'true' && wanted !== 'false') throw policyError(place, 'be true or false', value);
    return (actual) => actual.toLowerCase() === wanted;
  },
};

/** ArnEquals and ArnLike are one: both know wildcards (page "Condition operators"). */
const OPERATORS: Readonly<Record<string, Operator>> = {
  StringEquals: text('exact'),
  StringNotEquals: not(text('exact')),
  StringEqualsIgnoreCase: text('exact', true),
  StringNotEqualsIgnoreCase: not(text('exact', true)),
  StringLike: text('glob'),
  StringNotLike: not(text('glob')),
  ArnEquals: text('arn'),
  ArnLike: text('arn'),
  ArnNotEquals: not(text('arn')),
  ArnNotLike: not(text('arn')),
  NumericEquals: numeric(equal),
  NumericNotEquals: not(numeric(equal)),
  NumericLessThan: numeric(less),
  NumericLessThanEquals: numeric(atMost),
  NumericGreaterThan: numeric(greater),
  NumericGreaterThanEquals: numeric(atLeast),
  DateEquals: date(equal),
  DateNotEquals: not(date(equal)),
  DateLessThan: date(less),
  DateLessThanEquals: date(atMost),
  DateGreaterThan: date(greater),
  DateGreaterThanEquals: date(atLeast),
  Bool: bool,
};

function readNumber(value: string): number {
  return value.trim() === '' ? Number.NaN : Number(value);
}

/** ISO 8601, or seconds since 1970. */
function readDate(value: string): number {
  return /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1000 : Date.parse(value);
}

/** All of them must hold; of several values of one key one is enough. */
export function compileConditions(value: unknown, variables: boolean, place: Place): readonly Condition[] {
  return Object.entries(structure(value, place)).flatMap(([operator, keys]) => {
    const at = within(place, operator);
    return Object.entries(structure(keys, at)).map(([key, values]) => {
      if (!isKnownKey(key)) throw policyError(at, 'name context keys that the local AWS knows', key);
      return compileCondition(operator, key.toLowerCase(), textsIn(values), variables, within(at, key));
    });
  });
}

function compileCondition(
  operator: string,
  key: string,
  values: readonly string[],
  variables: boolean,
  place: Place,
): Condition {
  if (operator === 'Null') return nullCondition(key, values, place);
  const { set, name, ifExists } = operatorParts(operator);
  const known = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
  if (known === undefined) throw policyError(place, 'use an operator that the local AWS knows', operator);
  const tests = values.map((value) => known.compile(value, place, variables));
  const holds = (actual: string, context: Context): boolean =>
    tests.some((test) => test(actual, context)) !== (known.negated ?? false);
  // Without the key: IfExists and ForAllValues have nothing to object to, nor has what only must not be.
  const absent = ifExists || set === 'ForAllValues' || (set === undefined && known.negated === true);
  return (context) => {
    const actual = valuesOf(context.get(key));
    if (actual.length === 0) return absent;
    if (set === 'ForAnyValue') return actual.some((one) => holds(one, context));
    return actual.every((one) => holds(one, context));
  };
}

/** `true`: the key must not be there. */
function nullCondition(key: string, values: readonly string[], place: Place): Condition {
  const tests = values.map((value) => bool.compile(value, place, false));
  return (context) => {
    const isNull = String(valuesOf(context.get(key)).length === 0);
    return tests.some((test) => test(isNull, context));
  };
}

function operatorParts(operator: string) {
  const [, set, name = '', ifExists] =
    /^(?:(ForAnyValue|ForAllValues):)?(.*?)(IfExists)?$/.exec(operator) ?? [];
  return { set, name, ifExists: ifExists !== undefined };
}

function valuesOf(value: ContextValue | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

export function textsIn(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).map(String);
}

function structure(value: unknown, place: Place): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw policyError(place, 'be an object', value);
}
