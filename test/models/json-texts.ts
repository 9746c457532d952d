import fc from 'fast-check';

/** JSON texts as any writer may form them: escapes that need not be, blanks, keys that come twice, numbers of odd forms. */

const blank = fc.constantFrom('', '', '', ' ', '\t', '\r', '  ');
const padded = (text: fc.Arbitrary<string>) => fc.tuple(blank, text, blank).map((parts) => parts.join(''));

const unit = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...'abc {}[]:,/é東🚀\u2028\u007f0') },
  fc.constantFrom(
    '\\n',
    '\\"',
    '\\\\',
    '\\/',
    '\\u0041',
    '\\u00e9',
    '\\u6771',
    '\\ud83d\\ude80',
    '\\b',
    '\\f',
  ),
  fc.constantFrom('\\ud83d', '\\ude80', '\\uD83D\\u0041', '\\u0000'),
);

/** A string with its quotes; now and then one that stands for a given text. */
export const jsonString = fc.array(unit, { maxLength: 12 }).map((units) => `"${units.join('')}"`);

export const jsonNumber = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.integer({ min: -5, max: 3000 }).map(String),
  fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.constantFrom('-0', '0.0', '-0.0', '1e5', '1E-7', '2.50e+3', '1e400', '-1e-400', '3.4e38', '3.5e38'),
  fc
    .tuple(fc.constantFrom('', '-'), fc.nat({ max: 20 }), fc.stringMatching(/^[0-9]{1,30}$/))
    .map(([sign, whole, digits]) => `${sign}${whole}.${digits}`),
);

export const jsonObject = (member: fc.Arbitrary<readonly [string, string]>) =>
  fc
    .array(padded(member.map(([key, value]) => `${key}:${value}`)), { maxLength: 5 })
    .map((members) => `{${members.join(',')}}`);

export const jsonArray = (element: fc.Arbitrary<string>, maxLength = 4) =>
  fc.array(padded(element), { maxLength }).map((elements) => `[${elements.join(',')}]`);

export const jsonText: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('null', 'true', 'false'),
    jsonString,
    jsonNumber,
    jsonObject(fc.tuple(jsonString, padded(tie('value')))),
    jsonArray(tie('value')),
  ),
})).value;

/** A key, at times with an escape in it, which is the same key to a parser. */
const key = (name: string) =>
  fc.oneof(
    { weight: 9, arbitrary: fc.constant(`"${name}"`) },
    fc.constant(`"\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}"`),
  );

/** An object whose members are often the given ones, of the given shapes, and at times of any shape. */
export function jsonOf(members: Readonly<Record<string, fc.Arbitrary<string>>>): fc.Arbitrary<string> {
  const known = Object.entries(members).map(([name, value]) =>
    fc.tuple(key(name), fc.oneof({ weight: 12, arbitrary: value }, jsonText)).map(([k, v]) => `${k}: ${v}`),
  );
  const whole = fc.tuple(...known).chain((all) => fc.shuffledSubarray(all, { minLength: all.length }));
  const part = fc.tuple(...known).chain((all) => fc.shuffledSubarray(all));
  const odd = fc.array(
    fc.oneof(
      ...known,
      fc.tuple(jsonString, jsonText).map(([k, v]) => `${k}:${v}`),
    ),
    {
      maxLength: 6,
    },
  );
  return fc.oneof({ weight: 6, arbitrary: whole }, part, odd).map((all) => `{${all.join(', ')}}`);
}

/** Bytes of a text, at times with one of them changed, taken out or put in. */
export function corrupted(text: fc.Arbitrary<string>): fc.Arbitrary<Buffer> {
  const bytes = text.map((value) => Buffer.from(value));
  const byte = fc.oneof(
    fc.constantFrom(...Buffer.from('"\\{}[],:0-.eu \t\r\u0001')),
    fc.integer({ min: 11, max: 255 }),
  );
  const changed = fc
    .tuple(bytes, fc.nat(), byte, fc.constantFrom(0, 1), fc.boolean())
    .map(([whole, place, put, taken, isPut]) => {
      const at = place % (whole.length + 1);
      return Buffer.concat([
        whole.subarray(0, at),
        isPut ? Buffer.of(put) : Buffer.of(),
        whole.subarray(at + taken),
      ]);
    });
  const cut = fc.tuple(bytes, fc.nat()).map(([whole, at]) => whole.subarray(0, at % (whole.length + 1)));
  return fc.oneof({ weight: 3, arbitrary: bytes }, changed, cut);
}
