import { type Days, daysOfMonth, daysOfWeek, HOURS, MINUTES, MONTH, valuesOf, YEAR } from './cron-fields.ts';

const MINUTE = 60_000;

/** When a cron expression runs, in UTC (page "Setting a schedule pattern for scheduled rules in Amazon EventBridge"). */
export interface Cron {
  readonly years: readonly number[];
  /** From 1. */
  readonly months: readonly number[];
  readonly days: Days;
  /** Milliseconds from the start of the day. */
  readonly times: readonly number[];
}

/** `cron(minutes hours day-of-month month day-of-week year)`. @throws Error with what EventBridge has against it */
export function parseCron(expression: string): Cron {
  const [, inner] = /^cron\(([^()]*)\)$/.exec(expression) ?? [];
  const fields = inner?.trim().split(/\s+/) ?? [];
  if (fields.length !== 6) throw new Error(`it must be cron(…) of six fields, got ${expression}`);
  const [minutes, hours, dayOfMonth, months, dayOfWeek, years] = fields as [
    ...[string, string, string],
    ...[string, string, string],
  ];
  const minutesOfHour = valuesOf(minutes, MINUTES);
  return {
    years: valuesOf(years, YEAR),
    months: valuesOf(months, MONTH),
    days: daysOf(dayOfMonth, dayOfWeek),
    times: valuesOf(hours, HOURS).flatMap((hour) =>
      minutesOfHour.map((minute) => (hour * 60 + minute) * MINUTE),
    ),
  };
}

/** One of the two is given, and the other is `?`. */
function daysOf(dayOfMonth: string, dayOfWeek: string): Days {
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    throw new Error(
      `its day-of-month or its day-of-week must be ?, and not both, got ${dayOfMonth} and ${dayOfWeek}`,
    );
  }
  return dayOfWeek === '?' ? daysOfMonth(dayOfMonth) : daysOfWeek(dayOfWeek);
}

/** The first time after `after` (both in milliseconds since the epoch); undefined where there is none before the year 2200. */
export function nextTime(expression: string, after: number): number | undefined {
  return nextOf(parseCron(expression), after);
}

export function nextOf(cron: Cron, after: number): number | undefined {
  for (const day of daysFrom(cron, after)) {
    const time = cron.times.find((offset) => day + offset > after);
    if (time !== undefined) return day + time;
  }
  return undefined;
}

/** The starts of the days on which it runs, from the day of `after` on. */
function* daysFrom({ years, months, days }: Cron, after: number): Generator<number> {
  const start = new Date(after);
  const today = start.setUTCHours(0, 0, 0, 0);
  for (const year of years) {
    if (year < start.getUTCFullYear()) continue;
    for (const month of months) {
      const first = Date.UTC(year, month - 1, 1);
      const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
      for (const day of days(last, new Date(first).getUTCDay())) {
        const date = Date.UTC(year, month - 1, day);
        if (date >= today) yield date;
      }
    }
  }
}
