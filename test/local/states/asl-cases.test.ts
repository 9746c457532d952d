import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkDefinition } from '../../../src/local/states/check-definition.ts';
import type { HistoryEvent } from '../../../src/local/states/history.ts';
import { interpret } from '../../../src/local/states/interpreter.ts';
import { type Tasks, world } from './harness.ts';

interface AslCase {
  readonly rule: string;
  readonly source: string;
  readonly definition: unknown;
  readonly input?: unknown;
  readonly tasks?: Tasks;
  readonly datasets?: Readonly<Record<string, string>>;
  readonly expect: {
    readonly status?: string;
    readonly output?: unknown;
    readonly error?: string;
    readonly cause?: string;
    /** Creation is refused with a message that contains this. */
    readonly refused?: string;
    /** The server refuses what a handler of one's own could do. */
    readonly replayable?: boolean;
    /** Seconds of the virtual clock. */
    readonly seconds?: number;
    /** The least and the most of them. */
    readonly between?: readonly [number, number];
    readonly calls?: number;
    readonly events?: readonly string[];
    /** Each as `id<previousEventId type`. */
    readonly history?: readonly string[];
    /** The same of the last ones. */
    readonly historyEnd?: readonly string[];
    /** What these events say, by their ids. */
    readonly details?: Readonly<Record<string, object>>;
    /** The ResultWriter's files by the end of their names: of JSON the content, of JSONL the lines. */
    readonly exported?: Readonly<Record<string, unknown>>;
  };
}

type Expected = AslCase['expect'];

const folder = join(process.cwd(), 'test/cases/asl');
const cases = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => [name, JSON.parse(readFileSync(join(folder, name), 'utf8')) as AslCase] as const);
const refused = cases.filter(([, { expect: expected }]) => expected.refused !== undefined);
const run = cases.filter(([, { expect: expected }]) => expected.refused === undefined);

describe('Amazon States Language, one rule a case', () => {
  test('every case names its rule and its source', () => {
    expect(cases.length).toBeGreaterThanOrEqual(150);
    const rules = cases.map(([, { rule }]) => rule);
    expect(new Set(rules).size).toBe(rules.length);
    expect(cases.filter(([, { rule, source }]) => !rule || !source)).toEqual([]);
  });

  test.each(refused)('%s is refused', async (_name, { definition, input = {}, expect: expected }) => {
    expect(() => checkDefinition(definition)).toThrow(expected.refused);
    const { options } = world({ input });
    const running = interpret(definition, input, options);
    await (expected.replayable
      ? expect(running).resolves.toMatchObject({ status: expect.any(String) })
      : expect(running).rejects.toThrow(expected.refused));
  });

  test.each(run)('%s', async (_name, { definition, input = {}, tasks, datasets, expect: expected }) => {
    const { options, clock, calls, written } = world({ tasks: tasks ?? {}, datasets: datasets ?? {}, input });
    const started = clock.now();
    const { history, ...result } = await interpret(definition, input, options);
    const { status, output, error, cause = result.cause, calls: callCount } = expected;
    expect(result).toEqual({ status, output, error, cause });
    expectTime((clock.now() - started) / 1000, expected);
    if (callCount !== undefined) expect(calls).toHaveLength(callCount);
    expectHistory(history, expected);
    expectExported(written, expected);
  });
});

function expectTime(seconds: number, { seconds: exactly = seconds, between = [0, seconds] }: Expected): void {
  expect(seconds).toBeCloseTo(exactly, 3);
  expect(seconds).toBeGreaterThanOrEqual(between[0]);
  expect(seconds).toBeLessThanOrEqual(between[1]);
}

function expectHistory(history: readonly HistoryEvent[], expected: Expected): void {
  const { events, details = {}, historyEnd = [] } = expected;
  const links = history.map(({ id, previousEventId, type }) => `${id}<${previousEventId} ${type}`);
  expect(links).toEqual(expected.history ?? links);
  expect(links.slice(links.length - historyEnd.length)).toEqual(historyEnd);
  expect(history.map(({ id }) => id)).toEqual(history.map((_, index) => index + 1));
  if (events !== undefined) expect(history.map(({ type }) => type)).toEqual(events);
  for (const [id, event] of Object.entries(details)) expect(history[Number(id) - 1]).toMatchObject(event);
}

function expectExported(written: ReadonlyMap<string, string>, { exported }: Expected): void {
  if (exported === undefined) return;
  const contents = [...written].map(([path, text]) => {
    const file = path.slice(path.lastIndexOf('/') + 1);
    return [
      file,
      (file.endsWith('.jsonl') ? text.trimEnd().split('\n') : [text]).map((each) => JSON.parse(each)),
    ];
  });
  const expected = Object.entries(exported).map(([file, content]) => [
    file,
    file.endsWith('.jsonl') ? content : [content],
  ]);
  expect(Object.fromEntries(contents)).toMatchObject(Object.fromEntries(expected));
  expect(contents.map(([file]) => file).sort()).toEqual(Object.keys(exported).sort());
}
