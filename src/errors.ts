/** What may go wrong, once: who must act on it and what Step Functions and an HTTP client are told. */
const KINDS = {
  InvalidInput: { retryable: false, httpStatus: 400, openaiType: 'invalid_request_error' },
  NotFound: { retryable: false, httpStatus: 404, openaiType: 'invalid_request_error' },
  SourceChanged: { retryable: false, httpStatus: 409, openaiType: 'invalid_request_error' },
  /** A quota or a throttle asks for patience; the state machine retries it for hours. */
  JobSlotUnavailable: { retryable: true, httpStatus: 429, openaiType: 'rate_limit_error' },
  NoRowSucceeded: { retryable: false, httpStatus: 500, openaiType: 'server_error' },
  Internal: { retryable: false, httpStatus: 500, openaiType: 'server_error' },
} as const satisfies Record<
  string,
  { readonly retryable: boolean; readonly httpStatus: number; readonly openaiType: string }
>;

export type ErrorKind = keyof typeof KINDS;

/** An error whose message is one sentence for the user; `name` is the error name that Step Functions sees. */
export class BatchError extends Error {
  readonly kind: ErrorKind;

  constructor(kind: ErrorKind, sentence: string, options?: { readonly cause?: unknown }) {
    super(sentence, options);
    this.kind = kind;
    this.name = kind;
  }

  get retryable(): boolean {
    return KINDS[this.kind].retryable;
  }
}

/** `Cannot <verb>: <what> must be <rule>, got <value>.` — the one shape of a refusal. */
export function refusal(verb: string, what: string, rule: string, got: unknown): BatchError {
  const value = typeof got === 'string' ? got : JSON.stringify(got);
  return new BatchError('InvalidInput', `Cannot ${verb}: ${what} must ${rule}, got ${value ?? 'nothing'}.`);
}
