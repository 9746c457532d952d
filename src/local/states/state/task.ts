import type { TaskState } from '../definition.ts';
import { HeartbeatMissed, Interruption, StatesError, toStatesError } from '../errors.ts';
import { type Details, failureDetails, notTruncated } from '../history.ts';
import type { TaskCredentials, TaskRequest, TaskTicket } from '../options.ts';
import { encodePayload } from '../payload-limit.ts';
import type { TaskAttempt } from '../progress/cursor.ts';
import type { Extra } from '../progress/notes.ts';
import { type TaskResource, taskResource } from '../resources.ts';
import {
  type Conclusion,
  conclude,
  evaluate,
  evaluateAs,
  evaluateCount,
  takeAttempt,
  type Visit,
} from '../visit.ts';
import { abortable, beforeDeadlines, type Deadline } from '../waiting.ts';

interface Task {
  readonly visit: Visit;
  readonly resource: TaskResource;
  readonly arguments: unknown;
  readonly credentials: TaskCredentials | undefined;
  readonly timeoutSeconds: number | undefined;
  readonly heartbeatSeconds: number | undefined;
  readonly ticket: TaskTicket | undefined;
  readonly start: number;
  /** Of a task that goes on after a restart. */
  readonly before: TaskAttempt | undefined;
}

export async function runTask(state: TaskState, visit: Visit): Promise<Conclusion> {
  const resource = taskResource(state.Resource);
  if (!resource) throw new StatesError('States.Runtime', `The resource ${state.Resource} is not known.`);
  const before = takeAttempt(visit, 'task');
  const ticket = resource.pattern === 'token' ? ticketFor(visit, before) : undefined;
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
  const parameters =
    state.Arguments === undefined ? visit.input : await evaluate(visit, 'Arguments', state.Arguments, given);
  const credentials = await credentialsOf(state, visit);
  const details = {
    ...requestDetails(place, encodePayload(parameters, visit.name)),
    ...(timeoutSeconds !== undefined && { timeoutInSeconds: timeoutSeconds }),
    ...(heartbeatSeconds !== undefined && { heartbeatInSeconds: heartbeatSeconds }),
    ...(credentials && { taskCredentials: credentials }),
  };
  note(place, 'Scheduled', details, token === undefined ? {} : { token });
  const start = visit.frame.options.clock.now();
  return { ...place, arguments: parameters, credentials, timeoutSeconds, heartbeatSeconds, start };
}

async function credentialsOf({ Credentials }: TaskState, visit: Visit): Promise<TaskCredentials | undefined> {
  if (Credentials === undefined) return undefined;
  return { roleArn: await evaluateAs(visit, 'string', 'Credentials/RoleArn', Credentials.RoleArn) };
}

function requestDetails({ visit, resource }: Place, parameters: string): Details {
  if (resource.events !== 'Task') {
    return { resource: resource.name, input: parameters, inputDetails: notTruncated };
  }
  return { region: visit.frame.options.context.Execution.Id.split(':')[3] ?? '', parameters };
}

async function perform(task: Task): Promise<unknown> {
  const { visit, resource } = task;
  const { clock } = visit.frame.options;
  if (!task.before?.started) note(task, 'Started', {});
  const result = await beforeDeadlines(clock, visit.frame.signal, deadlines(task), (signal) =>
    abortable(answerOf(task, signal), signal),
  );
  // AWS names the service here, not the state.
  const output = encodePayload(result, resource.service ?? resource.name);
  note(task, 'Succeeded', { output, outputDetails: notTruncated });
  return result;
}

/** Only a task with a token can send a heartbeat. */
function deadlines({ timeoutSeconds, heartbeatSeconds, ticket, start }: Task): Deadline[] {
  const found: Deadline[] = [];
  if (timeoutSeconds !== undefined) {
    const expired = () => new StatesError('States.Timeout');
    found.push({ time: () => start + timeoutSeconds * 1000, expired });
  }
  if (heartbeatSeconds !== undefined && ticket) {
    const time = () => Math.max(start, ticket.lastHeartbeat()) + heartbeatSeconds * 1000;
    found.push({ time, expired: () => new HeartbeatMissed() });
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

/** What a handler leaves undefined is null, as JSON has it. */
async function call(task: Task, signal: AbortSignal): Promise<unknown> {
  const { resource, ticket, visit } = task;
  const { service, name, pattern } = resource;
  const submitted = (output: unknown) => noteSubmitted(task, output);
  const request: TaskRequest = {
    resource: service === undefined ? name : `${service}:${name}`,
    ...{ arguments: task.arguments, signal },
    ...(task.credentials && { credentials: task.credentials }),
    ...(ticket && { callback: ticket }),
    ...(pattern === 'sync' && { submitted }),
  };
  return (await visit.frame.options.invoke(request)) ?? null;
}

/** The function's success only acknowledges; its failure is the task's, unless the answer came before. */
async function callBack(task: Task, ticket: TaskTicket, signal: AbortSignal): Promise<unknown> {
  let answered = false;
  const answer = ticket.answer.finally(() => {
    answered = true;
  });
  const acknowledged = call(task, signal).then((output) => {
    if (!answered && !signal.aborted) noteSubmitted(task, output);
    return answer;
  });
  return Promise.race([answer, acknowledged]);
}

function noteSubmitted(task: Task, output: unknown): void {
  note(task, 'Submitted', { output: JSON.stringify(output ?? null), outputDetails: notTruncated });
}

function failed(task: Task, failure: unknown): never {
  if (failure instanceof Interruption) throw failure;
  const error = toStatesError(failure);
  note(task, error.error === 'States.Timeout' ? 'TimedOut' : 'Failed', failureDetails(error));
  throw error;
}

function note({ visit, resource }: Place, what: string, details: Details, extra?: Extra): void {
  const { events, service, name } = resource;
  const named = events === 'Task' ? { resourceType: service, resource: name, ...details } : details;
  visit.frame.history.add(visit.frame.track, `${events}${what}`, named, extra);
}
