import type { Invocation } from './collaborators.ts';

export interface Patience {
  readonly timeLeft: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** In [0, 1). */
  readonly random: () => number;
}

/** So much of a function's time is kept to write what is there, and to hand on. */
export const RESERVE_MS = 60_000;

const THROTTLED = 429;
const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 30_000;
/** A throttle passes; a fault that comes so often may be of the record. */
const MOST_FAULTS = 8;

type Failure = Exclude<Invocation, { readonly body: string }>;

/** The time was over before the model took the record; `last` is what it said until then. */
export interface OutOfPatience {
  readonly last: Failure;
}

/** Tries again what may pass, with full jitter: each wait is a random part of one that doubles. */
export async function invokePatiently(
  invoke: () => Promise<Invocation>,
  { timeLeft, sleep, random }: Patience,
): Promise<Invocation | OutOfPatience> {
  let [faults, longest] = [0, FIRST_DELAY_MS];
  for (;;) {
    const answer = await invoke();
    if ('body' in answer || !answer.retryable) return answer;
    if (answer.errorCode !== THROTTLED && ++faults === MOST_FAULTS) return answer;
    const delay = random() * longest;
    if (timeLeft() - delay <= RESERVE_MS) return { last: answer };
    await sleep(delay);
    longest = Math.min(2 * longest, LONGEST_DELAY_MS);
  }
}
