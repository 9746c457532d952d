import fc from 'fast-check';
import { readRleBitPackedHybrid } from 'hyparquet/src/encoding.js';
import { LevelRuns } from '../../../src/data/parquet/level-runs.ts';
import { RleReader, type RleSource } from '../../../src/data/parquet/rle.ts';

/** Reads integers in steps, as pages are read. */
function decodeRle(source: RleSource, width: number, out: Int32Array, count: number, step = count): void {
  const reader = new RleReader(source, width);
  for (let at = 0; at < count; at += step) reader.read(out, Math.min(step, count - at), at);
}

interface Run {
  readonly packed: boolean;
  readonly values: readonly number[];
}

function varint(value: number): number[] {
  return value > 0x7f ? [(value % 128) | 0x80, ...varint(Math.floor(value / 128))] : [value];
}

/** The plain encoder: bits one by one. */
function encode(runs: readonly Run[], width: number): Uint8Array {
  const bytes = runs.flatMap(({ packed, values }) => {
    if (!packed) {
      const value = BigInt(values[0] ?? 0);
      const stored = Array.from({ length: Math.ceil(width / 8) }, (_, i) =>
        Number((value >> BigInt(8 * i)) & 255n),
      );
      return [...varint(values.length * 2), ...stored];
    }
    const bits = values.flatMap((value) =>
      Array.from({ length: width }, (_, i) => Math.floor(value / 2 ** i) % 2),
    );
    const stored = Array.from({ length: bits.length / 8 }, (_, byte) =>
      bits.slice(byte * 8, byte * 8 + 8).reduce((sum, bit, i) => sum + bit * 2 ** i, 0),
    );
    return [...varint((values.length / 8) * 2 + 1), ...stored];
  });
  return Uint8Array.from(bytes);
}

const encodedRuns = fc.integer({ min: 1, max: 32 }).chain((width) => {
  const value = fc.integer({ min: 0, max: 2 ** width - 1 });
  const repeated = fc
    .tuple(value, fc.integer({ min: 1, max: 300 }))
    .map(([one, length]) => ({ packed: false, values: Array<number>(length).fill(one) }));
  const packed = fc
    .integer({ min: 1, max: 5 })
    .chain((groups) => fc.array(value, { minLength: groups * 8, maxLength: groups * 8 }))
    .map((values) => ({ packed: true, values }));
  return fc.record({
    width: fc.constant(width),
    runs: fc.array(fc.oneof(repeated, packed), { maxLength: 6 }),
  });
});

test('runs and bit-packed groups of every width decode to their values', () => {
  fc.assert(
    fc.property(encodedRuns, fc.integer({ min: 1, max: 50 }), ({ width, runs }, step) => {
      const values = runs.flatMap((run) => run.values);
      const bytes = encode(runs, width);
      const out = new Int32Array(values.length);
      decodeRle({ bytes, at: 0, end: bytes.length }, width, out, values.length, step);
      expect(Array.from(out, (value) => value >>> 0)).toEqual(values);
    }),
    { numRuns: 100 },
  );
});

test('a last group that is cut where its values end is whole, one that is cut within them is not', () => {
  const bytes = encode([{ packed: true, values: [1, 2, 3, 0, 0, 0, 0, 0] }], 8);
  const out = new Int32Array(3);
  decodeRle({ bytes: bytes.subarray(0, 4), at: 0, end: 4 }, 8, out, 3);
  expect([...out]).toEqual([1, 2, 3]);
  const cut = { bytes: bytes.subarray(0, 3), at: 0, end: 3 };
  expect(() => decodeRle(cut, 8, out, 3)).toThrow('run-length encoded values end early');
});

test('values of no width are zeros that take no bytes', () => {
  const out = Int32Array.of(7, 7, 7);
  decodeRle({ bytes: new Uint8Array(), at: 0, end: 0 }, 0, out, 2);
  expect([...out]).toEqual([0, 0, 7]);
});

test('levels that were written in runs are read by the plain decoder', () => {
  const run = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 2000 }));
  fc.assert(
    fc.property(fc.array(run, { maxLength: 30 }), (runs) => {
      const levels = new LevelRuns();
      for (const [level, count] of runs) levels.add(level, count);
      const expected = runs.flatMap(([level, count]) => Array<number>(count).fill(level));
      expect(levels.count).toBe(expected.length);
      const bytes = levels.end();
      const out = new Array<number>(expected.length);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      readRleBitPackedHybrid({ view, offset: 0 }, 2, out);
      expect(out).toEqual(expected);
      expect(levels.count).toBe(0);
    }),
    { numRuns: 30 },
  );
});
