import {
  checkNames,
  checkNext,
  checkNumber,
  checkOneOf,
  type Fields,
  listOf,
  objectOf,
  type Report,
} from './check-fields.ts';

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
const MOST = 99_999_999;

/** Page "Handling errors in Step Functions workflows". */
export function checkRecovery(state: Fields, states: Fields, where: string, report: Report): void {
  for (const [place, rule] of rulesOf(state, 'Retry', where, report)) {
    checkNames(rule, RETRIER, place, report);
    checkRetrier(rule, place, report);
  }
  for (const [place, rule] of rulesOf(state, 'Catch', where, report)) {
    checkNames(rule, CATCHER, place, report);
    checkNext(rule['Next'], states, place, report);
  }
}

function rulesOf(state: Fields, list: 'Retry' | 'Catch', where: string, report: Report): [string, Fields][] {
  const rules = listOf(state[list] ?? [], `${list} of ${where}`, report);
  return rules.map((each, index) => {
    const place = `${list}[${index}] of ${where}`;
    const rule = objectOf(each, place, report);
    checkErrorEquals(rule, place, index === rules.length - 1, report);
    return [place, rule];
  });
}

function checkErrorEquals(rule: Fields, where: string, last: boolean, report: Report): void {
  const errors = rule['ErrorEquals'];
  if (!Array.isArray(errors) || errors.length === 0 || !errors.every((error) => typeof error === 'string')) {
    report(`ErrorEquals of ${where}`, 'be a list of error names', errors ?? 'nothing');
    return;
  }
  if (errors.includes('States.ALL') && !(last && errors.length === 1)) {
    report(`States.ALL of ${where}`, 'be alone and in the last of the list', errors);
  }
}

function checkRetrier(rule: Fields, where: string, report: Report): void {
  checkNumber(rule['IntervalSeconds'], { least: 1, most: MOST }, `IntervalSeconds of ${where}`, report);
  checkNumber(rule['MaxAttempts'], { least: 0, most: MOST }, `MaxAttempts of ${where}`, report);
  checkNumber(rule['BackoffRate'], { least: 1, whole: false }, `BackoffRate of ${where}`, report);
  checkNumber(rule['MaxDelaySeconds'], { least: 1, most: 31_622_400 }, `MaxDelaySeconds of ${where}`, report);
  const jitter = rule['JitterStrategy'] ?? 'NONE';
  checkOneOf(jitter, ['FULL', 'NONE'], `JitterStrategy of ${where}`, report);
}
