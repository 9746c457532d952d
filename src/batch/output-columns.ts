/** The columns that a run appends, in order; the first is `response` or `embedding`, as the model answers. */
export const answerColumns = [
  'record_id',
  'status',
  'error',
  'stop_reason',
  'input_tokens',
  'output_tokens',
] as const;

export interface AppendedColumns {
  /** Their names in the output, in order. */
  readonly names: readonly string[];
  /** Renamed ones, in sentences. */
  readonly notes: readonly string[];
}

/** Names that no input column has: a clash is suffixed `_1`, then `_2`, and said so. */
export function appendedColumns(
  inputColumns: readonly string[],
  answers: 'response' | 'embedding',
): AppendedColumns {
  const taken = new Set(inputColumns);
  const names: string[] = [];
  const notes: string[] = [];
  for (const wanted of [answers, ...answerColumns]) {
    const name = freeName(wanted, taken);
    if (name !== wanted)
      notes.push(`The input has a column ${wanted}, so the appended one is named ${name}.`);
    taken.add(name);
    names.push(name);
  }
  return { names, notes };
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  for (let n = 0; ; n++) {
    const name = n === 0 ? wanted : `${wanted}_${n}`;
    if (!taken.has(name)) return name;
  }
}
