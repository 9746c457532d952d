import { type Clock, realClock } from '../clock.ts';
import { nextOf, parseCron } from './cron.ts';
import { invalidRule } from './errors.ts';

const MINUTE = 60_000;
const UNIT_MS = { minute: MINUTE, hour: 60 * MINUTE, day: 24 * 60 * MINUTE } as const;
type Unit = keyof typeof UNIT_MS;

/** Node's timers overflow past 2^31 ms; a rate may be years. */
const LONGEST_SLEEP = 2 ** 30;

/** The first time after `after` of a schedule that was started at `start`; undefined when it is over. */
export type NextTime = (after: number, start: number) => number | undefined;

/** `rate(…)` or `cron(…)`. @throws EventsError for what EventBridge refuses. */
export function compileSchedule(rule: string, expression: string): NextTime {
  if (expression.startsWith('cron(')) return cronSchedule(rule, expression);
  const periodMs = periodOf(rule, expression);
  return (after, start) => start + (Math.floor((after - start) / periodMs) + 1) * periodMs;
}

function cronSchedule(rule: string, expression: string): NextTime {
  try {
    const cron = parseCron(expression);
    return (after) => nextOf(cron, after);
  } catch (error) {
    throw invalidRule(rule, `its schedule ${expression} cannot be used: ${(error as Error).message}`);
  }
}

/** `rate(5 minutes)` → milliseconds. */
function periodOf(rule: string, expression: string): number {
  const [, value, unit, plural] = /^rate\(([1-9]\d{0,8}) (minute|hour|day)(s?)\)$/.exec(expression) ?? [];
  // EventBridge takes `1 minute` and `2 minutes`, and neither `1 minutes` nor `2 minute`.
  if (value === undefined || (Number(value) === 1) !== (plural === '')) {
    throw invalidRule(
      rule,
      `its schedule must be such as rate(5 minutes) or cron(0 10 * * ? *), got ${expression}`,
    );
  }
  return Number(value) * UNIT_MS[unit as Unit];
}

/** What is to be done at each time; resolves when it is over. */
type Tick = () => Promise<unknown>;

/** The schedules of rules, by their names. */
export class Schedules {
  readonly #clock: Clock;
  readonly #overlapping: boolean;
  readonly #running = new Map<string, { readonly stop: AbortController; readonly over: Promise<void> }>();

  /** @param overlapping whether a tick does not wait for the one before, as on AWS; by default by the real clock alone */
  constructor(clock: Clock, overlapping = clock === realClock) {
    this.#clock = clock;
    this.#overlapping = overlapping;
  }

  /** Starts a rule's schedule in place of the one that it had. */
  start(rule: string, next: NextTime, tick: Tick): void {
    this.stop(rule);
    const stop = new AbortController();
    this.#running.set(rule, { stop, over: this.#run(next, tick, stop.signal) });
  }

  stop(rule: string): void {
    this.#running.get(rule)?.stop.abort();
    this.#running.delete(rule);
  }

  /** Resolves when nothing ticks any more; what overlapping ticks began may still be under way. */
  async close(): Promise<void> {
    const over = [...this.#running.values()].map((schedule) => schedule.over);
    for (const rule of this.#running.keys()) this.stop(rule);
    await Promise.all(over);
  }

  /**
   * Ticks at each of the schedule's times. A clock that is sped up does not speed up the functions behind it: times that
   * pass by it while a tick is being worked on are left out, or a function that is quick in an account would run many times over.
   */
  async #run(next: NextTime, tick: Tick, signal: AbortSignal): Promise<void> {
    const start = this.#clock.now();
    let last = start;
    while (!signal.aborted) {
      // A clock that shows a little less than what was slept for must not tick twice.
      const time = next(Math.max(last, this.#clock.now()), start);
      if (time === undefined || !(await sleptUntil(time, this.#clock, signal))) return;
      last = time;
      const worked = tick();
      if (!this.#overlapping) await worked;
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
