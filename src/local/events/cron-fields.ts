/** Which days of a month a schedule runs on; `last` is how many days the month has, `firstWeekday` 0 where it starts on a Sunday. */
export type Days = (last: number, firstWeekday: number) => readonly number[];

interface Range {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  /** The names of the values, from the first. */
  readonly names?: readonly string[];
  /** Day-of-week is the one field that has none. */
  readonly steps?: false;
  /** Years are the one field whose ranges do not go round: `20-2` is from eight in the evening to two in the morning. */
  readonly round?: false;
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

const DAY_OF_MONTH: Range = { name: 'day-of-month', first: 1, last: 31 };
const DAY_OF_WEEK: Range = { name: 'day-of-week', first: 1, last: 7, names: WEEKDAYS, steps: false };

export const MINUTES: Range = { name: 'minutes', first: 0, last: 59 };
export const HOURS: Range = { name: 'hours', first: 0, last: 23 };
export const MONTH: Range = { name: 'month', first: 1, last: 12, names: MONTHS };
export const YEAR: Range = { name: 'year', first: 1970, last: 2199, round: false };

/** The values of a field in ascending order: `*`, `5`, `1-5`, `0/15`, `1-30/10`, `MON,WED`. @throws Error with the reason */
export function valuesOf(field: string, range: Range): readonly number[] {
  const values = field.split(',').flatMap((part) => partOf(part, range));
  return [...new Set(values)].sort((a, b) => a - b);
}

function partOf(part: string, range: Range): readonly number[] {
  const [span = '', step, ...rest] = part.split('/');
  if (rest.length > 0 || (step !== undefined && range.steps === false)) throw refused(part, range);
  const [first, last] = spanOf(span, step !== undefined, range);
  const width = step === undefined ? 1 : numberOf(step, { ...range, first: 1 }, part);
  if (first > last && range.round === false) throw refused(part, range);
  const size = range.last - range.first + 1;
  const end = first > last ? last + size : last;
  const steps = Array.from(
    { length: Math.floor((end - first) / width) + 1 },
    (_, index) => first + index * width,
  );
  return steps.map((value) => (value > range.last ? value - size : value));
}

/** A single value with a step is where the steps begin: `0/15` is `0-59/15`. */
function spanOf(span: string, stepped: boolean, range: Range): readonly [number, number] {
  if (span === '*') return [range.first, range.last];
  const [from = '', to, ...rest] = span.split('-');
  if (rest.length > 0) throw refused(span, range);
  const first = namedOrNumber(from, range);
  if (to !== undefined) return [first, namedOrNumber(to, range)];
  return [first, stepped ? range.last : first];
}

function namedOrNumber(text: string, range: Range): number {
  const named = range.names?.indexOf(text) ?? -1;
  return named >= 0 ? range.first + named : numberOf(text, range, text);
}

function numberOf(text: string, range: Range, part: string): number {
  const value = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= range.first && value <= range.last)) throw refused(part, range);
  return value;
}

/** `L`, `15W` or days by their numbers. */
export function daysOfMonth(field: string): Days {
  if (field === 'L') return (last) => [last];
  const [, near] = /^(\d{1,2})W$/.exec(field) ?? [];
  if (near !== undefined) return weekdayNearest(numberOf(near, DAY_OF_MONTH, field));
  const days = valuesOf(field, DAY_OF_MONTH);
  return (last) => days.filter((day) => day <= last);
}

/** The Friday before a Saturday, the Monday after a Sunday, but never in another month. */
function weekdayNearest(day: number): Days {
  return (last, firstWeekday) => {
    if (day > last) return [];
    const weekday = (firstWeekday + day - 1) % 7;
    if (weekday === 6) return [day === 1 ? 3 : day - 1];
    if (weekday === 0) return [day === last ? day - 2 : day + 1];
    return [day];
  };
}

/** `L` (Saturdays, the last day of the week), `6L` (the last Friday of the month), `3#2` (the second Tuesday) or days. */
export function daysOfWeek(field: string): Days {
  if (field === 'L') return daysOfWeek('SAT');
  const [, lastOf] = /^(\w+)L$/.exec(field) ?? [];
  if (lastOf !== undefined) {
    const each = weekdays([namedOrNumber(lastOf, DAY_OF_WEEK)]);
    return (last, firstWeekday) => each(last, firstWeekday).slice(-1);
  }
  const [, weekday, nth] = /^(\w+)#([1-5])$/.exec(field) ?? [];
  if (weekday === undefined) return weekdays(valuesOf(field, DAY_OF_WEEK));
  const each = weekdays([namedOrNumber(weekday, DAY_OF_WEEK)]);
  return (last, firstWeekday) => each(last, firstWeekday).slice(Number(nth) - 1, Number(nth));
}

/** By EventBridge's numbers, in which Sunday is 1. */
function weekdays(numbers: readonly number[]): Days {
  return (last, firstWeekday) =>
    Array.from({ length: last }, (_, index) => index + 1).filter((day) =>
      numbers.includes(((firstWeekday + day - 1) % 7) + 1),
    );
}

function refused(part: string, { name, first, last }: Range): Error {
  return new Error(`its ${name} must be made of values from ${first} to ${last}, got ${part}`);
}
