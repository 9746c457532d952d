import type { Line } from '../../../src/local/states/journal/lines.ts';
import { answerLater, cases, functions } from './durability-cases.ts';
import { type DurableWorld, durableWorld, ended, temporaryFolders, theParent } from './durable-world.ts';
import { filesOf, killAfter, linesIn, type Outcome, outcomeOf, tasksIn } from './killed.ts';

const newFolder = temporaryFolders();

/** What is the same even if children start and end in the very instant in which the others fail. */
function sure({ status, stopTime, data }: Outcome): Partial<Outcome> {
  return { status, stopTime, data };
}

function idsOf(world: DurableWorld): readonly number[] {
  const parent = theParent(world);
  return Array.from({ length: parent.eventCount }, (_, index) => parent.event(index + 1).id);
}

function mapRunIn(lines: readonly Line[]): string | undefined {
  return lines.find(({ type }) => type === 'MapRunStarted')?.extra?.mapRun?.arn;
}

describe.each(cases)('$what', ({ definition, datasets = {}, status = 'SUCCEEDED', racy = false }) => {
  const compared = racy ? sure : (outcome: Outcome) => outcome;

  test('ends the same, killed after any line', async () => {
    const original = newFolder();
    const options = { definition, functions, datasets };
    const first = await durableWorld({ ...options, directory: original });
    await ended(first.start());
    await first.executions.close();
    const lines = linesIn(original);
    const expected = compared(outcomeOf(first));
    expect(expected.status).toBe(status);

    for (let count = 1; count < lines.length; count += 1) {
      // In every comparison, so that a difference says when the process was killed.
      const where = `killed after line ${count}: ${lines[count - 1]?.slice(0, 200)}`;
      const directory = newFolder();
      const before = killAfter(count, original, directory);
      const now = before.at(-1)?.timestamp ?? 0;
      const world = await durableWorld({ ...options, directory, now, seed: 1 + count });
      world.resume();
      const tasks = tasksIn(before);
      for (const { token, state, time } of tasks) {
        if (state === 'SUBMITTED' && status === 'SUCCEEDED') void answerLater(world, token, time);
      }
      await ended(theParent(world));
      await world.executions.close();

      expect({ where, ...compared(outcomeOf(world)) }).toEqual({ where, ...expected });
      expect(world.told.at(-1)).toMatchObject({ status });
      const over = tasks.filter(({ state }) => state !== 'SCHEDULED').map(({ payload }) => payload);
      const calledAgain = world.calls
        .map((payload) => JSON.stringify(payload))
        .filter((payload) => over.includes(payload));
      expect({ where, calledAgain }).toEqual({ where, calledAgain: [] });
      // Once the state was left, its files were written, and nobody writes them again.
      const files = before.some(({ type }) => type === 'MapStateExited') ? {} : filesOf(first);
      if (!racy) expect({ where, files: filesOf(world) }).toEqual({ where, files });
      expect(idsOf(world)).toEqual(idsOf(world).map((_, index) => index + 1));
      const run = mapRunIn(before);
      const runs = [...world.executions.store.mapRuns.keys()];
      expect({ where, runs: runs.length }).toEqual({ where, runs: first.executions.store.mapRuns.size });
      if (run !== undefined) expect(runs[0]).toBe(run);

      const later = await durableWorld({ ...options, directory, now });
      later.resume();
      expect({ where, ...outcomeOf(later) }).toEqual({ where, ...outcomeOf(world) });
      await later.executions.close();
    }
  });
});
