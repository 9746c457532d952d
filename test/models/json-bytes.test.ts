import fc from 'fast-check';
import { AnswerScratch } from '../../src/models/answer-scratch.ts';
import { readFloat32 } from '../../src/models/float32-bytes.ts';
import { jsonIn, skipString, skipValue } from '../../src/models/json-bytes.ts';
import { unescapeText } from '../../src/models/json-text.ts';
import { corrupted, jsonNumber, jsonString, jsonText } from './json-texts.ts';

const line = (text: string | Uint8Array) =>
  jsonIn(Buffer.concat([Buffer.from(text as string), Buffer.of(0x0a)]));

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test('a value is skipped as a whole where JSON.parse takes it, and not where it does not', () => {
  fc.assert(
    fc.property(corrupted(jsonText), (bytes) => {
      const text = bytes.toString('latin1');
      // Only what is a value from its first to its last byte is one to be skipped.
      fc.pre(!/^[ \t\r]|[ \t\r]$/.test(text));
      const { bytes: json, view } = line(bytes);
      const whole = bytes.length > 0 && isJson(text);
      expect(skipValue(json, 0) === bytes.length && bytes.length > 0).toBe(whole);
      expect(skipValue(json, 0, view)).toBe(skipValue(json, 0));
    }),
    { numRuns: 3000 },
  );
});

test.each([
  '[1,]',
  '[,1]',
  '[1 2]',
  '{"a":1,}',
  '{,}',
  '{"a"}',
  '{"a":}',
  '{a:1}',
  '01',
  '-',
  '1.',
  '.5',
  '1e',
  '+1',
  'nul',
  'truex',
  '"\t"',
  '"\\x"',
  '"\\u12g4"',
  '"',
  '[',
  '{"a":1',
])('%s is no value', (text) => expect(skipValue(line(text).bytes, 0)).not.toBe(text.length));

test('a value of very many levels is left to others', () => {
  expect(skipValue(line('['.repeat(5000) + ']'.repeat(5000)).bytes, 0)).toBe(-1);
});

test('a string comes out as JSON.parse reads it, but for half of a pair', () => {
  fc.assert(
    fc.property(jsonString, (text) => {
      const json = line(text);
      const end = skipString(json.bytes, 0, json.view);
      expect(end).toBe(Buffer.byteLength(text));
      const scratch = new AnswerScratch();
      const length = unescapeText(json, 1, end - 1, scratch, 0);
      const expected = JSON.parse(text) as string;
      if (/\p{Surrogate}/u.test(expected)) expect(length).toBe(-1);
      else expect(Buffer.from(scratch.bytes.subarray(0, length)).toString()).toBe(expected);
    }),
    { numRuns: 2000 },
  );
});

const read = (text: string) => {
  const floats = new Float32Array(1);
  return { end: readFloat32(line(`${text},`), 0, floats, 0), bits: new Uint32Array(floats.buffer)[0] };
};
const bitsOf = (value: number) => new Uint32Array(Float32Array.of(value).buffer)[0];
const expectFloat = (text: string) => {
  const value = JSON.parse(text) as number;
  if (Number.isFinite(value))
    expect([text, read(text)]).toEqual([text, { end: text.length, bits: bitsOf(value) }]);
  else expect(read(text).end).toBe(-1);
};

test('a number becomes the float that JSON.parse and rounding make of it, to the bit', () => {
  fc.assert(fc.property(jsonNumber, expectFloat), { numRuns: 5000 });
});

test('so does one next to the middle between two floats', () => {
  const bits = fc.integer({ min: 0x30000000, max: 0x4d000000 });
  fc.assert(
    fc.property(bits, fc.constantFrom(0, 1, -1), fc.integer({ min: 8, max: 40 }), (low, ulps, digits) => {
      const [a, b] = new Float32Array(Uint32Array.of(low, low + 1).buffer);
      const middle = (((a as number) + (b as number)) / 2) * (1 + ulps * Number.EPSILON);
      expectFloat(String(middle));
      expectFloat(middle.toFixed(digits));
      expectFloat(middle.toExponential(Math.min(digits, 20)));
    }),
    { numRuns: 2000 },
  );
});

test.each(['-', '', '.5', '1.', '01.5', '-01.5', '--1', '1.e5', 'null', '"1"', '1e', '1.5e', ']'])(
  '%j is no number of a vector',
  (text) => expect(read(text).end).toBe(-1),
);
