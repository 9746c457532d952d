import type { ChildExecution, ExecutionResult } from '../execution.ts';
import { redriveStatusOf } from '../redrive.ts';

/** One child execution as the ResultWriter exports it without a transformation. */
export function childRecord(child: ChildExecution, result: ExecutionResult, stopTime: number): object {
  const redrive = redriveStatusOf({ ...result, ofMapRun: true });
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
    RedriveCount: child.redriveCount,
    RedriveStatus: redrive.redriveStatus,
    ...(redrive.redriveStatusReason !== undefined && { RedriveStatusReason: redrive.redriveStatusReason }),
    StartDate: new Date(child.startTime).toISOString(),
    StateMachineArn: child.stateMachineArn,
    Status: result.status,
    StopDate: new Date(stopTime).toISOString(),
  };
}
