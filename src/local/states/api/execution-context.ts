import type { ExecutionRecord } from '../journal/execution-record.ts';
import type { ExecutionContext } from '../options.ts';

export function executionContext(record: ExecutionRecord, input: unknown): ExecutionContext {
  const { identity, redriveCount, redriveTime } = record;
  const { arn, name, stateMachineArn, startTime, roleArn = '' } = identity;
  return {
    Execution: {
      Id: arn,
      Input: input,
      Name: name,
      RoleArn: roleArn,
      StartTime: new Date(startTime).toISOString(),
      RedriveCount: redriveCount,
      ...(redriveTime !== undefined && { RedriveTime: new Date(redriveTime).toISOString() }),
    },
    StateMachine: { Id: stateMachineArn, Name: stateMachineArn.split(':').at(-1) ?? '' },
  };
}
