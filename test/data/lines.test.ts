import fc from 'fast-check';
import { gathered, LineTooLong, lines, wholeLines } from '../../src/data/lines.ts';
import { collected, cutAt, pieces } from './memory-source.ts';

const linesOf = (text: string, size = 1) => collected(lines(pieces(Buffer.from(text), size)));

test.each([
  ['', []],
  ['\n', []],
  ['\n\n\n', []],
  ['a', ['a']],
  ['a\n', ['a']],
  ['a\n\nb', ['a', 'b']],
  ['a\r\nb\r\n', ['a\r', 'b\r']],
  ['a\u2028b\u2029c\u0085d\n', ['a\u2028b\u2029c\u0085d']],
  ['\u000b\u000c\n', ['\u000b\u000c']],
  [' \n', [' ']],
  ['é東🚀\n🚀', ['é東🚀', '🚀']],
])('the lines of %j are %j, wherever the bytes are cut', async (text, expected) => {
  const bytes = Buffer.from(text);
  for (let cut = 0; cut <= bytes.length; cut++)
    expect(await collected(lines(cutAt(bytes, cut)))).toEqual(expected);
  for (const size of [1, 2, 3]) expect(await linesOf(text, size)).toEqual(expected);
});

test('pieces hold whole lines alone, and all of them, wherever the bytes are cut', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', '\n', '\r', 'é', 'bcd'), maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(text, fc.integer({ min: 1, max: 9 }), async (content, size) => {
      const found = await collected(wholeLines(pieces(Buffer.from(content), size)));
      const ended = content === '' || content.endsWith('\n') ? content : `${content}\n`;
      expect(Buffer.concat(found).toString()).toBe(ended);
      expect(found.every((piece) => piece.at(-1) === 0x0a)).toBe(true);
    }),
  );
});

test('a line keeps what the buffer behind it becomes', async () => {
  // A reader may use one buffer for every piece, as long as a line that is out stays as it is.
  async function* overwritten() {
    const buffer = Buffer.from('ab\ncd\n');
    yield buffer;
    buffer.fill(0x78);
  }
  expect(await collected(lines(overwritten()))).toEqual(['ab', 'cd']);
});

test('a view into a larger buffer is read alone', async () => {
  async function* view() {
    yield new Uint8Array(Buffer.from('xxa\nbyy')).subarray(2, 5);
  }
  expect(await collected(lines(view()))).toEqual(['a', 'b']);
});

test('gathers parts without losing, adding or reordering a byte', async () => {
  const part = fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array({ maxLength: 20 }));
  await fc.assert(
    fc.asyncProperty(fc.array(part), fc.integer({ min: 1, max: 40 }), async (parts, size) => {
      async function* stream() {
        yield* parts;
      }
      const whole = Buffer.concat(parts.map((any) => Buffer.from(any as Uint8Array)));
      const out = await collected(gathered(stream(), size));
      expect(Buffer.concat(out)).toEqual(whole);
      expect(out.every((piece) => piece.length > 0)).toBe(true);
      expect(out.slice(0, -1).every((piece) => piece.length >= size)).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test('gathers many small parts into a few', async () => {
  async function* small() {
    for (let i = 0; i < 100_000; i++) yield 'twenty-two characters\n';
  }
  expect((await collected(gathered(small()))).length).toBeLessThanOrEqual(3);
});

test('a line that is longer than memory should hold is an error, wherever the pieces end', async () => {
  for (const size of [1, 7, 50, 1000]) {
    const read = async (text: string) => collected(wholeLines(pieces(Buffer.from(text), size), 100));
    expect(Buffer.concat(await read(`${'a'.repeat(99)}\nb\n`)).toString()).toBe(`${'a'.repeat(99)}\nb\n`);
    if (size < 100) await expect(read(`b\n${'a'.repeat(300)}\n`)).rejects.toThrow(LineTooLong);
  }
});
