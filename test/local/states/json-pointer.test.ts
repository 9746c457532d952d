import fc from 'fast-check';
import { parseItems } from '../../../src/local/states/map/item-parsers.ts';
import { pointerTokens } from '../../../src/local/states/map/json-pointer.ts';

async function* inPieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function itemsAt(pointer: string, text: string, size = 3): Promise<unknown[]> {
  const items: unknown[] = [];
  const format = { type: 'JSON', pointer } as const;
  for await (const item of parseItems(inPieces(text, size), format)) items.push(item);
  return items;
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Every array in a value, by the pointer to it. */
function arraysIn(value: Json, pointer = ''): readonly (readonly [string, readonly Json[]])[] {
  if (value === null || typeof value !== 'object') return [];
  const own = Array.isArray(value) ? [[pointer, value] as const] : [];
  const inner = Object.entries(value).flatMap(([name, member]) =>
    arraysIn(member as Json, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  );
  return [...own, ...inner];
}

describe('a JSON pointer to the items', () => {
  test('finds every array of a text, wherever its chunks are cut', async () => {
    const values = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.parse(JSON.stringify(value)) as Json);
    const property = fc.asyncProperty(values, fc.integer({ min: 1, max: 40 }), async (value, size) => {
      const text = JSON.stringify(value, undefined, 1);
      for (const [pointer, items] of arraysIn(value)) {
        expect(await itemsAt(pointer, text, size)).toEqual(items);
      }
    });
    await fc.assert(property, { numRuns: 200 });
  });

  test.each([
    ['a member with escapes in its name', '/a\\b', '{"a\\\\b":[1]}', [1]],
    ['a member behind a larger one of the same name', '/b/a', '{"a":{"b":{"a":[0]}},"b":{"a":[1]}}', [1]],
    ['an element behind arrays', '/1/0', '[[[1],[2]],[[3]]]', [3]],
    ['a text that is broken behind the value', '/a', '{"a":[1],', [1]],
  ])('to %s', async (_what, pointer, text, items) => {
    expect(await itemsAt(pointer, text)).toEqual(items);
  });

  test.each([
    ['nothing', '/none', '{"a":[1]}', 'no value at the ItemsPointer /none'],
    ['a member of an array', '/0/a', '[[1]]', 'no value'],
    ['an element of an object', '/a/0', '{"a":1,"0":[1]}', 'no value'],
    ['what follows the end', '/b', '{"a":1}{"b":[1]}', 'no value'],
    ['a number', '/a', '{"a":1}', 'non-iterable'],
    ['an array that does not end', '/a', '{"a":[1', 'ends before'],
  ])('to %s fails the reading', async (_what, pointer, text, cause) => {
    const failed = { error: 'States.ItemReaderFailed', cause: expect.stringContaining(cause) };
    await expect(itemsAt(pointer, text)).rejects.toMatchObject(failed);
  });

  test.each([
    ['', []],
    ['/', ['']],
    ['/a~1b/~01', ['a/b', '~1']],
    ['a', undefined],
    ['/a~', undefined],
    ['/~2', undefined],
    [1, undefined],
  ])('%j has the tokens %j', (pointer, tokens) => {
    expect(pointerTokens(pointer)).toEqual(tokens);
  });
});
