import type { Clock } from '../clock.ts';
import { invalidRule } from './errors.ts';

const MINUTE = 60_000;
const UNIT_MS = { minute: MINUTE, hour: 60 * MINUTE, day: 24 * 60 * MINUTE } as const;
type Unit = keyof typeof UNIT_MS;

/** Node's timers overflow past 2^31 ms; a rate may be years. */
const LONGEST_SLEEP = 2 ** 30;

/** `rate(5 minutes)` → milliseconds. @throws EventsError for what EventBridge refuses, and for cron expressions. */
export function periodOf(rule: string, expression: string): number {
  const [, value, unit, plural] = /^rate\(([1-9]\d{0,8}) (minute|hour|day)(s?)\)$/.exec(expression) ?? [];
  // EventBridge takes `1 minute` and `2 minutes`, and neither `1 minutes` nor `2 minute`.
  if (value === undefined || (Number(value) === 1) !== (plural === '')) {
    throw invalidRule(
      rule,
      `its schedule must be such as rate(5 minutes) or rate(1 hour), got ${expression}`,
    );
  }
  return Number(value) * UNIT_MS[unit as Unit];
}

/** What is to be done at each time; resolves when it is over. */
type Tick = () => Promise<unknown>;

/** The schedules of rules, by their names. */
export class Schedules {
  readonly #clock: Clock;
  readonly #running = new Map<string, { readonly stop: AbortController; readonly over: Promise<void> }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Starts a rule's schedule in place of the one that it had. */
  start(rule: string, periodMs: number, tick: Tick): void {
    this.stop(rule);
    const stop = new AbortController();
    this.#running.set(rule, { stop, over: this.#run(periodMs, tick, stop.signal) });
  }

  stop(rule: string): void {
    this.#running.get(rule)?.stop.abort();
    this.#running.delete(rule);
  }

  /** Resolves when nothing of what ran is being worked on any more. */
  async close(): Promise<void> {
    const over = [...this.#running.values()].map((schedule) => schedule.over);
    for (const rule of this.#running.keys()) this.stop(rule);
    await Promise.all(over);
  }

  /**
   * Ticks a period after the start and then every period. A clock that is sped up does not speed up the functions behind
   * it: times that pass while a tick is being worked on are left out rather than queued.
   */
  async #run(periodMs: number, tick: Tick, signal: AbortSignal): Promise<void> {
    const start = this.#clock.now();
    while (!signal.aborted) {
      const periods = Math.floor((this.#clock.now() - start) / periodMs) + 1;
      if (!(await sleptUntil(start + periods * periodMs, this.#clock, signal))) return;
      await tick();
    }
  }
}

/** False when the signal came first. */
async function sleptUntil(time: number, clock: Clock, signal: AbortSignal): Promise<boolean> {
  try {
    for (let left = time - clock.now(); left > 0; left = time - clock.now()) {
      await clock.sleep(Math.min(left, LONGEST_SLEEP), signal);
    }
    return !signal.aborted;
  } catch (error) {
    if (!signal.aborted) throw error;
    return false;
  }
}
