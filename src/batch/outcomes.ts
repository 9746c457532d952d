import type { Answer, ModelFamily } from '../models/types.ts';
import { rowOf } from './record-id.ts';

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

/** One line of a job's `.jsonl.out`: `modelOutput`, or `error` with `errorCode` (number or string) and `errorMessage`. */
export function readOutputLine(line: string, decode: ModelFamily['decode']): OutputLine {
  const record = parseObject(line);
  if (record === undefined) return { kind: 'unusable', reason: 'not a JSON object' };
  const row = rowOf(record['recordId']);
  if (row === undefined) return { kind: 'unusable', reason: 'no recordId of this run' };
  const isError = record['error'] !== undefined && record['error'] !== null;
  const outcome = isError
    ? { status: 'failed' as const, error: errorOf(record['error']) }
    : answered(record['modelOutput'], decode);
  return { kind: 'outcome', row, outcome, isError };
}

function answered(modelOutput: unknown, decode: ModelFamily['decode']): Outcome {
  const decoded = decode(modelOutput);
  return 'unreadable' in decoded
    ? { status: 'failed', error: { code: 'UnreadableOutput', message: decoded.unreadable } }
    : { status: 'succeeded', answer: decoded };
}

function errorOf(error: unknown): RecordError {
  const { errorCode, errorMessage } = (typeof error === 'object' ? error : { errorMessage: error }) as Record<
    string,
    unknown
  >;
  return { code: String(errorCode ?? 'Unknown'), message: String(errorMessage ?? 'no message') };
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

export type StatusCounts = Record<OutcomeStatus, number>;

export function countStatuses(statuses: Iterable<OutcomeStatus>): StatusCounts {
  const counts: StatusCounts = { succeeded: 0, failed: 0, missing: 0 };
  for (const status of statuses) counts[status]++;
  return counts;
}

export interface OutcomeCounts {
  readonly statuses: Readonly<StatusCounts>;
  /** How many rows have which error code. */
  readonly error_codes: Readonly<Record<string, number>>;
  readonly input_tokens: number;
  readonly output_tokens: number;
}

export function countOutcomes(outcomes: Iterable<Outcome>): OutcomeCounts {
  const statuses = countStatuses([]);
  const error_codes: Record<string, number> = {};
  let [input_tokens, output_tokens] = [0, 0];
  for (const outcome of outcomes) {
    statuses[outcome.status]++;
    if (outcome.status === 'succeeded') {
      input_tokens += outcome.answer.inputTokens ?? 0;
      output_tokens += outcome.answer.outputTokens ?? 0;
    } else {
      error_codes[outcome.error.code] = (error_codes[outcome.error.code] ?? 0) + 1;
    }
  }
  return { statuses, error_codes, input_tokens, output_tokens };
}

export function addCounts(a: OutcomeCounts, b: OutcomeCounts): OutcomeCounts {
  const error_codes: Record<string, number> = { ...a.error_codes };
  for (const [code, rows] of Object.entries(b.error_codes))
    error_codes[code] = (error_codes[code] ?? 0) + rows;
  return {
    statuses: {
      succeeded: a.statuses.succeeded + b.statuses.succeeded,
      failed: a.statuses.failed + b.statuses.failed,
      missing: a.statuses.missing + b.statuses.missing,
    },
    error_codes,
    input_tokens: a.input_tokens + b.input_tokens,
    output_tokens: a.output_tokens + b.output_tokens,
  };
}
