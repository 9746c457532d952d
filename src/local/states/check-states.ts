import {
  checkNames,
  checkNext,
  checkNumber,
  type Fields,
  isExpression,
  listOf,
  objectOf,
  type Report,
} from './check-fields.ts';

/** RFC 3339; AWS refuses other literals at creation, and what an expression gives when it runs. */
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

export function checkWait(state: Fields, where: string, report: Report): void {
  const { Seconds: seconds, Timestamp: time } = state;
  if ((seconds === undefined) === (time === undefined)) report(where, 'have either Seconds or Timestamp');
  const range = { least: 0, most: 99_999_999, expression: true };
  checkNumber(seconds, range, `Seconds of ${where}`, report);
  if (time === undefined || isExpression(time) || isTimestamp(time)) return;
  report(`Timestamp of ${where}`, 'be of the form 2026-01-31T23:59:59Z', time);
}

export function checkFail(state: Fields, where: string, report: Report): void {
  for (const field of ['Error', 'Cause']) {
    const value = state[field];
    if (value !== undefined && typeof value !== 'string')
      report(`${field} of ${where}`, 'be a string', value);
  }
}

export function checkChoice(state: Fields, states: Fields, where: string, report: Report): void {
  const choices = listOf(state['Choices'], `Choices of ${where}`, report);
  if (choices.length === 0) report(`Choices of ${where}`, 'not be empty');
  for (const [index, each] of choices.entries()) {
    const place = `Choices[${index}] of ${where}`;
    const rule = objectOf(each, place, report);
    checkNames(rule, ['Comment', 'Condition', 'Next', 'Output', 'Assign'], place, report);
    checkCondition(rule['Condition'], place, report);
    checkNext(rule['Next'], states, place, report);
  }
  if (state['Default'] !== undefined) checkNext(state['Default'], states, where, report);
}

function checkCondition(condition: unknown, where: string, report: Report): void {
  if (condition === undefined) report(where, 'have a Condition');
  else if (typeof condition !== 'boolean' && !isExpression(condition)) {
    report(`Condition of ${where}`, 'be an expression in {% %} or a boolean', condition);
  }
}

function isTimestamp(time: unknown): boolean {
  return typeof time === 'string' && TIMESTAMP.test(time) && !Number.isNaN(Date.parse(time));
}
