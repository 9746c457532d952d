import type { ExecutionRecord, Status } from '../journal/execution-record.ts';
import type { ExecutionData } from '../journal/execution-store.ts';

/**
 * The `detail` of the EventBridge event "Step Functions Execution Status Change"; dates in milliseconds. What does not
 * apply is null, as it is there.
 */
export interface StatusChangeDetail {
  readonly executionArn: string;
  readonly stateMachineArn: string;
  readonly name: string;
  readonly status: Status;
  readonly startDate: number;
  readonly stopDate: number | null;
  readonly input: string | null;
  readonly inputDetails: { readonly included: boolean };
  readonly output: string | null;
  readonly outputDetails: { readonly included: boolean } | null;
  readonly error: string | null;
  readonly cause: string | null;
  readonly stateMachineVersionArn: null;
  readonly stateMachineAliasArn: null;
  readonly redriveCount: number;
  readonly redriveDate: number | null;
}

/** EventBridge takes 256 KB an event; Step Functions leaves input and output out when they would be more than this. */
const MOST_BYTES = 248 * 1024;

type Told = Pick<ExecutionRecord, 'identity' | 'status' | 'stopTime' | 'redriveCount' | 'redriveTime'>;

export function statusChange(record: Told, data: ExecutionData): StatusChangeDetail {
  const { identity, status, stopTime, redriveCount, redriveTime } = record;
  const outputBytes = escapedBytes(data.output);
  const outputIncluded = outputBytes <= MOST_BYTES;
  const inputIncluded = escapedBytes(data.input) + outputBytes <= MOST_BYTES;
  return {
    executionArn: identity.arn,
    stateMachineArn: identity.stateMachineArn,
    name: identity.name,
    status,
    startDate: identity.startTime,
    stopDate: stopTime ?? null,
    input: inputIncluded ? data.input : null,
    inputDetails: { included: inputIncluded },
    output: outputIncluded ? (data.output ?? null) : null,
    outputDetails: data.output === undefined ? null : { included: outputIncluded },
    error: data.error ?? null,
    cause: data.cause ?? null,
    ...{ stateMachineVersionArn: null, stateMachineAliasArn: null },
    ...{ redriveCount, redriveDate: redriveTime ?? null },
  };
}

/** The text is a JSON string inside of the event. */
function escapedBytes(text: string | undefined): number {
  return text === undefined ? 0 : Buffer.byteLength(JSON.stringify(text));
}
