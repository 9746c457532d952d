import { Duration } from 'aws-cdk-lib';
import { JitterType } from 'aws-cdk-lib/aws-stepfunctions';
import type { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { finalErrors } from '../src/errors.ts';

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

/** A quota of Bedrock's, or the stack's own slots: for hours, if need be. */
export function waitForSlots(task: LambdaInvoke): void {
  task.addRetry({
    errors: ['JobSlotUnavailable'],
    interval: Duration.minutes(1),
    backoffRate: 1.5,
    maxDelay: Duration.minutes(10),
    maxAttempts: 1000,
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
