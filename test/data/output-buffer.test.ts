import fc from 'fast-check';
import Papa from 'papaparse';
import { float32Text } from '../../src/data/float32-text.ts';
import { csvField, OutputBuffer } from '../../src/data/output-buffer.ts';

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
