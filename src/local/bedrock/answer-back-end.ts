export interface AnswerRequest {
  /** As the job was created with: an id or an ARN. */
  readonly modelId: string;
  readonly invocationType: 'InvokeModel' | 'Converse';
  readonly modelInput: unknown;
  /** Of a job, which has a day: on demand somebody waits for the answer. */
  readonly patient?: true;
}

/** What becomes of one record: the family's own answer, or why there is none. */
export type RecordAnswer =
  | { readonly modelOutput: unknown; readonly tokens: TokenCount }
  | { readonly error: { readonly errorCode: number; readonly errorMessage: string } };

export interface TokenCount {
  readonly input: number;
  readonly output: number;
}

/** Where the answers come from. A record's failure is a value; a rejection fails the whole job, unless the signal was why. */
export interface AnswerBackEnd {
  /** How many records of one job are asked for at once: by default one, so that its output has one order only. */
  readonly atOnce?: number;
  answer(request: AnswerRequest, signal: AbortSignal): Promise<RecordAnswer>;
}

export function recordError(errorCode: number, errorMessage: string): RecordAnswer {
  return { error: { errorCode, errorMessage } };
}
