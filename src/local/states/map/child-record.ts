import type { ChildExecution, ExecutionResult } from '../options.ts';
import { NOT_REDRIVABLE } from '../redrive.ts';

/** One child execution as the ResultWriter exports it without a transformation. */
export function childRecord(child: ChildExecution, result: ExecutionResult, stopTime: number): object {
  return {
    ExecutionArn: child.arn,
    Input: JSON.stringify(child.input),
    InputDetails: { Included: true },
    Name: child.name,
    ...(result.status === 'SUCCEEDED' && {
      Output: JSON.stringify(result.output),
      OutputDetails: { Included: true },
    }),
    ...(result.error !== undefined && { Error: result.error }),
    ...(result.cause !== undefined && { Cause: result.cause }),
    RedriveCount: 0,
    RedriveStatus: NOT_REDRIVABLE.status,
    RedriveStatusReason: NOT_REDRIVABLE.reason(result.status),
    StartDate: new Date(child.startTime).toISOString(),
    StateMachineArn: child.stateMachineArn,
    Status: result.status,
    StopDate: new Date(stopTime).toISOString(),
  };
}
