import { LAMBDA_INVOKE, type TaskState } from '../definition.ts';
import { Interruption, StatesError, toStatesError } from '../errors.ts';
import { type Details, failureDetails, notTruncated } from '../history.ts';
import type { TaskRequest, TaskTicket } from '../options.ts';
import { encodePayload } from '../payload-limit.ts';
import { type Conclusion, conclude, evaluate, evaluateCount, type Visit } from '../visit.ts';
import { abortable, beforeDeadlines, type Deadline } from '../waiting.ts';

interface Task {
  readonly visit: Visit;
  readonly resource: string;
  readonly arguments: unknown;
  readonly timeoutSeconds: number | undefined;
  readonly heartbeatSeconds: number | undefined;
  readonly ticket: TaskTicket | undefined;
}

export async function runTask(state: TaskState, visit: Visit): Promise<Conclusion> {
  const resource = LAMBDA_INVOKE.exec(state.Resource)?.[1] ?? '';
  const ticket = resource.endsWith('.waitForTaskToken') ? visit.frame.options.newTaskToken() : undefined;
  try {
    const task = await prepare(state, visit, resource, ticket);
    schedule(task);
    const result = await perform(task).catch((failure: unknown) => failed(task, failure));
    return await conclude(visit, state, result, { result });
  } finally {
    ticket?.close();
  }
}

async function prepare(
  state: TaskState,
  visit: Visit,
  resource: string,
  ticket: TaskTicket | undefined,
): Promise<Task> {
  const given = ticket ? { taskToken: ticket.token } : {};
  return {
    visit,
    resource,
    ticket,
    timeoutSeconds: await evaluateCount(visit, 'TimeoutSeconds', state.TimeoutSeconds, 1),
    heartbeatSeconds: await evaluateCount(visit, 'HeartbeatSeconds', state.HeartbeatSeconds, 1),
    arguments: await evaluate(visit, 'Arguments', state.Arguments, given),
  };
}

function schedule(task: Task): void {
  const { visit, timeoutSeconds, heartbeatSeconds } = task;
  note(task, 'TaskScheduled', {
    region: visit.frame.options.context.Execution.Id.split(':')[3] ?? '',
    parameters: encodePayload(task.arguments, visit.name),
    ...(timeoutSeconds !== undefined && { timeoutInSeconds: timeoutSeconds }),
    ...(heartbeatSeconds !== undefined && { heartbeatInSeconds: heartbeatSeconds }),
  });
  note(task, 'TaskStarted', {});
}

async function perform(task: Task): Promise<unknown> {
  const { clock } = task.visit.frame.options;
  const result = await beforeDeadlines(
    clock,
    task.visit.frame.signal,
    deadlines(task, clock.now()),
    () => new StatesError('States.Timeout'),
    (signal) => abortable(task.ticket ? callBack(task, task.ticket, signal) : call(task, signal), signal),
  );
  note(task, 'TaskSucceeded', {
    output: encodePayload(result, task.visit.name),
    outputDetails: notTruncated,
  });
  return result;
}

/** A missed heartbeat surfaces as States.Timeout too. Only a task with a token can send one. */
function deadlines({ timeoutSeconds, heartbeatSeconds, ticket }: Task, start: number): Deadline[] {
  const found: Deadline[] = [];
  if (timeoutSeconds !== undefined) found.push(() => start + timeoutSeconds * 1000);
  if (heartbeatSeconds !== undefined && ticket) {
    found.push(() => Math.max(start, ticket.lastHeartbeat()) + heartbeatSeconds * 1000);
  }
  return found;
}

function call(task: Task, signal: AbortSignal): Promise<unknown> {
  const request: TaskRequest = { resource: `lambda:${task.resource}`, arguments: task.arguments, signal };
  return task.visit.frame.options.invoke(request);
}

/** The function's success only acknowledges; its failure is the task's, unless the answer came before. */
async function callBack(task: Task, ticket: TaskTicket, signal: AbortSignal): Promise<unknown> {
  let answered = false;
  const answer = ticket.answer.finally(() => {
    answered = true;
  });
  const acknowledged = call(task, signal).then((output) => {
    if (!answered && !signal.aborted) note(task, 'TaskSubmitted', submitted(output));
    return answer;
  });
  return Promise.race([answer, acknowledged]);
}

function submitted(output: unknown): Details {
  return { output: JSON.stringify(output), outputDetails: notTruncated };
}

function failed(task: Task, failure: unknown): never {
  if (failure instanceof Interruption) throw failure;
  const error = toStatesError(failure);
  note(task, error.error === 'States.Timeout' ? 'TaskTimedOut' : 'TaskFailed', failureDetails(error));
  throw error;
}

function note({ visit, resource }: Task, type: string, details: Details): void {
  visit.frame.history.add(visit.frame.track, type, { resourceType: 'lambda', resource, ...details });
}
