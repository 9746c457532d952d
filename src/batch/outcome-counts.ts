import type { OutcomeStatus } from './outcomes.ts';
import type { AnswerRow } from './output-columns.ts';

export interface OutcomeCounts {
  readonly statuses: Readonly<Record<OutcomeStatus, number>>;
  /** How many rows have which error code. */
  readonly error_codes: Readonly<Record<string, number>>;
  readonly input_tokens: number;
  readonly output_tokens: number;
}

/** Adds up what became of rows. */
export class OutcomeTally {
  readonly #statuses: Record<OutcomeStatus, number> = { succeeded: 0, failed: 0, missing: 0 };
  readonly #errorCodes = new Map<string, number>();
  #inputTokens = 0;
  #outputTokens = 0;

  addRow({ status, error, inputTokens, outputTokens }: AnswerRow): void {
    this.#statuses[status]++;
    if (error !== null) this.#addCode(error.split(': ', 1)[0] ?? error, 1);
    this.#inputTokens += inputTokens ?? 0;
    this.#outputTokens += outputTokens ?? 0;
  }

  addCounts({ statuses, error_codes, input_tokens, output_tokens }: OutcomeCounts): void {
    for (const [status, rows] of Object.entries(statuses)) this.#statuses[status as OutcomeStatus] += rows;
    for (const [code, rows] of Object.entries(error_codes)) this.#addCode(code, rows);
    this.#inputTokens += input_tokens;
    this.#outputTokens += output_tokens;
  }

  get rows(): number {
    return Object.values(this.#statuses).reduce((sum, rows) => sum + rows, 0);
  }

  counts(): OutcomeCounts {
    return {
      statuses: { ...this.#statuses },
      error_codes: Object.fromEntries(this.#errorCodes),
      input_tokens: this.#inputTokens,
      output_tokens: this.#outputTokens,
    };
  }

  #addCode(code: string, rows: number): void {
    this.#errorCodes.set(code, (this.#errorCodes.get(code) ?? 0) + rows);
  }
}
