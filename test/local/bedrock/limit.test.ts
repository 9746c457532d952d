import { setImmediate as turn } from 'node:timers/promises';
import { Limit } from '../../../src/local/bedrock/model-endpoint/limit.ts';

const never = new AbortController().signal;

/** Works that end when they are told to, and the order in which they began. */
function works(limit: Limit) {
  const began: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    began,
    ask: (name: string, { urgent = false, signal = never } = {}) =>
      limit.run(
        () => {
          began.push(name);
          return new Promise<void>((resolve) => ends.set(name, resolve));
        },
        signal,
        urgent,
      ),
    end: async (name: string) => {
      ends.get(name)?.();
      await turn();
    },
  };
}

it('lets those that are urgent go first, and else who came first', async () => {
  const { began, ask, end } = works(new Limit(1));
  const all = [ask('a'), ask('b'), ask('c'), ask('d', { urgent: true }), ask('e', { urgent: true })];
  for (const name of ['a', 'd', 'e', 'b', 'c']) await end(name);
  await Promise.all(all);
  expect(began).toEqual(['a', 'd', 'e', 'b', 'c']);
});

it('is left at once by who no longer waits, and nobody loses a turn by that', async () => {
  const { began, ask, end } = works(new Limit(1));
  const leaving = new AbortController();
  const first = ask('a');
  const second = ask('b', { signal: leaving.signal });
  const third = ask('c');
  leaving.abort(new Error('stopped'));
  await expect(second).rejects.toThrow('stopped');
  await expect(ask('d', { signal: leaving.signal })).rejects.toThrow('stopped');
  await end('a');
  await end('c');
  await Promise.all([first, third]);
  expect(began).toEqual(['a', 'c']);
  const last = ask('e');
  await end('e');
  await expect(last).resolves.toBeUndefined();
});
