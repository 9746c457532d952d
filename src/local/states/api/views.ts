import type { HistoryEvent } from '../history.ts';
import type { Counts, MapRun } from '../map/map-run.ts';
import { NOT_REDRIVABLE } from '../redrive.ts';
import type { ExecutionData, ExecutionSummary } from './execution-store.ts';

/** Dates on the wire: seconds since the epoch, with a fraction. */
export function seconds(milliseconds: number): number {
  return milliseconds / 1000;
}

function stopDate(time: number | undefined) {
  return time === undefined ? {} : { stopDate: seconds(time) };
}

export function executionItem(summary: ExecutionSummary): object {
  return {
    executionArn: summary.arn,
    stateMachineArn: summary.stateMachineArn,
    ...(summary.mapRunArn !== undefined && { mapRunArn: summary.mapRunArn }),
    name: summary.name,
    status: summary.status,
    startDate: seconds(summary.startTime),
    ...stopDate(summary.stopTime),
    redriveCount: 0,
  };
}

export function executionView(summary: ExecutionSummary, data: ExecutionData): object {
  const { history: _apart, ...texts } = data;
  return {
    ...executionItem(summary),
    ...texts,
    inputDetails: { included: true },
    ...(data.output !== undefined && { outputDetails: { included: true } }),
    redriveStatus: NOT_REDRIVABLE.status,
    redriveStatusReason: NOT_REDRIVABLE.reason(summary.status),
  };
}

const EXECUTION_DATA = ['input', 'output', 'parameters', 'assignedVariables'];

export function historyItem(event: HistoryEvent, withData: boolean): object {
  const wire = { ...event, timestamp: seconds(event.timestamp) };
  if (withData) return wire;
  const strip = (details: object) =>
    Object.fromEntries(Object.entries(details).filter(([name]) => !EXECUTION_DATA.includes(name)));
  return Object.fromEntries(
    Object.entries(wire).map(([name, value]) => [
      name,
      typeof value === 'object' ? strip(value as object) : value,
    ]),
  );
}

export function mapRunItem({ identity, stopTime }: MapRun): object {
  return {
    mapRunArn: identity.arn,
    executionArn: identity.executionArn,
    stateMachineArn: identity.stateMachineArn,
    startDate: seconds(identity.startTime),
    ...stopDate(stopTime),
  };
}

export function mapRunView({ identity, status, stopTime, itemCounts, executionCounts }: MapRun): object {
  return {
    mapRunArn: identity.arn,
    executionArn: identity.executionArn,
    status,
    startDate: seconds(identity.startTime),
    ...stopDate(stopTime),
    maxConcurrency: identity.maxConcurrency,
    toleratedFailureCount: identity.tolerance.count ?? 0,
    toleratedFailurePercentage: identity.tolerance.percentage ?? 0,
    itemCounts: counts(itemCounts),
    executionCounts: counts(executionCounts),
    redriveCount: 0,
  };
}

/** Nothing waits to be started: a child starts when its items are read. */
function counts(each: Counts): object {
  return { ...each, pending: 0, failuresNotRedrivable: each.failed + each.timedOut, pendingRedrive: 0 };
}
