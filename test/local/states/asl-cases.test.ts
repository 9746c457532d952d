import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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
    /** Seconds of the virtual clock. */
    readonly seconds?: number;
    readonly calls?: number;
    readonly events?: readonly string[];
  };
}

const folder = join(process.cwd(), 'test/cases/asl');
const cases = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => [name, JSON.parse(readFileSync(join(folder, name), 'utf8')) as AslCase] as const);

describe('Amazon States Language, one rule a case', () => {
  test('every case names its rule and its source', () => {
    expect(cases.length).toBeGreaterThanOrEqual(40);
    const rules = cases.map(([, { rule }]) => rule);
    expect(new Set(rules).size).toBe(rules.length);
    expect(cases.filter(([, { rule, source }]) => !rule || !source)).toEqual([]);
  });

  test.each(cases)('%s', async (_name, { definition, input = {}, tasks, datasets, expect: expected }) => {
    const { options, clock, calls } = world({ tasks: tasks ?? {}, datasets: datasets ?? {}, input });
    const started = clock.now();
    if (expected.refused !== undefined) {
      await expect(interpret(definition, input, options)).rejects.toThrow(expected.refused);
      return;
    }
    const { history, ...result } = await interpret(definition, input, options);
    const { events, seconds, calls: callCount, ...ending } = expected;
    expect(result).toEqual(
      'cause' in ending || !('cause' in result) ? ending : { ...ending, cause: result.cause },
    );
    if (seconds !== undefined) expect((clock.now() - started) / 1000).toBeCloseTo(seconds, 3);
    if (callCount !== undefined) expect(calls).toHaveLength(callCount);
    if (events !== undefined) expect(history.map(({ type }) => type)).toEqual(events);
    expect(history.map(({ id }) => id)).toEqual(history.map((_, index) => index + 1));
  });
});
