import fc from 'fast-check';
import { dateText, timestampText } from '../../src/data/parquet/calendar.ts';
import { doubleText } from '../../src/data/parquet/number-text.ts';
import type { OutputValue } from '../../src/data/parquet/types.ts';
import { convert, type InferredType, TypeInference } from '../../src/data/type-inference.ts';

/** The type of a column of texts. */
function inferred(texts: readonly (string | null)[]): InferredType | undefined {
  const inference = new TypeInference(['c']);
  for (const text of texts) inference.add([text]);
  return inference.types()[0];
}

const COLUMNS: readonly { readonly texts: readonly (string | null)[]; readonly type: InferredType }[] = [
  { texts: ['0', '-1', '42'], type: 'int64' },
  { texts: ['9223372036854775807', '-9223372036854775808'], type: 'int64' },
  { texts: ['9007199254740993'], type: 'int64' },
  { texts: ['9223372036854775808'], type: 'string' },
  { texts: ['-9223372036854775809'], type: 'string' },
  { texts: ['100000000000000000000'], type: 'double' },
  { texts: ['1', '2.5'], type: 'double' },
  { texts: ['1.0', '2.5', '-0.0', '', 'NaN', '100000000000000000000.0'], type: 'double' },
  { texts: ['0.0'], type: 'double' },
  { texts: ['1', '2.0'], type: 'string' },
  { texts: ['1.00', '2.0'], type: 'string' },
  { texts: ['01.0'], type: 'string' },
  { texts: ['1e+21.0'], type: 'string' },
  { texts: ['1', '', null, '2'], type: 'int64' },
  { texts: ['1', '-0'], type: 'double' },
  { texts: ['1.5', '-0.25', '1e+21', '5e-324', '1e-7', '1.5e-7', '-1.25e-10'], type: 'double' },
  { texts: ['0.1', 'NaN', '-Infinity'], type: 'double' },
  { texts: ['NaN', 'Infinity'], type: 'string' },
  { texts: ['9007199254740993', '0.5'], type: 'string' },
  ...[
    ...[
      '001',
      '+1',
      '1e5',
      '1.50',
      '.5',
      '1.',
      '1,5',
      '0x10',
      ' 1',
      '1 ',
      '--1',
      '-',
      '1_000',
      '1n',
      '00',
      '-00',
    ],
    ...['NA', 'nan', 'inf', 'N', 'I', 'Infinit', 'null', '0.1000000000000000055511151231257827', '1E+21'],
    ...['TRUE', 'True', 't', 'yes', 'truer', '\u0661', '\u{1F680}', '1\u00a0'],
  ].map((text) => ({ texts: [text], type: 'string' as const })),
  { texts: ['true', 'false', ''], type: 'boolean' },
  { texts: ['true', '1'], type: 'string' },
  { texts: ['2024-01-31', '0000-02-29', '9999-12-31'], type: 'date' },
  ...['2023-02-29', '2024-00-10', '2024-13-01', '2024-04-31', '2024-1-31', '2024-01-31 ', '1900-02-29'].map(
    (text) => ({ texts: [text], type: 'string' as const }),
  ),
  { texts: ['2024-01-31', '2024-01-31T10:00:00'], type: 'string' },
  { texts: ['2024-01-31T10:00:00', '1969-12-31T23:59:59'], type: 'timestamp' },
  { texts: ['2024-01-31 10:00:00'], type: 'timestamp' },
  { texts: ['2024-01-31 10:00:00.123456'], type: 'timestamp' },
  { texts: ['2024-01-31T10:00:00.120'], type: 'timestamp' },
  { texts: ['2024-01-31T10:00:00Z', '2024-02-29T00:00:00Z'], type: 'timestamp_utc' },
  { texts: ['2024-01-31 10:00:00.000000Z'], type: 'timestamp_utc' },
  { texts: ['2024-01-31T10:00:00', '2024-01-31 10:00:00'], type: 'string' },
  { texts: ['2024-01-31T10:00:00', '2024-01-31T10:00:00.5'], type: 'string' },
  { texts: ['2024-01-31T10:00:00', '2024-01-31T10:00:00.500'], type: 'string' },
  { texts: ['2024-01-31T10:00:00', '2024-01-31T10:00:00Z'], type: 'string' },
  ...['2024-01-31T24:00:00', '2024-01-31T10:60:00', '2024-01-31T10:00', '2024-02-30T10:00:00'].map(
    (text) => ({
      texts: [text],
      type: 'string' as const,
    }),
  ),
  ...['2024-01-31T10:00:00+02:00', '2024-01-31T10:00:00.123456789', '2024-01-31T10:00:60'].map((text) => ({
    texts: [text],
    type: 'string' as const,
  })),
  { texts: [], type: 'string' },
  { texts: ['', null, ''], type: 'string' },
];

test.each(COLUMNS)('$texts is $type', ({ texts, type }) => {
  expect(inferred(texts)).toBe(type);
});

const VALUES: readonly {
  readonly type: InferredType;
  readonly text: string | null;
  readonly value: OutputValue;
}[] = [
  { type: 'string', text: '', value: '' },
  { type: 'string', text: null, value: null },
  { type: 'string', text: '12', value: '12' },
  { type: 'int64', text: '', value: null },
  { type: 'int64', text: null, value: null },
  { type: 'int64', text: '-12', value: -12 },
  { type: 'int64', text: '9007199254740991', value: 9007199254740991 },
  { type: 'int64', text: '9007199254740993', value: 9007199254740993n },
  { type: 'double', text: '12', value: 12 },
  { type: 'double', text: '-0', value: -0 },
  { type: 'double', text: 'NaN', value: Number.NaN },
  { type: 'boolean', text: 'true', value: true },
  { type: 'boolean', text: 'false', value: false },
  { type: 'date', text: '1970-01-02', value: 1 },
  { type: 'date', text: '1969-12-31', value: -1 },
  { type: 'date', text: '', value: null },
  { type: 'timestamp', text: '1970-01-01T00:00:01', value: 1_000_000n },
  { type: 'timestamp', text: '1969-12-31 23:59:59.999999', value: -1n },
  { type: 'timestamp_utc', text: '1970-01-01T00:00:00.001Z', value: 1000n },
];

test.each(VALUES)('$type of $text is $value', ({ type, text, value }) => {
  expect(convert(type, text)).toBe(value);
});

test.each([
  { type: 'int64', text: '1.5' },
  { type: 'int64', text: '007' },
  { type: 'double', text: '1.50' },
  { type: 'boolean', text: 'yes' },
  { type: 'date', text: '2024-02-30' },
  { type: 'timestamp', text: '2024-01-31T10:00:00Z' },
  { type: 'timestamp_utc', text: '2024-01-31' },
] as const)('$text is refused as $type', ({ type, text }) => {
  expect(() => convert(type, text)).toThrow(`Cannot convert a value: it must be a ${type}, as all others`);
});

/** The text that a value is written as; timestamps have the form of an example. */
function written(type: InferredType, value: OutputValue, example: string): string {
  if (type === 'date') return dateText(Number(value));
  if (type === 'double') {
    const plain = doubleText(Number(value));
    // As Python writes a whole number among doubles.
    return /^-?\d+$/.test(plain) && example.endsWith('.0') ? `${plain}.0` : plain;
  }
  if (!type.startsWith('timestamp')) return String(value);
  const zone = example.endsWith('Z') ? 'Z' : '';
  const length = example.length - zone.length;
  return (
    timestampText(BigInt(String(value)), 'MICROS')
      .slice(0, length)
      .replace('T', example[10] ?? '') + zone
  );
}

const digits = (from: string, length: number) =>
  fc.string({ unit: fc.constantFrom(...from), minLength: length, maxLength: length });
const twoDigits = digits('0123456789', 2);
const anyText = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'0123456789-+.eEnN'), maxLength: 22 }),
  fc.double().map(String),
  fc.float().map(String),
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map(String),
  fc.date({ min: new Date(0), noInvalidDate: true }).map((date) => date.toISOString()),
  fc
    .tuple(
      digits('0129', 4),
      twoDigits,
      twoDigits,
      fc.constantFrom('', 'T10:00:00', ' 23:59:59.999', 'T00:00:00.000001', 'T09:30:00Z', 't10:00:00'),
    )
    .map(([year, month, day, time]) => `${year}-${month}-${day}${time}`),
  fc.constantFrom('true', 'false', '', 'NaN', '-Infinity', '-0'),
);

test('a text of a typed column can be made again from its value', () => {
  fc.assert(
    fc.property(fc.array(anyText, { minLength: 1, maxLength: 4 }), (texts) => {
      const type = inferred(texts) ?? 'string';
      for (const text of texts) {
        const value = convert(type, text);
        if (type === 'string') expect(value).toBe(text);
        else if (text === '') expect(value).toBeNull();
        else expect(written(type, value, text)).toBe(text);
      }
    }),
    { numRuns: 5000 },
  );
});

const ORIGINALS: readonly {
  readonly name: string;
  readonly texts: fc.Arbitrary<string>;
  readonly types: readonly InferredType[];
}[] = [
  {
    name: 'finite double',
    texts: fc.double({ noNaN: true, noDefaultInfinity: true }).map(doubleText),
    types: ['int64', 'double'],
  },
  {
    name: 'int64',
    texts: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
    types: ['int64'],
  },
  { name: 'day', texts: fc.integer({ min: -719_528, max: 2_932_896 }).map(dateText), types: ['date'] },
  {
    name: 'microsecond',
    texts: fc.bigInt({ min: -(10n ** 16n), max: 10n ** 17n }).map((count) => timestampText(count, 'MICROS')),
    types: ['timestamp'],
  },
];

test.each(ORIGINALS)('every $name is found in its text', ({ texts, types }) => {
  fc.assert(
    fc.property(texts, (text) => {
      const type = inferred([text]) ?? 'string';
      expect(types).toContain(type);
      expect(written(type, convert(type, text), text)).toBe(text);
    }),
    { numRuns: 2000 },
  );
});

test('rows looked at in parts, in any order, through their state, have the types of the whole', () => {
  const row = fc.array(fc.option(anyText), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(fc.array(row), fc.array(row), (first, second) => {
      const columns = ['a', 'b', 'c'];
      const whole = new TypeInference(columns);
      for (const cells of [...first, ...second]) whole.add(cells);
      const [one, two] = [new TypeInference(columns), new TypeInference(columns)];
      for (const cells of first) one.add(cells);
      for (const cells of second) two.add(cells);
      const merged = TypeInference.from(JSON.parse(JSON.stringify(two)));
      merged.merge(one);
      expect(merged.types()).toEqual(whole.types());
      expect(merged.toJSON()).toEqual(whole.toJSON());
    }),
  );
});

test('a row with fewer cells, and one with more', () => {
  const inference = new TypeInference(['a', 'b']);
  inference.add(['1']);
  inference.add(['2', 'true', 'more']);
  expect(inference.types()).toEqual(['int64', 'boolean']);
});

test('other columns cannot be merged, nor a state of fewer be read', () => {
  expect(() => new TypeInference(['a']).merge(new TypeInference(['b']))).toThrow('columns b beside a');
  const state = { columns: ['a', 'b'], candidates: [1], proven: [true] };
  expect(() => TypeInference.from(state)).toThrow('a state of 1 columns for 2');
});
