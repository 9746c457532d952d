import fc from 'fast-check';
import { snappyCompressor } from 'hysnappy';
import { unpackSnappy } from '../../../src/data/parquet/snappy.ts';
import { unpackedSnappy } from '../../../src/data/parquet/snappy-stream.ts';

const pack = snappyCompressor();

/** Unpacks bytes that come in pieces of some length. */
async function unpackPieces(packed: Uint8Array, length: number, pieceLength: number): Promise<Buffer> {
  async function* pieces() {
    for (let at = 0; at < packed.length; at += pieceLength) yield packed.subarray(at, at + pieceLength);
  }
  const blocks: Buffer[] = [];
  for await (const block of unpackedSnappy(pieces(), length)) blocks.push(Buffer.from(block));
  return Buffer.concat(blocks);
}

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

test('unpacks bytes as they come, however they are cut', async () => {
  const pieceLengths = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 500 }));
  await fc.assert(
    fc.asyncProperty(content, pieceLengths, async (bytes, pieceLength) => {
      expect(await unpackPieces(pack(bytes), bytes.length, pieceLength)).toEqual(bytes);
    }),
    { numRuns: 300 },
  );
});

test.each([1000, 65_537, 10_000_000])('unpacks some megabytes in pieces of %d bytes', async (pieceLength) => {
  const words = Array.from({ length: 300_000 }, (_, i) => `${(i * 7919) % 1013} words ${i % 97} `).join('');
  const noise = Array.from({ length: 20_000 }, (_, i) => Math.imul(i, 2_654_435_761).toString(36)).join('');
  const bytes = Buffer.from(words + noise + words);
  expect(bytes.length).toBeGreaterThan(6_000_000);
  expect((await unpackPieces(pack(bytes), bytes.length, pieceLength)).equals(bytes)).toBe(true);
});

test('refuses a copy from further back than packers look, where all is not held', async () => {
  // The length, a literal of 70,000 bytes (its length less one in three bytes), and a copy of 4 from its beginning.
  const literal = Buffer.alloc(70_000, 'abcdefg');
  const whole = Buffer.concat([
    Buffer.from([0xf4, 0xa2, 0x04, 0xf8, 0x6f, 0x11, 0x01]),
    literal,
    Buffer.from([0x0f, 0x70, 0x11, 0x01, 0]),
  ]);
  const length = 70_004;
  expect(Buffer.from(unpackSnappy(whole, length)).subarray(-4).toString()).toBe('abcd');
  await expect(unpackPieces(whole, length, 1000)).rejects.toThrow('copies from 70000 bytes before');
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
])('refuses %s', async (_, hex, length) => {
  const packed = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  const refusal = /cannot be unpacked as Snappy|outside the bounds/;
  expect(() => unpackSnappy(packed, length)).toThrow(refusal);
  await expect(unpackPieces(packed, length, 2)).rejects.toThrow(refusal);
});

test('reads a view into a larger buffer alone', () => {
  const whole = Buffer.concat([Buffer.from('xx'), pack(Buffer.from('abcd'.repeat(50))), Buffer.from('yy')]);
  const view = whole.subarray(2, whole.length - 2);
  expect(Buffer.from(unpackSnappy(view, 200)).toString()).toBe('abcd'.repeat(50));
});
