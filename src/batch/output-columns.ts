import type { AnswerKind, Embedding, EmbeddingPrecision } from '../models/types.ts';
import type { Outcome } from './outcomes.ts';

/** The cells that a run appends to one row. */
export interface AnswerRow {
  readonly answer: string | Embedding | null;
  readonly recordId: string;
  readonly status: Outcome['status'];
  readonly error: string | null;
  readonly stopReason: string | null;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
}

export type Cell = string | number | Embedding | null;

/** A column that a run appends: its name, if no input column has it, its type in Parquet, and its cell of a row. */
export interface AppendedColumn {
  readonly name: string;
  readonly type: 'string' | 'int64' | 'list<float>' | 'list<double>';
  /** Where its cell is in a row. */
  readonly field: keyof AnswerRow;
  of(row: AnswerRow): Cell;
}

/** The columns that a run appends, in order. Chunk answers and every output format are made from this list alone. */
export function answerColumns(
  answers: AnswerKind,
  precision: EmbeddingPrecision = 'float32',
): readonly AppendedColumn[] {
  const vector = precision === 'float64' ? 'list<double>' : 'list<float>';
  return [
    column(answers, answers === 'response' ? 'string' : vector, 'answer'),
    column('record_id', 'string', 'recordId'),
    column('status', 'string', 'status'),
    column('error', 'string', 'error'),
    column('stop_reason', 'string', 'stopReason'),
    column('input_tokens', 'int64', 'inputTokens'),
    column('output_tokens', 'int64', 'outputTokens'),
  ];
}

function column(name: string, type: AppendedColumn['type'], field: keyof AnswerRow): AppendedColumn {
  return { name, type, field, of: (row) => row[field] };
}

export interface AppendedColumns {
  readonly columns: readonly AppendedColumn[];
  /** Renamed ones, in sentences. */
  readonly notes: readonly string[];
}

/** Names that no input column has: a clash is suffixed `_1`, then `_2`, and said so. */
export function appendedColumns(
  inputColumns: readonly string[],
  answers: AnswerKind,
  precision?: EmbeddingPrecision,
): AppendedColumns {
  const taken = new Set(inputColumns);
  const notes: string[] = [];
  const columns = answerColumns(answers, precision).map((column) => {
    const name = freeName(column.name, taken);
    if (name !== column.name) {
      notes.push(`The input has a column ${column.name}, so the appended one is named ${name}.`);
    }
    taken.add(name);
    return { ...column, name };
  });
  return { columns, notes };
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  for (let n = 0; ; n++) {
    const name = n === 0 ? wanted : `${wanted}_${n}`;
    if (!taken.has(name)) return name;
  }
}
