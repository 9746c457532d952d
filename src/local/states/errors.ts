/** A failure as the Amazon States Language names it: what Retry and Catch match, and `errorOutput` holds. */
export class StatesError extends Error {
  readonly error: string;
  override readonly cause: string | undefined;

  constructor(error: string, cause?: string) {
    super(cause ? `${error}: ${cause}` : error);
    this.name = 'StatesError';
    this.error = error;
    this.cause = cause;
  }
}

export type EndStatus = 'SUCCEEDED' | 'FAILED' | 'ABORTED' | 'TIMED_OUT';

/**
 * A missed heartbeat: a States.Timeout in histories and to catchers, that `States.HeartbeatTimeout` in ErrorEquals matches
 * too (page "Handling errors in Step Functions workflows").
 */
export class HeartbeatMissed extends StatesError {
  constructor() {
    super('States.Timeout');
  }
}

/** The end of a whole execution, or of a branch whose sibling failed: no Retry and no Catch sees it. */
export class Interruption extends Error {
  readonly status: Exclude<EndStatus, 'SUCCEEDED'>;
  readonly error: string | undefined;
  override readonly cause: string | undefined;

  constructor(status: Exclude<EndStatus, 'SUCCEEDED'>, error?: string, cause?: string) {
    super(`${status} ${error ?? ''} ${cause ?? ''}`.trim());
    this.name = 'Interruption';
    this.status = status;
    this.error = error;
    this.cause = cause;
  }
}

/** The end of a branch or an iteration beside which another one failed; the execution itself goes on. */
export class TrackStopped extends Interruption {
  constructor() {
    super('ABORTED');
  }
}

export function toStatesError(failure: unknown): StatesError {
  if (failure instanceof StatesError) return failure;
  return new StatesError('States.Runtime', failure instanceof Error ? failure.message : String(failure));
}

/** What a journal keeps of a failure. */
export interface Failure {
  readonly error: string;
  readonly cause?: string;
}

export function failureOf(failure: unknown): Failure {
  const { error, cause } = toStatesError(failure);
  return { error, ...(cause !== undefined && { cause }) };
}

/** A state machine that AWS would not create, or that is beyond what runs locally. */
export class InvalidDefinition extends Error {
  constructor(what: string, rule: string, got?: unknown) {
    const value = typeof got === 'string' ? got : JSON.stringify(got);
    super(
      `Cannot create the state machine: ${what} must ${rule}${value === undefined ? '' : `, got ${value}`}.`,
    );
    this.name = 'InvalidDefinition';
  }
}
