import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppendLog, readLog } from '../../src/local/append-log.ts';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'append-log-'));
  path = join(directory, 'log.jsonl');
});
afterEach(() => rmSync(directory, { recursive: true }));

const entries = [{ n: 1 }, { text: 'two\nlines, é' }, [], 'x'.repeat(70_000), { n: 5 }];
const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
const bytes = Buffer.from(text);

/** Every place around the ends of lines, and some within. */
const cuts = [...bytes.keys(), bytes.length].filter(
  (at) => at % 9_973 === 0 || bytes.subarray(Math.max(0, at - 3), at + 3).includes(10),
);
const wholeLines = (at: number) => bytes.subarray(0, at).filter((byte) => byte === 10).length;

test.each(cuts)('a log that was cut off at byte %i has the lines before', (at) => {
  writeFileSync(path, bytes.subarray(0, at));
  expect([...readLog(path)]).toEqual(entries.slice(0, wholeLines(at)));
});

test.each(cuts)('a log that was cut off at byte %i goes on with a line of its own', (at) => {
  writeFileSync(path, bytes.subarray(0, at));
  const log = new AppendLog<string>(path);
  log.append('next');
  log.close();
  expect([...readLog(path)]).toEqual([...entries.slice(0, wholeLines(at)), 'next']);
});

test('lines are read however long they are', () => {
  const long = ['y'.repeat(3 * 1024 ** 2), 'z'.repeat(1024 ** 2 - 3), 'end'];
  const log = new AppendLog<string>(path);
  for (const entry of long) log.append(entry);
  log.close();
  expect([...readLog(path)]).toEqual(long);
});

test('a log that is not there is empty', () => {
  expect([...readLog(path)]).toEqual([]);
});

test('a whole line that is no JSON is refused', () => {
  writeFileSync(path, '{"n":1}\n{"n"\n{"n":3}\n');
  expect(() => [...readLog(path)]).toThrow('each line must be JSON, got {"n"');
});

test('a log with a snapshot is written anew when it is opened, and when it has grown', () => {
  writeFileSync(path, text);
  let state = 'a'.repeat(1024 ** 2);
  const log = new AppendLog<string>(path, () => [state]);
  expect(readFileSync(path, 'utf8')).toBe(`"${state}"\n`);
  for (let n = 0; n < 40; n++) {
    const next = `${n}`.padEnd(1024 ** 2, 'b');
    log.append(next);
    state = next;
  }
  expect(statSync(path).size).toBeLessThan(20 * 1024 ** 2);
  log.close();
  expect([...readLog(path)].at(-1)).toBe(state);
});

test('what a kill left of a rewriting does not disturb the next', () => {
  writeFileSync(path, text);
  appendFileSync(`${path}.tmp`, '"half of');
  new AppendLog<unknown>(path, () => entries).close();
  expect(readFileSync(path, 'utf8')).toBe(text);
});
