import type { HistoryEvent } from '../history.ts';
import type { ExecutionRecord } from '../journal/execution-record.ts';
import type { ExecutionData } from '../journal/execution-store.ts';
import type { Counts, MapRun } from '../map/map-run.ts';
import { redriveStatus } from './redrive-execution.ts';

/** Dates on the wire: seconds since the epoch, with a fraction. */
export function seconds(milliseconds: number): number {
  return milliseconds / 1000;
}

function stopDate(time: number | undefined) {
  return time === undefined ? {} : { stopDate: seconds(time) };
}

function redrives(count: number, time: number | undefined) {
  return { redriveCount: count, ...(time !== undefined && { redriveDate: seconds(time) }) };
}

export function executionItem(record: ExecutionRecord): object {
  const { identity } = record;
  return {
    executionArn: identity.arn,
    stateMachineArn: identity.stateMachineArn,
    ...(identity.mapRunArn !== undefined && { mapRunArn: identity.mapRunArn }),
    ...(identity.items !== undefined && { itemCount: identity.items }),
    name: identity.name,
    status: record.status,
    startDate: seconds(identity.startTime),
    ...stopDate(record.stopTime),
    ...redrives(record.redriveCount, record.redriveTime),
  };
}

export function executionView(record: ExecutionRecord, data: ExecutionData, now: number): object {
  const { itemCount: _ofLists, ...item } = executionItem(record) as { readonly itemCount?: number };
  return {
    ...item,
    ...data,
    inputDetails: { included: true },
    ...(data.output !== undefined && { outputDetails: { included: true } }),
    ...redriveStatus(record, now),
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

export function mapRunView(mapRun: MapRun): object {
  const { identity, status, stopTime, itemCounts, executionCounts } = mapRun;
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
    ...redrives(mapRun.redriveCount, mapRun.redriveTime),
  };
}

/** Nothing waits to be started: a child starts when its items are read. */
function counts(each: Counts): object {
  return { ...each, pending: 0, failuresNotRedrivable: 0 };
}
