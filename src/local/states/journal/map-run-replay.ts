import { MapRun } from '../map/map-run.ts';
import type { ExecutionRecord, Status } from './execution-record.ts';
import type { Line, LineHead } from './lines.ts';

const ENDINGS: Readonly<Record<string, 'SUCCEEDED' | 'FAILED' | 'ABORTED'>> = {
  MapRunSucceeded: 'SUCCEEDED',
  MapRunFailed: 'FAILED',
  MapRunAborted: 'ABORTED',
};

/** Counts of Map Runs are in no line: they follow from those of the children, one by one as they came. */
export function replayMapRun(
  mapRuns: Map<string, MapRun>,
  record: ExecutionRecord,
  before: Status,
  head: LineHead,
  parse: () => Line,
): void {
  if (head.type.startsWith('MapRun')) turnMapRun(mapRuns, head, parse());
  const { mapRunArn = '', items = 1 } = record.identity;
  const mapRun = mapRuns.get(mapRunArn);
  if (!mapRun) return;
  if (head.type === 'ExecutionStarted') mapRun.childStarted(items);
  else if (head.type === 'ExecutionRedriven') mapRun.childRedriven(items);
  else if (before === 'RUNNING' && record.status !== 'RUNNING') mapRun.childEnded(record.status, items);
}

function turnMapRun(mapRuns: Map<string, MapRun>, { type, timestamp }: LineHead, line: Line): void {
  const { mapRun: identity, mapRunArn } = line.extra ?? {};
  if (identity) mapRuns.set(identity.arn, new MapRun(identity));
  const mapRun = mapRunArn === undefined ? undefined : mapRuns.get(mapRunArn);
  const ending = ENDINGS[type];
  if (ending) mapRun?.end(ending, timestamp);
  else if (type === 'MapRunRedriven') mapRun?.redrive(timestamp);
}
