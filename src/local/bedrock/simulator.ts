import type { RecordAnswer } from './answer-back-end.ts';

export type Body = Readonly<Record<string, unknown>>;

/** One model family's answers, by a pure function of the record. */
export type Simulator = (modelInput: Body, modelId: string) => RecordAnswer;

export function isBody(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** About four characters to a token: near enough for totals that nobody is billed for. */
export function roughTokens(text: string): number {
  return Math.ceil(text.length / 4);
}
