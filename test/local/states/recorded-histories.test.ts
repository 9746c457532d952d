import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { interpret } from '../../../src/local/states/interpreter.ts';
import type { RecordedEvent } from '../../../src/local/states/recorded-tasks.ts';
import { replayOf } from '../../../src/local/states/replay.ts';

/** What AWS wrote down, as far as the order of the events, their links and their tasks go. */
interface RecordedCase {
  readonly source: string;
  readonly definition: unknown;
  readonly input: unknown;
  /** Each as `id<previousEventId type`; a second after the one before. */
  readonly history: readonly string[];
  /** By the ids of the events. */
  readonly details: Readonly<Record<string, object>>;
  readonly output?: unknown;
}

const folder = join(process.cwd(), 'test/cases/asl/recorded');
const cases = readdirSync(folder).map(
  (name) => [name, JSON.parse(readFileSync(join(folder, name), 'utf8')) as RecordedCase] as const,
);

function eventsOf({ history, details, input }: RecordedCase): readonly RecordedEvent[] {
  const started = { executionStartedEventDetails: { input: JSON.stringify(input), roleArn: 'role' } };
  return history.map((line, index) => {
    const [, id, previousEventId, type] = /^(\d+)<(\d+) (\w+)$/.exec(line) ?? [];
    return {
      ...{ id: Number(id), previousEventId: Number(previousEventId), type },
      timestamp: new Date(Date.UTC(2026, 0, 1) + index * 1000),
      ...(index === 0 ? started : details[String(id)]),
    };
  });
}

describe('what AWS recorded is replayed event by event', () => {
  test.each(cases)('%s', async (_name, recorded) => {
    const { input, options } = replayOf(eventsOf(recorded));
    const { history, status, output } = await interpret(recorded.definition, input, options);
    const links = history.map(({ id, previousEventId, type }) => `${id}<${previousEventId} ${type}`);
    expect(links).toEqual(recorded.history);
    expect(status).toBe(recorded.history.at(-1)?.endsWith('ExecutionFailed') ? 'FAILED' : 'SUCCEEDED');
    expect(output).toEqual(recorded.output);
  });

  test.each(cases)('%s has its tasks with what AWS wrote of them', async (_name, recorded) => {
    const { input, options } = replayOf(eventsOf(recorded));
    const { history } = await interpret(recorded.definition, input, options);
    for (const [id, details] of Object.entries(recorded.details)) {
      const [[member = '', written] = []] = Object.entries(details as Record<string, object>);
      const { parameters: _tokensDiffer, ...same } = written as { readonly parameters?: string };
      expect(history[Number(id) - 1]).toMatchObject({ [member]: same });
    }
  });
});
