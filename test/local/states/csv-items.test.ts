import fc from 'fast-check';
import { csvItems } from '../../../src/local/states/map/csv-items.ts';

async function* inPieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function itemsOf(text: string, headers?: readonly string[], size = 3): Promise<unknown[]> {
  const items: unknown[] = [];
  const format = { type: 'CSV', delimiter: ',', headers } as const;
  for await (const item of csvItems(inPieces(text, size), format)) items.push(item);
  return items;
}

const quoted = (field: string) => `"${field.replaceAll('"', '""').replaceAll('\\', '\\\\')}"`;

describe('items of a CSV', () => {
  test('are those of its text, wherever its chunks are cut', async () => {
    const field = fc.string({
      unit: fc.constantFrom('a', 'é', '😀', '"', ',', '\n', '\\', ' '),
      maxLength: 6,
    });
    const rows = fc.array(fc.tuple(field, field));
    const property = fc.asyncProperty(rows, fc.integer({ min: 1, max: 9 }), async (given, size) => {
      const text = given.map((row) => row.map(quoted).join(',')).join('\r\n');
      const expected = given.map(([a, b]) => ({ a, b }));
      expect(await itemsOf(text, ['a', 'b'], size)).toEqual(expected);
    });
    await fc.assert(property, { numRuns: 200 });
  });

  test.each([
    ['a byte order mark is no part of the header', '\ufeffa\n1', [{ a: '1' }]],
    ['empty lines are no rows', 'a\n\n1\n\n\n2\n', [{ a: '1' }, { a: '2' }]],
    ['an empty field in quotes is a row', 'a\n""\n', [{ a: '' }]],
    ['text after closing quotes belongs to the field', 'a\n"1"2', [{ a: '12' }]],
    ['a quote inside of a field is one', 'a\nb"c"d', [{ a: 'b"c"d' }]],
    ['a quote at the end of a field too', 'a,b\nx",1', [{ a: 'x"', b: '1' }]],
    ['quotes that do not close end with the file', 'a\n"1\n2', [{ a: '1\n2' }]],
    ['a backslash in quotes keeps the quote', 'a\n"1\\"2"', [{ a: '1"2' }]],
    ['a backslash at the end of a line goes away', 'a\n1\\\n2', [{ a: '1' }, { a: '2' }]],
    ['nothing has no items', '', []],
  ])('%s', async (_what, text, expected) => {
    expect(await itemsOf(text)).toEqual(expected);
  });

  test('a header is at most 10 KiB', async () => {
    await expect(itemsOf('a'.repeat(10_241))).rejects.toMatchObject({ error: 'States.ItemReaderFailed' });
  });

  test('a field without end is not collected without end', async () => {
    const endless = async function* () {
      for (;;) yield Buffer.alloc(1024 * 1024, 'x');
    };
    const items = csvItems(endless(), { type: 'CSV', delimiter: ',', headers: ['a'] });
    await expect(items.next()).rejects.toMatchObject({ cause: expect.stringContaining('exceeds') });
  });
});
