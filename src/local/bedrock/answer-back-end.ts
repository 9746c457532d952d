export interface AnswerRequest {
  /** As the job was created with: an id or an ARN. */
  readonly modelId: string;
  readonly invocationType: 'InvokeModel' | 'Converse';
  readonly modelInput: unknown;
}

/** What becomes of one record: the family's own answer, or why there is none. */
export type RecordAnswer =
  | { readonly modelOutput: unknown; readonly tokens: TokenCount }
  | { readonly error: { readonly errorCode: number; readonly errorMessage: string } };

export interface TokenCount {
  readonly input: number;
  readonly output: number;
}

/** Where the answers come from. A record's failure is a value; a rejection fails the whole job. */
export interface AnswerBackEnd {
  answer(request: AnswerRequest, signal: AbortSignal): Promise<RecordAnswer>;
}

export function recordError(errorCode: number, errorMessage: string): RecordAnswer {
  return { error: { errorCode, errorMessage } };
}
