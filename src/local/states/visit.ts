import type { Machine, Template } from './definition.ts';
import { StatesError } from './errors.ts';
import type { ExecutionResult } from './execution.ts';
import { EvaluationError, type Expressions, ofType, type ValueType } from './expressions.ts';
import type { History, Track } from './history.ts';
import type { RunOptions } from './options.ts';
import { encodePayload } from './payload-limit.ts';
import type { Attempt, Cursor, VisitProgress } from './progress/cursor.ts';
import type { Variables } from './variables.ts';

/** `$states.context.Map.Item`. */
export interface MapItem {
  readonly Index: number;
  readonly Value: unknown;
  /** Of a member of an object. */
  readonly Key?: string;
  readonly Source: string;
}

/** What one execution needs to run another inside it, given to it rather than imported, so that files form no cycle. */
export interface Runners {
  runMachine(machine: Machine, input: unknown, frame: Frame, from?: Cursor): Promise<unknown>;
  runExecution(
    machine: Machine,
    input: unknown,
    options: RunOptions,
    expressions: Expressions,
  ): Promise<ExecutionResult>;
}

/** Where states run: the whole execution, a branch or an iteration. */
export interface Frame {
  readonly options: RunOptions;
  readonly expressions: Expressions;
  readonly history: History;
  readonly runners: Runners;
  readonly variables: Variables;
  readonly track: Track;
  readonly signal: AbortSignal;
  readonly item?: MapItem;
}

/** One stay in one state, retries included. */
export interface Visit {
  readonly frame: Frame;
  readonly name: string;
  readonly input: unknown;
  readonly enteredId: number;
  readonly enteredTime: string;
  /** Of the last event before the state was entered. */
  readonly priorId: number;
  retryCount: number;
  /** Of a stay that a restart or a failure broke off. */
  readonly before?: VisitProgress;
  /** Of a Map or Parallel state: the success or failure of the attempt is in the history. */
  settled: boolean;
  /** The attempt that goes on; whoever takes it up takes it away, for the next is a new one. */
  attempt?: Attempt | undefined;
}

export function takeAttempt<Kind extends Attempt['kind']>(
  visit: Visit,
  kind: Kind,
): Extract<Attempt, { kind: Kind }> | undefined {
  const { attempt } = visit;
  visit.attempt = undefined;
  return attempt?.kind === kind ? (attempt as Extract<Attempt, { kind: Kind }>) : undefined;
}

/** What is known to a field beyond the input and the context; see the table in check-expressions.ts. */
export interface Given {
  readonly result?: unknown;
  readonly errorOutput?: unknown;
  readonly taskToken?: string;
  readonly item?: MapItem;
}

export interface Conclusion {
  readonly output: unknown;
  /** The output as JSON, within the quota. */
  readonly text: string;
  readonly assigned: Readonly<Record<string, unknown>>;
  readonly next: string | undefined;
}

export async function evaluate(
  visit: Visit,
  field: string,
  template: Template,
  given: Given = {},
): Promise<unknown> {
  const { expressions, variables } = visit.frame;
  const { result, errorOutput } = given;
  const states = {
    input: visit.input,
    context: contextOf(visit, given),
    ...(result !== undefined && { result }),
    ...(errorOutput !== undefined && { errorOutput }),
  };
  try {
    return await expressions.evaluate(template, field, { ...variables.visible(), states });
  } catch (error) {
    throw placed(visit, error);
  }
}

interface TypedValues {
  readonly string: string;
  readonly number: number;
  readonly boolean: boolean;
  readonly array: readonly unknown[];
  readonly object: Readonly<Record<string, unknown>>;
}

export async function evaluateAs<T extends ValueType>(
  visit: Visit,
  type: T,
  field: string,
  template: Template,
  given: Given = {},
): Promise<TypedValues[T]> {
  return requireType(visit, await evaluate(visit, field, template, given), type, field, template);
}

export function requireType<T extends ValueType>(
  visit: Visit,
  value: unknown,
  type: T,
  field: string,
  template: Template,
): TypedValues[T] {
  try {
    return ofType(value, type, field, template) as TypedValues[T];
  } catch (error) {
    throw placed(visit, error);
  }
}

/** A whole number of at least `least`; undefined where the field is not given. */
export async function evaluateCount(
  visit: Visit,
  field: string,
  template: Template,
  least = 0,
): Promise<number | undefined> {
  if (template === undefined) return undefined;
  const value = await evaluateAs(visit, 'number', field, template);
  if (Number.isInteger(value) && value >= least) return value;
  const name = field.split('/').at(-1);
  const rule = least > 0 ? 'positive' : 'a non-negative integer';
  throw queryError(visit, field, `The value of the field ${name} must be ${rule}, but was: ${value}.`);
}

/** `field` is undefined where it is not an expression's value that is wrong. */
export function queryError(visit: Visit, field: string | undefined, cause: string): StatesError {
  return placed(visit, new EvaluationError(cause, field)) as StatesError;
}

export function placedCause(visit: Visit, cause: string): string {
  return `An error occurred while executing the state '${visit.name}' (entered at the event id #${visit.enteredId}). ${cause}`;
}

/** Says where it happened, in the error and in the history, which has it before whatever fails for it. */
function placed(visit: Visit, evaluation: unknown): unknown {
  if (!(evaluation instanceof EvaluationError)) return evaluation;
  const { error, location } = evaluation;
  const cause = placedCause(visit, evaluation.cause ?? '');
  const { history, track } = visit.frame;
  const details = { error, cause, ...(location !== undefined && { location }), state: visit.name };
  // To AWS entering a state and evaluating its fields is one step, except where the state is one that waits.
  if (track.last === visit.enteredId && track.within !== 'Wait') track.last = visit.priorId;
  history.add(track, 'EvaluationFailed', details);
  return new StatesError(error, cause);
}

function contextOf(visit: Visit, given: Given): unknown {
  const item = given.item ?? visit.frame.item;
  return {
    ...visit.frame.options.context,
    State: { EnteredTime: visit.enteredTime, Name: visit.name, RetryCount: visit.retryCount },
    ...(item && { Map: { Item: item } }),
    ...(given.taskToken !== undefined && { Task: { Token: given.taskToken } }),
  };
}

interface Concluding {
  readonly Output?: Template;
  readonly Assign?: Readonly<Record<string, Template>>;
  readonly Next?: string;
}

/** Output and Assign, both with the values from before the state; without Output the `fallback` goes on. */
export async function conclude(
  visit: Visit,
  fields: Concluding,
  fallback: unknown,
  given: Given = {},
): Promise<Conclusion> {
  const { Output, Assign, Next } = fields;
  const output = Output === undefined ? fallback : await evaluate(visit, 'Output', Output, given);
  const assigned = Assign === undefined ? {} : await evaluateAs(visit, 'object', 'Assign', Assign, given);
  visit.frame.variables.checkSizes(assigned);
  return { output, text: encodePayload(output, visit.name), assigned, next: Next };
}
