import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { asTheyEnd } from '../../../src/local/bedrock/as-they-end.ts';

/** The numbers from 0, and how many of them were read. */
function counted(most: number) {
  const source = { read: 0, closed: false };
  const items = (async function* () {
    try {
      for (; source.read < most; source.read++) yield source.read;
    } finally {
      source.closed = true;
    }
  })();
  return { source, items };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

it('yields every result once, with never more under way than may be, whatever each takes', async () => {
  const cases = fc.record({
    delays: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 30 }),
    atOnce: fc.integer({ min: 1, max: 9 }),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ delays, atOnce }) => {
      let [underWay, most] = [0, 0];
      const work = async (item: number) => {
        most = Math.max(most, ++underWay);
        for (let turns = delays[item] ?? 0; turns > 0; turns--) await turn();
        underWay--;
        return item;
      };
      const results = await all(asTheyEnd(counted(delays.length).items, atOnce, work));
      expect([...results].sort((a, b) => a - b)).toEqual(delays.map((_, item) => item));
      expect(most).toBeLessThanOrEqual(atOnce);
      if (atOnce === 1) expect(results).toEqual(delays.map((_, item) => item));
    }),
    { numRuns: 50 },
  );
});

it('lets nobody wait for a slow one', async () => {
  const work = (item: number) => (item === 0 ? wait(100, item) : turn(item));
  expect(await all(asTheyEnd(counted(6).items, 2, work))).toEqual([1, 2, 3, 4, 5, 0]);
});

it('reads no further than its results are taken', async () => {
  const { source, items } = counted(1000);
  const results = asTheyEnd(items, 4, async (item) => item);
  for (let taken = 1; taken <= 20; taken++) {
    await results.next();
    await turn();
    expect(source.read).toBeLessThanOrEqual(taken + 4);
  }
});

it('closes its source when nobody reads on', async () => {
  const { source, items } = counted(1000);
  for await (const _ of asTheyEnd(items, 4, async (item) => item)) break;
  expect(source.closed).toBe(true);
});

it('fails as its source or its work does, and closes its source', async () => {
  const { source, items } = counted(1000);
  const work = async (item: number) => {
    if (item > 4) throw new Error(`no ${item}`);
  };
  await expect(all(asTheyEnd(items, 4, work))).rejects.toThrow('no 5');
  expect(source.closed).toBe(true);
  const broken = (async function* () {
    yield 1;
    throw new Error('unreadable');
  })();
  await expect(all(asTheyEnd(broken, 4, async () => turn()))).rejects.toThrow('unreadable');
});
