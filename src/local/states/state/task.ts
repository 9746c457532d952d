import { LAMBDA_INVOKE, type TaskState } from '../definition.ts';
import { Interruption, StatesError, toStatesError } from '../errors.ts';
import { type Details, failureDetails, notTruncated } from '../history.ts';
import type { TaskRequest, TaskTicket } from '../options.ts';
import { encodePayload } from '../payload-limit.ts';
import type { TaskAttempt } from '../progress/cursor.ts';
import type { Extra } from '../progress/notes.ts';
import { type Conclusion, conclude, evaluate, evaluateCount, takeAttempt, type Visit } from '../visit.ts';
import { abortable, beforeDeadlines, type Deadline } from '../waiting.ts';

interface Task {
  readonly visit: Visit;
  readonly resource: string;
  readonly arguments: unknown;
  readonly timeoutSeconds: number | undefined;
  readonly heartbeatSeconds: number | undefined;
  readonly ticket: TaskTicket | undefined;
  readonly start: number;
  /** Of a task that goes on after a restart. */
  readonly before: TaskAttempt | undefined;
}

export async function runTask(state: TaskState, visit: Visit): Promise<Conclusion> {
  const resource = LAMBDA_INVOKE.exec(state.Resource)?.[1] ?? '';
  const before = takeAttempt(visit, 'task');
  const ticket = resource.endsWith('.waitForTaskToken') ? ticketFor(visit, before) : undefined;
  const place = { visit, resource, ticket, before };
  try {
    const task = before ? { ...before, ...place, start: before.scheduledTime } : await schedule(state, place);
    const result = before?.result
      ? before.result.value
      : await perform(task).catch((failure: unknown) => failed(task, failure));
    return await conclude(visit, state, result, { result });
  } finally {
    ticket?.close();
  }
}

function ticketFor({ frame }: Visit, before: TaskAttempt | undefined): TaskTicket {
  const { history, track, options } = frame;
  return options.newTaskToken({
    token: before?.token,
    beat: before && (before.beat ?? before.scheduledTime),
    answer: before?.answer,
    onAnswer: (answer) => history.note(track, { kind: 'answer', answer }),
    onBeat: (at) => history.note(track, { kind: 'beat', at }),
  });
}

type Place = Pick<Task, 'visit' | 'resource' | 'ticket' | 'before'>;

async function schedule(state: TaskState, place: Place): Promise<Task> {
  const { visit, ticket } = place;
  const token = ticket?.token;
  const timeoutSeconds = await evaluateCount(visit, 'TimeoutSeconds', state.TimeoutSeconds, 1);
  const heartbeatSeconds = await evaluateCount(visit, 'HeartbeatSeconds', state.HeartbeatSeconds, 1);
  const given = token === undefined ? {} : { taskToken: token };
  const parameters = await evaluate(visit, 'Arguments', state.Arguments, given);
  const details = {
    region: visit.frame.options.context.Execution.Id.split(':')[3] ?? '',
    parameters: encodePayload(parameters, visit.name),
    ...(timeoutSeconds !== undefined && { timeoutInSeconds: timeoutSeconds }),
    ...(heartbeatSeconds !== undefined && { heartbeatInSeconds: heartbeatSeconds }),
  };
  note(place, 'TaskScheduled', details, token === undefined ? {} : { token });
  const start = visit.frame.options.clock.now();
  return { ...place, arguments: parameters, timeoutSeconds, heartbeatSeconds, start };
}

async function perform(task: Task): Promise<unknown> {
  const { clock } = task.visit.frame.options;
  if (!task.before?.started) note(task, 'TaskStarted', {});
  const result = await beforeDeadlines(
    clock,
    task.visit.frame.signal,
    deadlines(task),
    () => new StatesError('States.Timeout'),
    (signal) => abortable(answerOf(task, signal), signal),
  );
  note(task, 'TaskSucceeded', {
    output: encodePayload(result, task.visit.name),
    outputDetails: notTruncated,
  });
  return result;
}

/** A missed heartbeat surfaces as States.Timeout too. Only a task with a token can send one. */
function deadlines({ timeoutSeconds, heartbeatSeconds, ticket, start }: Task): Deadline[] {
  const found: Deadline[] = [];
  if (timeoutSeconds !== undefined) found.push(() => start + timeoutSeconds * 1000);
  if (heartbeatSeconds !== undefined && ticket) {
    found.push(() => Math.max(start, ticket.lastHeartbeat()) + heartbeatSeconds * 1000);
  }
  return found;
}

async function answerOf(task: Task, signal: AbortSignal): Promise<unknown> {
  const { ticket, before } = task;
  // What is answered comes before what is over: an answer was accepted in time.
  if (before?.answer && ticket) return ticket.answer;
  signal.throwIfAborted();
  if (!ticket) return call(task, signal);
  return before?.submitted ? ticket.answer : callBack(task, ticket, signal);
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

function note({ visit, resource }: Place, type: string, details: Details, extra?: Extra): void {
  visit.frame.history.add(visit.frame.track, type, { resourceType: 'lambda', resource, ...details }, extra);
}
