/** A batch inference job's bounds, from the Bedrock page of the AWS General Reference; bytes are of one input file. */
export interface JobLimits {
  readonly minRecords: number;
  readonly maxRecords: number;
  readonly maxFileBytes: number;
}

/** What a model made of one record: text or a vector, and what it reports about it. */
export interface Answer {
  readonly response: string | null;
  readonly embedding: Float32Array | null;
  readonly stopReason: string | null;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
}

/** `modelOutput` that does not have its family's shape; a record's failure is a value, not an exception. */
export interface Unreadable {
  readonly unreadable: string;
}

/** What a family answers with: the name of the first appended column. */
export type AnswerKind = 'response' | 'embedding';

/** One model family: how a record is asked and how its answer is read. Both functions are pure. */
export interface ModelFamily {
  /** The name that a user reads in a refusal. */
  readonly name: string;
  readonly answers: AnswerKind;
  /** `text` is the rendered prompt, or the text to embed. Returns the record's `modelInput`. */
  encode(text: string): Readonly<Record<string, unknown>>;
  decode(modelOutput: unknown): Answer | Unreadable;
}

export function isUnreadable(decoded: Answer | Unreadable): decoded is Unreadable {
  return 'unreadable' in decoded;
}
