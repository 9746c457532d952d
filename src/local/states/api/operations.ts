import type { Clock } from '../../clock.ts';
import type { ExecutionRecord } from '../journal/execution-record.ts';
import { MAX_PAYLOAD_BYTES } from '../payload-limit.ts';
import type { TaskTokens } from '../task-tokens.ts';
import { ApiError } from './api-error.ts';
import { arnIn } from './arn.ts';
import { assertConstraints, type Constraints, longAtMost, oneOf } from './constraints.ts';
import type { Executions, StateMachine } from './executions.ts';
import { createStateMachine, deleteStateMachine } from './machine-operations.ts';
import { PAGE, pageOf } from './paging.ts';
import type { StateMachines } from './state-machines.ts';
import { executionItem, executionView, historyItem, mapRunItem, mapRunView, seconds } from './views.ts';

export interface Service {
  readonly machines: StateMachines;
  readonly executions: Executions;
  readonly tokens: TaskTokens;
  readonly newName: () => string;
  readonly clock: Clock;
  /** When what was there before a restart goes on: until then it cannot be stopped or redriven. */
  readonly resumed: Promise<void>;
}

/** A request's members, by name; each operation checks those it uses. */
export type Request = Readonly<Record<string, unknown>>;
type Operation = (service: Service, request: Request) => unknown;

export const OPERATIONS: Readonly<Record<string, Operation>> = {
  StartExecution: startExecution,
  StopExecution: stopExecution,
  RedriveExecution: redriveExecution,
  DescribeExecution: describeExecution,
  ListExecutions: listExecutions,
  GetExecutionHistory: getExecutionHistory,
  CreateStateMachine: createStateMachine,
  DeleteStateMachine: deleteStateMachine,
  DescribeStateMachine: describeStateMachine,
  ListStateMachines: listStateMachines,
  DescribeMapRun: ({ executions }, request) => mapRunView(mapRunOf(executions, request)),
  ListMapRuns: listMapRuns,
  SendTaskSuccess: sendTaskSuccess,
  SendTaskFailure: sendTaskFailure,
  SendTaskHeartbeat: ({ tokens }, { taskToken }) => {
    tokens.heartbeat(taskToken);
    return {};
  },
};

function startExecution(service: Service, request: Request): unknown {
  const machine = machineOf(service, request);
  const name = optionalText(request, 'name') ?? service.newName();
  const input = optionalText(request, 'input') ?? '{}';
  checkName(name);
  checkInput(input);
  const { arn, startTime } = service.executions.start(machine, name, input);
  return { executionArn: arn, startDate: seconds(startTime) };
}

/** Up to 80 characters without space, bracket, wildcard, control character or any of the listed. */
function checkName(name: string): void {
  if (/^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u.test(name)) return;
  throw new ApiError('InvalidName', `Invalid Name: '${name}'`);
}

function checkInput(input: string): void {
  if (Buffer.byteLength(input) > MAX_PAYLOAD_BYTES) {
    const rule = `Member must have length less than or equal to ${MAX_PAYLOAD_BYTES}`;
    throw new ApiError('ValidationException', `Value at 'input' failed to satisfy constraint: ${rule}`);
  }
  if (!isJson(input))
    throw new ApiError('InvalidExecutionInput', 'Invalid State Machine Execution Input: not JSON');
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

async function stopExecution({ executions, resumed }: Service, request: Request): Promise<unknown> {
  await resumed;
  executions.throwIfClosing();
  const record = executionOf(executions, request);
  const stopTime = await executions.stop(
    record,
    optionalText(request, 'error'),
    optionalText(request, 'cause'),
  );
  return { stopDate: seconds(stopTime) };
}

async function redriveExecution({ executions, resumed }: Service, request: Request): Promise<unknown> {
  await resumed;
  executions.throwIfClosing();
  const record = executionOf(executions, request);
  return { redriveDate: seconds(executions.redrive(record, optionalText(request, 'clientToken'))) };
}

function describeExecution({ executions, clock }: Service, request: Request): unknown {
  const record = executionOf(executions, request);
  return executionView(record, executions.store.data(record), clock.now());
}

const LIST_EXECUTIONS: Constraints = {
  ...PAGE,
  nextToken: longAtMost(3096),
  statusFilter: oneOf('SUCCEEDED', 'TIMED_OUT', 'PENDING_REDRIVE', 'ABORTED', 'FAILED', 'RUNNING'),
  redriveFilter: oneOf('REDRIVEN', 'NOT_REDRIVEN'),
};

/** Newest first; of a state machine the executions that are not children, of a Map Run its children. */
function listExecutions(service: Service, request: Request): unknown {
  assertConstraints(request, LIST_EXECUTIONS);
  const { mapRunArn, statusFilter, redriveFilter } = request;
  const ofMapRun = mapRunArn !== undefined;
  const owner = ofMapRun
    ? mapRunOf(service.executions, request).identity.arn
    : machineOf(service, request).arn;
  const belongs = ({ identity }: ExecutionRecord) =>
    (ofMapRun ? identity.mapRunArn : identity.mapRunArn === undefined && identity.stateMachineArn) === owner;
  const wanted = ({ status, redriveCount }: ExecutionRecord) =>
    (statusFilter === undefined || status === statusFilter) &&
    (redriveFilter === undefined || (redriveFilter === 'REDRIVEN') === redriveCount > 0);
  const found = [...service.executions.store.list()]
    .filter((each) => belongs(each) && wanted(each))
    .reverse();
  const { items, ...next } = pageOf(found, ({ arn }) => arn, request);
  return { executions: items.map(executionItem), ...next };
}

function getExecutionHistory({ executions }: Service, request: Request): unknown {
  assertConstraints(request, PAGE);
  const record = executionOf(executions, request);
  const ids = Array.from({ length: record.eventCount }, (_, index) => index + 1);
  const ordered = request['reverseOrder'] === true ? ids.reverse() : ids;
  const { items, ...next } = pageOf(ordered, String, request);
  const withData = request['includeExecutionData'] !== false;
  return { events: items.map((id) => historyItem(record.event(id), withData)), ...next };
}

function describeStateMachine(service: Service, request: Request): unknown {
  const { arn, name, roleArn, createdTime, text } = machineOf(service, request);
  return {
    ...{ stateMachineArn: arn, name, roleArn, status: 'ACTIVE', type: 'STANDARD' },
    ...{ definition: text, creationDate: seconds(createdTime) },
  };
}

function listStateMachines({ machines }: Service, request: Request): unknown {
  assertConstraints(request, PAGE);
  const { items, ...next } = pageOf([...machines.values()], ({ arn }) => arn, request);
  const stateMachines = items.map(({ arn, name, createdTime }) => ({
    ...{ stateMachineArn: arn, name, type: 'STANDARD', creationDate: seconds(createdTime) },
  }));
  return { stateMachines, ...next };
}

function listMapRuns({ executions }: Service, request: Request): unknown {
  assertConstraints(request, PAGE);
  const { arn } = executionOf(executions, request);
  const found = [...executions.store.mapRuns.values()]
    .filter(({ identity }) => identity.executionArn === arn)
    .reverse();
  const { items, ...next } = pageOf(found, ({ identity }) => identity.arn, request);
  return { mapRuns: items.map(mapRunItem), ...next };
}

function sendTaskSuccess({ tokens }: Service, request: Request): unknown {
  const output = optionalText(request, 'output') ?? '';
  if (!isJson(output))
    throw new ApiError('InvalidOutput', "Invalid Output: 'Could not parse the output as JSON'");
  if (Buffer.byteLength(output) > MAX_PAYLOAD_BYTES) {
    throw new ApiError('InvalidOutput', `Invalid Output: longer than ${MAX_PAYLOAD_BYTES} bytes`);
  }
  tokens.succeed(request['taskToken'], JSON.parse(output));
  return {};
}

function sendTaskFailure({ tokens }: Service, request: Request): unknown {
  tokens.fail(request['taskToken'], optionalText(request, 'error'), optionalText(request, 'cause'));
  return {};
}

function machineOf({ machines }: Service, request: Request): StateMachine {
  const arn = arnIn(request, 'stateMachineArn', 'stateMachine');
  const machine = machines.get(arn);
  if (!machine) throw new ApiError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
  return machine;
}

function executionOf({ store }: Executions, request: Request): ExecutionRecord {
  const arn = arnIn(request, 'executionArn', 'execution');
  const summary = store.find(arn);
  if (!summary) throw new ApiError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
  return summary;
}

function mapRunOf({ store: { mapRuns } }: Executions, request: Request) {
  const arn = arnIn(request, 'mapRunArn', 'mapRun');
  const mapRun = mapRuns.get(arn);
  if (!mapRun) throw new ApiError('ResourceNotFound', `Resource not found: '${arn}'`);
  return mapRun;
}

function optionalText(request: Request, member: string): string | undefined {
  const value = request[member];
  if (value === undefined || value === null || typeof value === 'string') return value ?? undefined;
  throw new ApiError('SerializationException', `The member ${member} must be a string`);
}
