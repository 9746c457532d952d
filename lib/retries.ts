import { Duration } from 'aws-cdk-lib';
import { JitterType } from 'aws-cdk-lib/aws-stepfunctions';
import type { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { type ErrorKind, finalErrors } from '../src/errors.ts';

/** What no further try can mend: our own refusals, AWS's, and defects of the code. */
export const hopeless = [
  ...finalErrors,
  ...['ValidationException', 'AccessDeniedException', 'AccessDenied', 'ConflictException'],
  ...['TypeError', 'RangeError', 'ReferenceError', 'SyntaxError'],
];
/**
 * The function died. Every step may run again; one that dies each time, by its size, should not do so all night. RunJob holds no data,
 * so it dies of its surroundings alone, and is tried for as long as for any other fault.
 */
export const deaths = ['Lambda.Unknown', 'Runtime.ExitError', 'Sandbox.Timedout'];
/** Nobody heard of the function any more. `States.TaskFailed` does not hold it. */
export const silence = 'States.Timeout';

/** A quota of Bedrock's, or the stack's own slots: for days, if need be. */
export function waitForSlots(task: LambdaInvoke): void {
  waitFor(task, 'JobSlotUnavailable', 600);
}

/** On demand: for days while others of the run have their turn, for a day while the model has nothing but throttles. */
export function waitForModel(task: LambdaInvoke): void {
  waitFor(task, 'TurnUnavailable', 2000);
  waitFor(task, 'ModelUnavailable', 300);
}

/** Five minutes at a time on average, once there were a few. A try is three events of the 25,000 that an execution's history may have. */
function waitFor(task: LambdaInvoke, error: ErrorKind, maxAttempts: number): void {
  task.addRetry({
    errors: [error],
    interval: Duration.minutes(1),
    backoffRate: 1.5,
    maxDelay: Duration.minutes(10),
    maxAttempts,
    jitterStrategy: JitterType.FULL,
  });
}

/** An account has a number of functions that run at a time, often small; it is waited for longer than functions run. */
export function waitForFunctions(task: LambdaInvoke): void {
  task.addRetry({
    errors: ['Lambda.TooManyRequestsException'],
    interval: Duration.seconds(5),
    backoffRate: 2,
    maxDelay: Duration.minutes(2),
    maxAttempts: 600,
    jitterStrategy: JitterType.FULL,
  });
}

/** Throttles, resets, errors of a service: the step runs again after seconds at first, then every few minutes. */
export function addPatience(task: LambdaInvoke, maxAttempts: number): LambdaInvoke {
  task.addRetry({
    errors: ['States.TaskFailed'],
    interval: Duration.seconds(2),
    backoffRate: 2,
    maxDelay: Duration.minutes(5),
    maxAttempts,
    jitterStrategy: JitterType.FULL,
  });
  return task;
}
