import fc from 'fast-check';
import { parseItems } from '../../../src/local/states/map/item-parsers.ts';

async function* inPieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function itemsOf(text: string, type: 'JSON' | 'JSONL', size = 3): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of parseItems(inPieces(text, size), { type })) items.push(item);
  return items;
}

const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);

describe('items of a dataset', () => {
  test('are those of the text, wherever its chunks are cut', async () => {
    const property = fc.asyncProperty(
      fc.array(json),
      fc.integer({ min: 1, max: 40 }),
      async (items, size) => {
        expect(await itemsOf(JSON.stringify(items, undefined, 1), 'JSON', size)).toEqual(items);
        expect(await itemsOf(items.map((item) => JSON.stringify(item)).join('\r\n'), 'JSONL', size)).toEqual(
          items,
        );
      },
    );
    await fc.assert(property, { numRuns: 200 });
  });

  test.each([
    ['a number', '1', 'non-iterable'],
    ['an array closed as an object', '[1}', 'non-iterable'],
    ['an object without a value', '{"a"}', 'parse'],
    ['nothing', '', 'ends before'],
    ['an array cut short', '[1,2', 'ends before'],
    ['something after the array', '[1] 2', 'non-iterable'],
    ['a missing element', '[1,,2]', 'parse'],
    ['a missing last element', '[1,]', 'parse'],
    ['a missing first element', '[,1]', 'parse'],
  ])('%s is refused as JSON', async (_what, text, message) => {
    await expect(itemsOf(text, 'JSON')).rejects.toMatchObject({
      error: 'States.ItemReaderFailed',
      cause: expect.stringContaining(message),
    });
  });

  test('a faulty line is refused', async () => {
    await expect(itemsOf('1\n{', 'JSONL')).rejects.toMatchObject({ error: 'States.ItemReaderFailed' });
  });

  test('an item without end is not collected without end', async () => {
    const endless = async function* () {
      for (;;) yield Buffer.alloc(1024 * 1024, 'x');
    };
    const items = parseItems(endless(), { type: 'JSONL' });
    await expect(items.next()).rejects.toMatchObject({ cause: expect.stringContaining('exceeds') });
  });
});
