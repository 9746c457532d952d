import fc from 'fast-check';
import { nextTime } from '../../../src/local/events/cron.ts';

const START = '2026-01-01T00:00';
const millis = (time: string): number => Date.parse(`${time}Z`);

/** The times after a start, as many as there are in the case. 1 January 2026 is a Thursday. */
function timesAfter(expression: string, start: string, count: number): readonly string[] {
  const times: string[] = [];
  for (let time: number | undefined = millis(start); times.length < count; ) {
    time = nextTime(expression, time);
    if (time === undefined) return [...times, 'never'];
    times.push(new Date(time).toISOString().slice(0, 16));
  }
  return times;
}

type Case = readonly [fields: string, start: string, times: readonly string[]];
const on = (day: string, ...times: readonly string[]): readonly string[] =>
  times.map((time) => `${day}T${time}`);

/** The examples of EventBridge's own pages. */
const documented: readonly Case[] = [
  ['0 10 * * ? *', START, ['2026-01-01T10:00', '2026-01-02T10:00']],
  ['15 12 * * ? *', START, ['2026-01-01T12:15', '2026-01-02T12:15']],
  ['0 18 ? * MON-FRI *', START, ['2026-01-01T18:00', '2026-01-02T18:00', '2026-01-05T18:00']],
  ['0 8 1 * ? *', START, ['2026-01-01T08:00', '2026-02-01T08:00', '2026-03-01T08:00']],
  ['0/15 * * * ? *', START, on('2026-01-01', '00:15', '00:30', '00:45', '01:00')],
  ['0/10 * ? * MON-FRI *', '2026-01-02T23:45', ['2026-01-02T23:50', '2026-01-05T00:00', '2026-01-05T00:10']],
  [
    '0/5 8-17 ? * MON-FRI *',
    '2026-01-02T17:50',
    ['2026-01-02T17:55', '2026-01-05T08:00', '2026-01-05T08:05'],
  ],
  [
    '0/30 20-2 ? * MON-FRI *',
    '2026-01-02T02:00',
    ['2026-01-02T02:30', ...on('2026-01-02', '20:00', '20:30')],
  ],
  ['0/30 20-2 ? * MON-FRI *', '2026-01-02T23:30', on('2026-01-05', '00:00', '00:30')],
  ['0 12 * * ? *', START, ['2026-01-01T12:00', '2026-01-02T12:00']],
  ['5,35 14 * * ? *', START, [...on('2026-01-01', '14:05', '14:35'), '2026-01-02T14:05']],
  [
    '15 10 ? * 6L 2019-2022',
    '2019-01-01T00:00',
    ['2019-01-25T10:15', '2019-02-22T10:15', '2019-03-29T10:15'],
  ],
  ['15 10 ? * 6L 2019-2022', '2022-11-25T10:15', ['2022-12-30T10:15', 'never']],
  ['1/10 * * * ? *', START, on('2026-01-01', '00:01', '00:11', '00:21', '00:31')],
  ['0 0 1 JAN,FEB,MAR ? *', START, ['2026-02-01T00:00', '2026-03-01T00:00', '2027-01-01T00:00']],
  ['0 0 1-15 * ? *', '2026-01-13T12:00', ['2026-01-14T00:00', '2026-01-15T00:00', '2026-02-01T00:00']],
  ['0 0 3W * ? *', START, ['2026-01-02T00:00', '2026-02-03T00:00', '2026-03-03T00:00']],
  ['0 0 ? * 3#2 *', START, ['2026-01-13T00:00', '2026-02-10T00:00', '2026-03-10T00:00']],
  ['0 0 L * ? *', START, ['2026-01-31T00:00', '2026-02-28T00:00', '2026-03-31T00:00', '2026-04-30T00:00']],
  ['0 0 ? * L *', START, ['2026-01-03T00:00', '2026-01-10T00:00']],
];

const further: readonly Case[] = [
  ['* * * * ? *', '2026-12-31T23:58', ['2026-12-31T23:59', '2027-01-01T00:00', '2027-01-01T00:01']],
  ['* * ? * * *', START, on('2026-01-01', '00:01', '00:02')],
  ['0 0 1 1 ? *', START, ['2027-01-01T00:00', '2028-01-01T00:00']],
  ['*/20 6 * * ? *', START, [...on('2026-01-01', '06:00', '06:20', '06:40'), '2026-01-02T06:00']],
  ['10-40/15 6 * * ? *', START, [...on('2026-01-01', '06:10', '06:25', '06:40'), '2026-01-02T06:10']],
  ['50-10/10 6 * * ? *', START, on('2026-01-01', '06:00', '06:10', '06:50')],
  ['0 9-17/4 * * ? *', START, [...on('2026-01-01', '09:00', '13:00', '17:00'), '2026-01-02T09:00']],
  ['30,0,30 5,3 * * ? *', START, on('2026-01-01', '03:00', '03:30', '05:00', '05:30')],
  ['0 0 29 2 ? *', START, ['2028-02-29T00:00', '2032-02-29T00:00']],
  ['0 0 29 FEB ? *', '2096-02-29T00:00', ['2104-02-29T00:00']],
  ['0 0 30 2 ? *', START, ['never']],
  ['0 0 31 * ? *', START, ['2026-01-31T00:00', '2026-03-31T00:00', '2026-05-31T00:00']],
  ['0 0 L 2 ? *', START, ['2026-02-28T00:00', '2027-02-28T00:00', '2028-02-29T00:00']],
  ['0 0 1W * ? *', START, ['2026-02-02T00:00', '2026-03-02T00:00', '2026-04-01T00:00']],
  ['0 0 1W 8 ? *', START, ['2026-08-03T00:00', '2027-08-02T00:00']],
  ['0 0 15W * ? *', '2026-02-01T00:00', ['2026-02-16T00:00', '2026-03-16T00:00', '2026-04-15T00:00']],
  ['0 0 31W * ? *', START, ['2026-01-30T00:00', '2026-03-31T00:00', '2026-05-29T00:00']],
  ['0 0 30W 8 ? *', START, ['2026-08-31T00:00']],
  ['0 0 1/10 * ? *', START, ['2026-01-11T00:00', '2026-01-21T00:00', '2026-01-31T00:00', '2026-02-01T00:00']],
  ['0 0 ? * 1 *', START, ['2026-01-04T00:00', '2026-01-11T00:00']],
  ['0 0 ? * SUN,7 *', START, ['2026-01-03T00:00', '2026-01-04T00:00', '2026-01-10T00:00']],
  [
    '0 0 ? * FRI-MON *',
    START,
    ['2026-01-02T00:00', '2026-01-03T00:00', '2026-01-04T00:00', '2026-01-05T00:00'],
  ],
  ['0 0 ? * FRIL *', START, ['2026-01-30T00:00', '2026-02-27T00:00']],
  ['0 0 ? * THU#1 *', '2025-12-31T00:00', ['2026-01-01T00:00', '2026-02-05T00:00']],
  ['0 0 ? * 5#5 *', START, ['2026-01-29T00:00', '2026-04-30T00:00', '2026-07-30T00:00']],
  ['0 0 ? NOV-FEB MON#1 *', START, ['2026-01-05T00:00', '2026-02-02T00:00', '2026-11-02T00:00']],
  ['0 0 1 1/3 ? *', START, ['2026-04-01T00:00', '2026-07-01T00:00', '2026-10-01T00:00', '2027-01-01T00:00']],
  ['0 0 1 1 ? 2028', START, ['2028-01-01T00:00', 'never']],
  ['0 0 1 1 ? 2026/4', START, ['2030-01-01T00:00', '2034-01-01T00:00']],
  ['59 23 31 12 ? 2199', '2199-12-31T23:58', ['2199-12-31T23:59', 'never']],
  ['0 0 1 1 ? 1970-2025', START, ['never']],
  ['  0   10 * * ? * ', START, ['2026-01-01T10:00']],
];

test.each([...documented, ...further])('cron(%s) after %s', (fields, start, times) => {
  const count = times.filter((time) => time !== 'never').length + Number(times.at(-1) === 'never');
  expect(timesAfter(`cron(${fields})`, start, count)).toEqual(times);
});

test('a time is strictly after the one that is given, seconds and all', () => {
  const at = millis('2026-01-01T10:00');
  expect([at - 1, at, at + 1].map((after) => nextTime('cron(0 10 * * ? *)', after))).toEqual([
    at,
    at + 86_400_000,
    at + 86_400_000,
  ]);
});

test.each([
  ['0 10 * * * *', 'not both, got * and *'],
  ['0 10 ? * ? *', 'not both, got ? and ?'],
  ['0 10 1 * MON *', 'not both, got 1 and MON'],
  ['0 10 * * ?', 'six fields'],
  ['0 0 10 * * ? *', 'six fields'],
  ['60 * * * ? *', 'minutes must be made of values from 0 to 59, got 60'],
  ['? * * * ? *', 'minutes must'],
  ['0 24 * * ? *', 'hours must be made of values from 0 to 23, got 24'],
  ['0 -1 * * ? *', 'hours must'],
  ['0 0 0 * ? *', 'day-of-month must be made of values from 1 to 31, got 0'],
  ['0 0 32W * ? *', 'day-of-month must'],
  ['0 0 L-3 * ? *', 'day-of-month must'],
  ['0 0 LW * ? *', 'day-of-month must'],
  ['0 0 1,L * ? *', 'day-of-month must'],
  ['0 0 1,15W * ? *', 'day-of-month must'],
  ['0 0 1 13 ? *', 'month must be made of values from 1 to 12, got 13'],
  ['0 0 1 MAI ? *', 'month must'],
  ['0 0 1 jan ? *', 'month must'],
  ['0 0 ? * 0 *', 'day-of-week must be made of values from 1 to 7, got 0'],
  ['0 0 ? * 8 *', 'day-of-week must'],
  ['0 0 ? * 3#1,6#3 *', 'day-of-week must'],
  ['0 0 ? * 3#6 *', 'day-of-week must'],
  ['0 0 ? * 2/2 *', 'day-of-week must'],
  ['0 0 ? * W *', 'day-of-week must'],
  ['0 0 1 1 ? 1969', 'year must be made of values from 1970 to 2199, got 1969'],
  ['0 0 1 1 ? 2030-2026', 'year must'],
  ['0/0 * * * ? *', 'minutes must'],
  ['0/60 * * * ? *', 'minutes must'],
  ['0/5/5 * * * ? *', 'minutes must'],
  ['0-5-9 * * * ? *', 'minutes must'],
  ['/5 * * * ? *', 'minutes must'],
  ['1,,2 * * * ? *', 'minutes must'],
  ['0x1 * * * ? *', 'minutes must'],
])('cron(%s) is refused', (fields, reason) => {
  expect(() => nextTime(`cron(${fields})`, 0)).toThrow(reason);
});

test('no time is passed over: what is next from just before a time is that time', () => {
  const expressions = [...documented, ...further].map(([fields]) => `cron(${fields})`);
  const moments = fc.integer({ min: 0, max: millis('2190-01-01T00:00') });
  fc.assert(
    fc.property(fc.constantFrom(...expressions), moments, moments, (expression, one, other) => {
      const [earlier, later] = one < other ? [one, other] : [other, one];
      const [first = Infinity, second = Infinity] = [
        nextTime(expression, earlier),
        nextTime(expression, later),
      ];
      expect(first).toBeGreaterThan(earlier);
      expect(second).toBeGreaterThanOrEqual(first);
      if (first > later) expect(first).toBe(second);
      if (first !== Infinity) expect(nextTime(expression, first - 1)).toBe(first);
    }),
    { numRuns: 300 },
  );
});
