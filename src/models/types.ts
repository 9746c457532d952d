import type { AnswerScratch } from './answer-scratch.ts';
import type { Json } from './json-bytes.ts';

/** A batch inference job's bounds, from the Bedrock page of the AWS General Reference; bytes are of one input file. */
export interface JobLimits {
  readonly minRecords: number;
  readonly maxRecords: number;
  readonly maxFileBytes: number;
}

/** What a model reports about an answer. */
export interface AnswerFacts {
  readonly stopReason: string | null;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
}

/** How much of each number of a vector is kept: the nearest 32-bit float, or the value that the model wrote, to the bit. */
export type EmbeddingPrecision = 'float32' | 'float64';
export type Embedding = Float32Array | Float64Array;

/** What a model made of one record: text or a vector, and what it reports about it. */
export interface Answer extends AnswerFacts {
  readonly response: string | null;
  readonly embedding: Embedding | null;
}

/** An answer that `extract` left in the scratch. */
export interface ExtractedAnswer extends AnswerFacts {
  /** The place behind the output. */
  readonly end: number;
  /** Bytes of the text, or of the floats. */
  readonly length: number;
}

/** `modelOutput` that does not have its family's shape; a record's failure is a value, not an exception. */
export interface Unreadable {
  readonly unreadable: string;
}

/** What a family answers with: the name of the first appended column. */
export type AnswerKind = 'response' | 'embedding';

/** One model family: how a record is asked and how its answer is read. `encode` and `decode` are pure. */
export interface ModelFamily {
  /** The name that a user reads in a refusal. */
  readonly name: string;
  readonly answers: AnswerKind;
  /** `text` is the rendered prompt, or the text to embed. Returns the record's `modelInput`. */
  encode(text: string): Readonly<Record<string, unknown>>;
  /** A vector is of 32-bit floats unless another precision is asked for. */
  decode(modelOutput: unknown, precision?: EmbeddingPrecision): Answer | Unreadable;
  /**
   * The same as `decode` with 32-bit floats, from the bytes of a line that ends in `\n`, with `modelOutput` at a place, and without a JavaScript value
   * for what the model made. Undefined for all but the usual shapes, good or bad: `decode` has the say on those.
   */
  extract?(json: Json, at: number, into: AnswerScratch): ExtractedAnswer | undefined;
}

export function isUnreadable(decoded: Answer | Unreadable): decoded is Unreadable {
  return 'unreadable' in decoded;
}
