import type { TimeUnit } from 'hyparquet';

/** Digits after the second, which are always all written. */
const DIGITS = { MILLIS: 3, MICROS: 6, NANOS: 9 } as const satisfies Record<TimeUnit, number>;
const SECONDS_PER_DAY = 86_400n;
const DAYS_PER_ERA = 146_097;
/** From the first of March of the year 0. */
const DAYS_TO_1970 = 719_468;
const DATE = /^\d{4}-\d\d-\d\d$/;

/** YYYY-MM-DD of a day counted from 1970-01-01; a year outside 0 to 9999 has a sign and six digits, as in ISO 8601. */
export function dateText(day: number): string {
  // Years of this reckoning begin in March, so that the leap day is the last one. Date would end at the year 275760.
  const shifted = day + DAYS_TO_1970;
  const era = Math.floor(shifted / DAYS_PER_ERA);
  const dayOfEra = shifted - era * DAYS_PER_ERA;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const dayOfMonth = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${yearText(year)}-${pad(month)}-${pad(dayOfMonth)}`;
}

/** The day that `dateText` writes as this text of a year from 0 to 9999; undefined for what is no such date. */
export function dayOf(text: string): number | undefined {
  if (!DATE.test(text)) return undefined;
  const [year, month, day] = [Number(text.slice(0, 4)), Number(text.slice(5, 7)), Number(text.slice(8))];
  if (month < 1 || month > 12 || day < 1 || day > daysOfMonth(year, month)) return undefined;
  const shiftedYear = month <= 2 ? year - 1 : year;
  const dayOfYear = Math.floor((153 * (month <= 2 ? month + 9 : month - 3) + 2) / 5) + day - 1;
  const leapDays =
    Math.floor(shiftedYear / 4) - Math.floor(shiftedYear / 100) + Math.floor(shiftedYear / 400);
  return 365 * shiftedYear + leapDays + dayOfYear - DAYS_TO_1970;
}

function daysOfMonth(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

/** HH:MM:SS.fff of a count of units since midnight. */
export function timeText(count: bigint, unit: TimeUnit): string {
  const perSecond = 10n ** BigInt(DIGITS[unit]);
  const seconds = Number(count / perSecond);
  const fraction = (count % perSecond).toString().padStart(DIGITS[unit], '0');
  const [hour, minute] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return `${pad(hour)}:${pad(minute)}:${pad(seconds % 60)}.${fraction}`;
}

/** ISO 8601 of a count of units since 1970-01-01T00:00. */
export function timestampText(count: bigint, unit: TimeUnit): string {
  const perDay = SECONDS_PER_DAY * 10n ** BigInt(DIGITS[unit]);
  const inDay = ((count % perDay) + perDay) % perDay;
  return `${dateText(Number((count - inDay) / perDay))}T${timeText(inDay, unit)}`;
}

function yearText(year: number): string {
  if (year >= 0 && year <= 9999) return String(year).padStart(4, '0');
  return `${year < 0 ? '-' : '+'}${String(Math.abs(year)).padStart(6, '0')}`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
