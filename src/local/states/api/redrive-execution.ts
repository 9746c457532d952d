import type { ExecutionRecord } from '../journal/execution-record.ts';
import type { ExecutionStore } from '../journal/execution-store.ts';
import { type RedriveStatus, redriveStatusOf } from '../redrive.ts';

export function redriveStatus(record: ExecutionRecord, now: number): RedriveStatus {
  const { status, identity, startTime, stopTime, redriveCount, eventCount } = record;
  const ofMapRun = identity.mapRunArn !== undefined;
  return redriveStatusOf({ status, ofMapRun, startTime, stopTime, redriveCount, eventCount, now });
}

/** The execution is RUNNING from this line on, at the states that did not succeed. */
export function redriveExecution(
  store: ExecutionStore,
  record: ExecutionRecord,
  timestamp: number,
  clientToken?: string,
): void {
  const event = {
    id: record.eventCount + 1,
    previousEventId: record.eventCount,
    timestamp,
    type: 'ExecutionRedriven',
    executionRedrivenEventDetails: { redriveCount: record.redriveCount + 1 },
  };
  store.event(record, event, [], clientToken === undefined ? {} : { clientToken });
}
