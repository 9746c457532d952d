/** What may go wrong, once: whether the same step may do better when it is tried again. */
const kinds = {
  InvalidInput: { retryable: false },
  NotFound: { retryable: false },
  SourceChanged: { retryable: false },
  NoRowSucceeded: { retryable: false },
  /** A defect of ours or of the deployment. */
  Internal: { retryable: false },
  /** A quota or a throttle asks for patience: the state machine tries for hours. */
  JobSlotUnavailable: { retryable: true },
  /** Other chunks of the run are asking the model on demand, as many as may. */
  TurnUnavailable: { retryable: true },
  /** A whole invocation brought nothing but throttles. */
  ModelUnavailable: { retryable: true },
} as const satisfies Record<string, { readonly retryable: boolean }>;

export type ErrorKind = keyof typeof kinds;

/** The names, as Step Functions sees them, of errors that no further try can mend. */
export const finalErrors: readonly string[] = Object.entries(kinds)
  .filter(([, { retryable }]) => !retryable)
  .map(([name]) => name);

/** Bedrock's answers to the submit of a job after which there is no job, and none will come of another try. */
export const jobRefusals: readonly string[] = [
  'ValidationException',
  'AccessDeniedException',
  'ResourceNotFoundException',
];

/** Whether no further try of the same step can do better. */
export function isFinal(error: unknown): boolean {
  return error instanceof BatchError && finalErrors.includes(error.kind);
}

/** An error whose message is one sentence for the user; `name` is the error name that Step Functions sees. */
export class BatchError extends Error {
  readonly kind: ErrorKind;

  constructor(kind: ErrorKind, sentence: string, options?: { readonly cause?: unknown }) {
    super(sentence, options);
    this.kind = kind;
    this.name = kind;
  }
}

/** `Cannot <verb>: <what> must <rule>, got <value>.` is the one shape of a refusal. */
export function refusal(verb: string, what: string, rule: string, got: unknown): BatchError {
  return new BatchError('InvalidInput', `Cannot ${verb}: ${what} must ${rule}, got ${shown(got)}.`);
}

function shown(got: unknown): string {
  // Blanks would not be seen, and "120" is not 120.
  if (typeof got === 'string' && /^\S(.*\S)?$/s.test(got) && !/^[\d.+-]+$/.test(got)) return got;
  return JSON.stringify(got) ?? 'nothing';
}
