import { type Fields, objectsIn, type Report } from './check-fields.ts';

/** Page "Handling errors in Step Functions workflows", and those of JSONPath. */
const RESERVED = new Set(
  [
    'ALL BranchFailed DataLimitExceeded ExceedToleratedFailureThreshold HeartbeatTimeout Http.Socket IntrinsicFailure',
    'ItemReaderFailed NoChoiceMatched ParameterPathFailure Permissions QueryEvaluationError ResultPathMatchFailure',
    'ResultWriterFailed Runtime TaskFailed Timeout',
  ]
    .flatMap((line) => line.split(' '))
    .map((name) => `States.${name}`),
);

/** Retriers and catchers that no error comes to. */
export function checkRecoveryOrder(state: Fields, where: string, report: Report): void {
  for (const list of ['Retry', 'Catch'] as const) checkRules(objectsIn(state[list]), list, where, report);
  for (const [index, rule] of objectsIn(state['Retry']).entries()) {
    const { IntervalSeconds: interval = 1, MaxDelaySeconds: most } = rule;
    if (typeof most !== 'number' || typeof interval !== 'number' || most > interval) continue;
    report(
      `MaxDelaySeconds of Retry[${index}] of ${where}`,
      `be more than IntervalSeconds (${interval})`,
      most,
    );
  }
}

function checkRules(rules: readonly Fields[], list: string, where: string, report: Report): void {
  const taken = new Set<string>();
  for (const [index, { ErrorEquals: errors }] of rules.entries()) {
    const place = `ErrorEquals of ${list}[${index}] of ${where}`;
    const names = Array.isArray(errors) ? errors.map(String) : [];
    for (const name of names) {
      if (name.startsWith('States.') && !RESERVED.has(name)) {
        report(place, 'name an error that Step Functions has', name);
      }
      if (isTaken(name, taken)) report(place, 'name no error that a rule before it takes', name);
    }
    for (const name of names) taken.add(name);
  }
}

/** `States.TaskFailed` takes the errors of the task itself, whatever their names. */
function isTaken(name: string, taken: ReadonlySet<string>): boolean {
  return taken.has(name) || (taken.has('States.TaskFailed') && !name.startsWith('States.'));
}
