import fc from 'fast-check';
import { linesOf } from '../../../src/local/bedrock/lines.ts';
import { seededRandom, shuffled } from '../../../src/local/bedrock/random.ts';

async function* from<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

describe('lines', () => {
  it('are those of the text, wherever it is cut, and end at a line feed only', async () => {
    const character = fc.constantFrom('a', 'é', '😀', '\n', '\r', '\u2028', '\u0085');
    await fc.assert(
      fc.asyncProperty(fc.array(character), fc.integer({ min: 1, max: 7 }), async (characters, size) => {
        const text = characters.join('');
        const bytes = Buffer.from(text);
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
          bytes.subarray(i * size, (i + 1) * size),
        );
        const expected = text.split('\n');
        if (expected.at(-1) === '') expected.pop();
        expect(await all(linesOf(from(chunks)))).toEqual(expected);
      }),
    );
  });

  it('may not grow without end', async () => {
    const chunks = Array.from({ length: 30 }, () => Buffer.alloc(1_000_000, 'x'));
    await expect(all(linesOf(from(chunks)))).rejects.toThrow('larger than');
  });
});

describe('shuffled', () => {
  it('yields every item once, in another order, the same for the same seed', async () => {
    const items = Array.from({ length: 1000 }, (_, i) => i);
    const once = await all(shuffled(from(items), seededRandom(7), 64));
    expect(once).not.toEqual(items);
    expect([...once].sort((a, b) => a - b)).toEqual(items);
    expect(await all(shuffled(from(items), seededRandom(7), 64))).toEqual(once);
  });

  it('holds no more than its window', async () => {
    let taken = 0;
    const counted = (async function* () {
      for (; taken < 10_000; taken++) yield taken;
    })();
    let yielded = 0;
    for await (const _ of shuffled(counted, seededRandom(1), 16)) {
      yielded++;
      expect(taken - yielded).toBeLessThanOrEqual(17);
    }
    expect(yielded).toBe(10_000);
  });
});
