import fc from 'fast-check';
import { snappyCompressor } from 'hysnappy';
import { unpackSnappy } from '../../../src/data/parquet/snappy.ts';

const pack = snappyCompressor();

/** Runs that repeat at any distance, and bytes that do not: literals and copies of every length. */
const content = fc
  .array(
    fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 90 }),
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 9 }), fc.integer({ min: 1, max: 80 }))
        .map(([unit, times]) => Buffer.concat(Array.from({ length: times }, () => unit))),
    ),
    { maxLength: 20 },
  )
  .map((parts) => Buffer.concat(parts));

test('unpacks what a packer packed, byte for byte', () => {
  fc.assert(
    fc.property(content, (bytes) => {
      expect(Buffer.from(unpackSnappy(pack(bytes), bytes.length))).toEqual(bytes);
    }),
    { numRuns: 500 },
  );
});

test.each([70, 300, 70_000, 200_000])(
  'unpacks a literal of %d bytes and copies from far behind it',
  (length) => {
    const bytes = Buffer.alloc(length + 500);
    let seed = 1;
    for (let i = 0; i < length; i++) {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      bytes[i] = seed >>> 16;
    }
    bytes.copy(bytes, length, 0, 500);
    expect(Buffer.from(unpackSnappy(pack(bytes), bytes.length)).equals(bytes)).toBe(true);
  },
);

test('reads every form of an element that the format has', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['a literal of a long length in one to four bytes', '06 f0 02 616263 f4 0200 646566'],
    ['and in three and four', '06 f8 020000 616263 fc 02000000 646566'],
    ['copies with distances of one, two and four bytes', '10 08 616263 01 03 0e 0300 0f 03000000 00 7a'],
  ];
  const wanted = ['abcdef', 'abcdef', 'abcabcabcabcabcz'];
  for (const [i, [, hex]] of cases.entries()) {
    const packed = Buffer.from(hex.replaceAll(' ', ''), 'hex');
    expect(Buffer.from(unpackSnappy(packed, wanted[i]?.length ?? 0)).toString()).toBe(wanted[i]);
  }
});

test.each([
  ['nothing', '', 1],
  ['a length that does not end', 'ffffffffff', 1],
  ['a literal that is cut short', '05 10 6162', 5],
  ['a length of a literal that is cut short', '05 f4 02', 5],
  ['more than the page header tells', '03 08 616263', 2],
  ['less than the page header tells', '03 08 616263', 4],
  ['a copy from before the first byte', '08 00 61 0e 0200', 8],
  ['a copy from nowhere', '08 00 61 0e 0000', 8],
  ['a distance that is cut short', '08 00 61 0e 01', 8],
  ['a distance of which only the tag is there', '05 00 61 01', 5],
  ['a copy beyond the end', '03 00 61 0e 0100', 3],
])('refuses %s', (_, hex, length) => {
  const packed = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  expect(() => unpackSnappy(packed, length)).toThrow(/cannot be unpacked as Snappy|outside the bounds/);
});

test('reads a view into a larger buffer alone', () => {
  const whole = Buffer.concat([Buffer.from('xx'), pack(Buffer.from('abcd'.repeat(50))), Buffer.from('yy')]);
  const view = whole.subarray(2, whole.length - 2);
  expect(Buffer.from(unpackSnappy(view, 200)).toString()).toBe('abcd'.repeat(50));
});
