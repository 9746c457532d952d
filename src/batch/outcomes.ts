import { type Answer, isUnreadable, type ModelFamily } from '../models/types.ts';
import { rowOf as rowOfRecordId } from './record-id.ts';

export interface RecordError {
  readonly code: string;
  readonly message: string;
}

/** What became of one record. Every row of a run has exactly one. */
export type Outcome =
  | { readonly status: 'succeeded'; readonly answer: Answer }
  | { readonly status: 'failed'; readonly error: RecordError }
  | { readonly status: 'missing'; readonly error: RecordError };

export type OutcomeStatus = Outcome['status'];

export type OutputLine =
  | { readonly kind: 'outcome'; readonly row: number; readonly outcome: Outcome; readonly isError: boolean }
  /** A line without an id of ours, or cut off by the end of a stopped job's file: it accounts for no row. */
  | { readonly kind: 'unusable'; readonly reason: string };

/** The row behind a `recordId`, whatever value stands there; undefined for one that was not asked. */
export type RowOf = (recordId: unknown) => number | undefined;

/** One line of a job's `.jsonl.out`: `modelOutput`, or `error` with `errorCode` (number or string) and `errorMessage`. */
export function readOutputLine(
  line: string,
  decode: ModelFamily['decode'],
  rowOf: RowOf = rowOfRecordId,
): OutputLine {
  const record = parseObject(line);
  if (record === undefined) return { kind: 'unusable', reason: 'not a JSON object' };
  return outcomeOf(rowOf(record['recordId']), record['error'], () => record['modelOutput'], decode);
}

/** What a line says of a row; `modelOutput` is asked for only where no error stands in its place. */
export function outcomeOf(
  row: number | undefined,
  error: unknown,
  modelOutput: () => unknown,
  decode: ModelFamily['decode'],
): OutputLine {
  if (row === undefined) return { kind: 'unusable', reason: 'no recordId of this run' };
  const isError = error !== undefined && error !== null;
  const outcome = isError
    ? { status: 'failed' as const, error: errorOf(error) }
    : answered(modelOutput(), decode);
  return { kind: 'outcome', row, outcome, isError };
}

function answered(modelOutput: unknown, decode: ModelFamily['decode']): Outcome {
  const decoded = decode(modelOutput);
  return isUnreadable(decoded)
    ? { status: 'failed', error: { code: 'UnreadableOutput', message: decoded.unreadable } }
    : { status: 'succeeded', answer: decoded };
}

function errorOf(error: unknown): RecordError {
  const fields = typeof error === 'object' && error !== null ? error : { errorMessage: error };
  const { errorCode, errorMessage } = fields as Record<string, unknown>;
  return { code: textOf(errorCode ?? 'Unknown'), message: textOf(errorMessage ?? 'no message') };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
