import fc from 'fast-check';
import Papa from 'papaparse';
import { float32Text } from '../../src/data/float32-text.ts';
import { csvField, OutputBuffer } from '../../src/data/output-buffer.ts';
import { vectorText } from '../../src/data/vector-text.ts';

const text = fc.string({
  unit: fc.oneof(fc.constantFrom(...'a,;\t|"\n\r \uFEFFé東🚀\u2028\u00ef'), fc.constant('plain ')),
  maxLength: 12,
});
const delimiter = fc.constantFrom(',', ';', '\t', '|');

function written(separator: string, write: (out: OutputBuffer) => void): string {
  const out = new OutputBuffer(separator);
  write(out);
  return Buffer.from(out.take()).toString('utf8');
}

test('a field is quoted as papaparse quotes it, from text and from bytes', () => {
  fc.assert(
    fc.property(text, delimiter, (value, separator) => {
      const expected = Papa.unparse([[value]], { delimiter: separator });
      expect(csvField(value, separator)).toBe(expected);
      const bytes = Buffer.from(`"${value}"`);
      const slice = { bytes, start: 1, end: bytes.length - 1 };
      expect(written(separator, (out) => out.field(slice))).toBe(expected);
    }),
    { numRuns: 3000 },
  );
});

test('pieces follow one another, however large', () => {
  const long = Buffer.from('"é'.repeat(700_000));
  const out = new OutputBuffer(',');
  expect(out.isFull).toBe(false);
  out.text('é,');
  out.field({ bytes: long, start: 0, end: long.length });
  expect(out.isFull).toBe(true);
  out.delimiter();
  out.raw(Buffer.from('x'));
  expect(Buffer.from(out.take()).toString()).toBe(`é,"${'""é'.repeat(700_000)}",x`);
  expect(out.take()).toHaveLength(0);
});

const floats = fc.float32Array({ maxLength: 20 });
const usual = fc
  .array(fc.double({ min: -2, max: 2, noNaN: true }), { maxLength: 20 })
  .map((all) => Float32Array.from(all));
const decimals = fc
  .array(fc.tuple(fc.integer(), fc.nat({ max: 9 })), { maxLength: 20 })
  .map((all) => Float32Array.from(all, ([n, e]) => n / 10 ** e));

test('a vector is the shortest JSON that reads back as the same floats', () => {
  fc.assert(
    fc.property(fc.oneof(floats, usual, decimals), (vector) => {
      const json = written(';', (out) => out.vector(vector));
      expect(json).toBe(`[${Array.from(vector, float32Text).join(',')}]`);
      expect(vectorText(vector)).toBe(json);
      expect(written(',', (out) => out.vector(vector))).toBe(Papa.unparse([[json]]));
      const read = (JSON.parse(json) as (number | null)[]).map((value) =>
        value === null ? null : Math.fround(value),
      );
      expect(read).toEqual(Array.from(vector, (value) => (Number.isFinite(value) ? value : null)));
    }),
    { numRuns: 3000 },
  );
});

test.each([
  [0.1, '0.1'],
  [1 / 3, '0.33333334'],
  [-0, '-0'],
  [100, '100'],
  [123456.789, '123456.79'],
  [0.000001, '0.000001'],
  [1e-7, '1e-7'],
  [16777216, '16777216'],
  [3.4028234663852886e38, '3.4028235e+38'],
  [Number.NaN, 'null'],
])('%d is written as %s', (value, expected) => {
  expect(written(',', (out) => out.vector(Float32Array.of(value)))).toBe(`[${expected}]`);
});

const doubles = fc.oneof(
  fc.float64Array({ maxLength: 20 }),
  fc.array(fc.double({ min: -2, max: 2 }), { maxLength: 20 }).map((all) => Float64Array.from(all)),
  fc
    .array(fc.tuple(fc.maxSafeInteger(), fc.integer({ min: -340, max: 310 })), { maxLength: 20 })
    .map((all) => Float64Array.from(all, ([n, e]) => Number(`${n}e${e}`))),
);

test('a vector of doubles is the shortest JSON that reads back as the same doubles', () => {
  fc.assert(
    fc.property(doubles, (vector) => {
      const json = written(';', (out) => out.vector(vector));
      expect(vectorText(vector)).toBe(json);
      expect(written(',', (out) => out.vector(vector))).toBe(Papa.unparse([[json]]));
      const read = JSON.parse(json) as (number | null)[];
      // toEqual tells -0 from 0.
      expect(read).toEqual(Array.from(vector, (value) => (Number.isFinite(value) ? value : null)));
    }),
    { numRuns: 3000 },
  );
});

test.each([
  ['0.1', '0.1'],
  ['0.30000000000000004', '0.30000000000000004'],
  ['-0', '-0'],
  ['1e-320', '1e-320'],
  ['5e-324', '5e-324'],
  ['1.7976931348623157e308', '1.7976931348623157e+308'],
  ['9007199254740993', '9007199254740992'],
  ['-0.0000012345678901234567', '-0.0000012345678901234567'],
  ['1e999', 'null'],
])('the double %s is written as %s', (value, expected) => {
  expect(written(',', (out) => out.vector(Float64Array.of(Number(value))))).toBe(`[${expected}]`);
});

test('a long vector fits into the room that is made for it', () => {
  const vector = new Float64Array(100_000).fill(-1.2345678901234567e-6);
  const json = written(',', (out) => out.vector(vector));
  expect(json).toBe(`"[${Array.from(vector, String).join(',')}]"`);
});
