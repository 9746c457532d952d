import { checkTemplate } from './check-expressions.ts';
import { checkNames, checkNext, type Fields, listOf, objectOf } from './check-fields.ts';
import { InvalidDefinition } from './errors.ts';

const RETRIER = [
  'Comment',
  'ErrorEquals',
  'IntervalSeconds',
  'MaxAttempts',
  'BackoffRate',
  'MaxDelaySeconds',
  'JitterStrategy',
];
const CATCHER = ['Comment', 'ErrorEquals', 'Next', 'Output', 'Assign'];

export function checkRecovery(state: Fields, states: Fields, where: string): void {
  for (const [place, rule] of rulesOf(state, 'Retry', where)) {
    checkNames(rule, RETRIER, place);
    checkRetrier(rule, place);
  }
  for (const [place, rule] of rulesOf(state, 'Catch', where)) {
    checkNames(rule, CATCHER, place);
    checkNext(rule['Next'], states, place);
    checkTemplate(rule['Output'], `Output of ${place}`, 'errorOutput');
    checkTemplate(rule['Assign'], `Assign of ${place}`, 'errorOutput');
  }
}

function rulesOf(state: Fields, list: 'Retry' | 'Catch', where: string): [string, Fields][] {
  const rules = listOf(state[list] ?? [], `${list} of ${where}`);
  return rules.map((each, index) => {
    const place = `${list}[${index}] of ${where}`;
    const rule = objectOf(each, place);
    checkErrorEquals(rule, place, index === rules.length - 1);
    return [place, rule];
  });
}

function checkErrorEquals(rule: Fields, where: string, last: boolean): void {
  const errors = listOf(rule['ErrorEquals'], `ErrorEquals of ${where}`);
  if (errors.length === 0 || !errors.every((error) => typeof error === 'string')) {
    throw new InvalidDefinition(`ErrorEquals of ${where}`, 'be a list of error names', errors);
  }
  if (errors.includes('States.ALL') && !(last && errors.length === 1)) {
    throw new InvalidDefinition(`States.ALL of ${where}`, 'be alone and in the last of the list', errors);
  }
}

function checkRetrier(rule: Fields, where: string): void {
  const { IntervalSeconds, MaxAttempts, BackoffRate, MaxDelaySeconds, JitterStrategy = 'NONE' } = rule;
  atLeast(IntervalSeconds, 1, `IntervalSeconds of ${where}`, true);
  atLeast(MaxAttempts, 0, `MaxAttempts of ${where}`, true);
  atLeast(BackoffRate, 1, `BackoffRate of ${where}`, false);
  atLeast(MaxDelaySeconds, 1, `MaxDelaySeconds of ${where}`, true);
  if (JitterStrategy === 'NONE' || JitterStrategy === 'FULL') return;
  throw new InvalidDefinition(`JitterStrategy of ${where}`, 'be FULL or NONE', JitterStrategy);
}

function atLeast(value: unknown, least: number, what: string, whole: boolean): void {
  if (value === undefined) return;
  if (typeof value === 'number' && value >= least && (!whole || Number.isInteger(value))) return;
  throw new InvalidDefinition(
    what,
    `be ${whole ? 'a whole number' : 'a number'} of at least ${least}`,
    value,
  );
}
