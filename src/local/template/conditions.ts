import { LocalAwsError } from '../local-aws-error.ts';
import { onlyEntry, resolve, type Scope } from './intrinsics.ts';

type Evaluator = (argument: unknown, scope: Scope) => boolean;

const evaluators: Readonly<Record<string, Evaluator>> = {
  Condition: (name, scope) => scope.condition(String(name)),
  'Fn::And': (all, scope) => listOf(all).every((one) => isTrue(one, scope)),
  'Fn::Equals': (pair, scope) => {
    const [left, right] = resolve(listOf(pair), scope) as readonly unknown[];
    return String(left) === String(right);
  },
  'Fn::Not': (one, scope) => !isTrue(listOf(one)[0], scope),
  'Fn::Or': (any, scope) => listOf(any).some((one) => isTrue(one, scope)),
};

/** A condition of the template's section `Conditions`. @throws LocalAwsError for a function that is none of conditions */
export function isTrue(condition: unknown, scope: Scope): boolean {
  const [name = '', argument] = onlyEntry(condition) ?? [];
  const evaluate = Object.hasOwn(evaluators, name) ? evaluators[name] : undefined;
  if (evaluate !== undefined) return evaluate(argument, scope);
  throw new LocalAwsError(`The local AWS does not know the condition ${JSON.stringify(condition)}.`);
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);
