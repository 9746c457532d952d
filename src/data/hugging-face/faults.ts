import { BatchError } from '../../errors.ts';

/** What another try may mend: a busy server, an expired link, a broken connection. */
export class PassingFault extends Error {
  readonly retryAfterMs: number;

  constructor(sentence: string, retryAfterMs = 0) {
    super(sentence);
    this.retryAfterMs = retryAfterMs;
  }
}

export interface Patience {
  readonly signal?: AbortSignal | undefined;
  wait(milliseconds: number): Promise<void>;
}

const DELAYS_MS = [1_000, 2_000, 4_000, 8_000];
/** The hub counts requests by windows of five minutes; what asks for longer is left to the state machine's retries. */
const LONGEST_WAIT_MS = 60_000;

/** Counts the faults in a row. */
export class Tries {
  readonly #patience: Patience;
  #faults = 0;

  constructor(patience: Patience) {
    this.#patience = patience;
  }

  /** Something went well: the next fault is the first again. */
  progress(): void {
    this.#faults = 0;
  }

  /** Returns when it is time for another try. @throws the error itself where none is left or none would help */
  async after(error: unknown): Promise<void> {
    const delay = DELAYS_MS[this.#faults++];
    const asked = error instanceof PassingFault ? error.retryAfterMs : 0;
    const hopeless = error instanceof BatchError || this.#patience.signal?.aborted === true;
    if (hopeless || delay === undefined || asked > LONGEST_WAIT_MS) throw error;
    await this.#patience.wait(Math.max(delay, asked));
  }
}

/** The fault that a status says, where it is one that may pass. */
export function passingFault(response: Response): PassingFault | undefined {
  if (response.status < 500 && response.status !== 429 && response.status !== 408) return undefined;
  const seconds = Number(response.headers.get('retry-after') ?? 0);
  return new PassingFault(
    `${new URL(response.url).host} answered with the status ${response.status}.`,
    Number.isFinite(seconds) ? seconds * 1_000 : 0,
  );
}
