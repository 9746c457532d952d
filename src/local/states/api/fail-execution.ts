import type { Failure } from '../errors.ts';
import type { ExecutionRecord } from '../journal/execution-record.ts';
import type { ExecutionStore } from '../journal/execution-store.ts';

/** Ends an execution that nothing can run any more, its Map Runs and its children with it. */
export function failExecution(
  store: ExecutionStore,
  record: ExecutionRecord,
  time: number,
  failure: Failure,
): void {
  const [, ...below] = store.family(record);
  for (const child of below) {
    const { mapRunArn = '', items = 1 } = child.identity;
    if (child.status !== 'RUNNING') continue;
    end(store, child, time, 'ExecutionAborted', {});
    store.mapRuns.get(mapRunArn)?.childEnded('ABORTED', items);
  }
  for (const mapRunArn of new Set(below.map(({ identity }) => identity.mapRunArn))) {
    const mapRun = mapRunArn === undefined ? undefined : store.mapRuns.get(mapRunArn);
    if (mapRun?.status !== 'RUNNING') continue;
    const owner = store.find(mapRun.identity.executionArn) ?? record;
    end(store, owner, time, 'MapRunAborted', {}, mapRunArn);
    mapRun.end('ABORTED', time);
  }
  end(store, record, time, 'ExecutionFailed', failure);
}

function end(
  store: ExecutionStore,
  record: ExecutionRecord,
  timestamp: number,
  type: string,
  details: object,
  mapRunArn?: string,
): void {
  const last = record.eventCount;
  const key = `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails` as const;
  const previousEventId = type === 'ExecutionAborted' ? 0 : last;
  const event = { id: last + 1, previousEventId, timestamp, type, [key]: details };
  store.event(record, event, [], mapRunArn === undefined ? {} : { mapRunArn });
}
