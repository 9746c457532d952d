import fc from 'fast-check';
import { LineTooLong, lines, wholeLines } from '../../src/data/lines.ts';
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

describe('lines of more than 4 bytes', () => {
  const cases: readonly [string, string, number][] = [
    ['', '', 0],
    ['abcd\n', 'abcd\n', 0],
    ['abcd', 'abcd\n', 0],
    ['abcde\n', '', 1],
    ['abcde', '', 1],
    ['a\nabcde\nb\n', 'a\nb\n', 1],
    ['a\nabcdefghijklm\nb', 'a\nb\n', 1],
    ['a\nabcdefghijklm', 'a\n', 1],
    ['abcde\n\nfghij\nklmn\nopqrstuvwxyz', '\nklmn\n', 3],
    ['ééé\nééa\néé\n', 'éé\n', 2],
    ['abcd\r\na\r\n', 'a\r\n', 1],
  ];

  const read = async (stream: AsyncIterable<Uint8Array>) => {
    let left = 0;
    const whole = await collected(wholeLines(stream, { maxLineBytes: 4, onTooLong: () => left++ }));
    return [Buffer.concat(whole).toString(), left];
  };

  test.each(cases)(
    'of %j are left out and counted, wherever the bytes are cut',
    async (text, rest, count) => {
      const bytes = Buffer.from(text);
      for (let cut = 0; cut <= bytes.length; cut++)
        expect(await read(cutAt(bytes, cut))).toEqual([rest, count]);
      for (const size of [1, 2, 3, 5, 7, 100]) expect(await read(pieces(bytes, size))).toEqual([rest, count]);
    },
  );

  test.each(cases)(
    'in %j are an error where nobody is told, wherever the bytes are cut',
    async (text, rest, count) => {
      const bytes = Buffer.from(text);
      for (let cut = 0; cut <= bytes.length; cut++) {
        const found = collected(wholeLines(cutAt(bytes, cut), { maxLineBytes: 4 }));
        if (count > 0) await expect(found).rejects.toThrow(LineTooLong);
        else expect(Buffer.concat(await found).toString()).toBe(rest);
      }
    },
  );

  test('are told of in their place', async () => {
    const told: string[] = [];
    const stream = pieces(Buffer.from('a\nabcdef\nb\nc\nabcdef'), 3);
    for await (const piece of wholeLines(stream, { maxLineBytes: 4, onTooLong: () => told.push('-') }))
      told.push(piece.toString());
    expect(told.join('')).toBe('a\n-b\nc\n-');
  });

  test('are those that a split finds', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'bc', 'é', '\n'), maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 9 }), async (content, size) => {
        const all = content.split('\n');
        if (all.at(-1) === '') all.pop();
        const short = all.filter((line) => Buffer.byteLength(line) <= 4);
        const rest = short.map((line) => `${line}\n`).join('');
        expect(await read(pieces(Buffer.from(content), size))).toEqual([rest, all.length - short.length]);
      }),
    );
  });
});

test('of a line that is left out nothing is kept while it goes on', async () => {
  const [pieceBytes, count] = [1024 * 1024, 300];
  let most = 0;
  async function* endless() {
    yield Buffer.from('a\n');
    for (let i = 0; i < count; i++) {
      yield Buffer.alloc(pieceBytes, 'x');
      most = Math.max(most, process.memoryUsage().arrayBuffers);
    }
    yield Buffer.from('\nb\n');
  }
  const before = process.memoryUsage().arrayBuffers;
  let left = 0;
  const limits = { maxLineBytes: 3 * pieceBytes, onTooLong: () => left++ };
  expect(Buffer.concat(await collected(wholeLines(endless(), limits))).toString()).toBe('a\nb\n');
  expect(left).toBe(1);
  expect(most - before).toBeLessThan((count / 2) * pieceBytes);
});
