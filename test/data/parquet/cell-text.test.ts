import fc from 'fast-check';
import { parquetSchema, type SchemaElement } from 'hyparquet';
import { dateText, timestampText } from '../../../src/data/parquet/calendar.ts';
import { cellText } from '../../../src/data/parquet/cell-text.ts';
import {
  bigEndianInteger,
  decimalText,
  doubleText,
  floatText,
} from '../../../src/data/parquet/number-text.ts';

const int = (name: string, repetition: 'REQUIRED' | 'OPTIONAL' | 'REPEATED'): SchemaElement => ({
  name,
  type: 'INT32',
  repetition_type: repetition,
});
const group = (name: string, children: number, rest: Partial<SchemaElement> = {}): SchemaElement => ({
  name,
  num_children: children,
  repetition_type: 'OPTIONAL',
  ...rest,
});
const LIST = { converted_type: 'LIST' } as const;
const REPEATED = { repetition_type: 'REPEATED' } as const;

/** Shapes of old writers, with values as hyparquet gives them: groups by position. */
const SHAPES: readonly {
  readonly name: string;
  readonly elements: readonly SchemaElement[];
  readonly value: unknown;
  readonly text: string | null;
}[] = [
  { name: 'a repeated leaf', elements: [int('c', 'REPEATED')], value: [1, 2], text: '[1,2]' },
  { name: 'a repeated leaf without an item', elements: [int('c', 'REPEATED')], value: null, text: '[]' },
  {
    name: 'a list of two levels',
    elements: [group('c', 1, LIST), int('array', 'REPEATED')],
    value: { 0: [1, 2] },
    text: '[1,2]',
  },
  {
    name: 'a list whose repeated group is the element: several fields',
    elements: [
      group('c', 1, LIST),
      group('element', 2, REPEATED),
      int('a', 'REQUIRED'),
      int('b', 'OPTIONAL'),
    ],
    value: { 0: [{ 0: 1, 1: null }] },
    text: '[{"a":1,"b":null}]',
  },
  {
    name: 'a list whose repeated group is the element: named array',
    elements: [group('c', 1, LIST), group('array', 1, REPEATED), int('a', 'REQUIRED')],
    value: { 0: [{ 0: 1 }] },
    text: '[{"a":1}]',
  },
  {
    name: 'a list whose repeated group is the element: named after the list',
    elements: [group('c', 1, LIST), group('c_tuple', 1, REPEATED), int('a', 'REQUIRED')],
    value: { 0: [{ 0: 1 }] },
    text: '[{"a":1}]',
  },
  {
    name: 'a list marked by its logical type only',
    elements: [
      group('c', 1, { logical_type: { type: 'LIST' } }),
      group('list', 1, REPEATED),
      int('element', 'OPTIONAL'),
    ],
    value: { 0: [{ 0: 1 }, { 0: null }] },
    text: '[1,null]',
  },
  {
    name: 'a map of the old annotation, with a key twice',
    elements: [
      group('c', 1, { converted_type: 'MAP_KEY_VALUE' }),
      group('map', 2, REPEATED),
      int('key', 'REQUIRED'),
      int('value', 'OPTIONAL'),
    ],
    value: {
      0: [
        { 0: 1, 1: 2 },
        { 0: 1, 1: null },
      ],
    },
    text: '{"1":2,"1":null}',
  },
  {
    name: 'a map of keys only',
    elements: [
      group('c', 1, { converted_type: 'MAP' }),
      group('key_value', 1, REPEATED),
      int('key', 'REQUIRED'),
    ],
    value: { 0: [{ 0: 7 }] },
    text: '{"7":null}',
  },
  {
    name: 'a repeated group',
    elements: [group('c', 1, REPEATED), int('a', 'OPTIONAL')],
    value: [{ 0: 1 }, { 0: null }],
    text: '[{"a":1},{"a":null}]',
  },
  { name: 'a null group', elements: [group('c', 1), int('a', 'OPTIONAL')], value: undefined, text: null },
];

test.each(SHAPES)('$name', ({ elements, value, text }) => {
  const [column] = parquetSchema({ schema: [{ name: 'root', num_children: 1 }, ...elements] }).children;
  if (!column) throw new Error('the schema has a column');
  expect(cellText(column)(value)).toBe(text);
});

test('a float32 reads back from its text, which is never longer than that of the double', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true }), (value) => {
      const text = floatText(value);
      expect(Object.is(Math.fround(Number(text)), value)).toBe(true);
      expect(text.length).toBeLessThanOrEqual(doubleText(value).length);
    }),
  );
});

test('dates and timestamps are those of Date where it reaches', () => {
  fc.assert(
    fc.property(fc.date({ noInvalidDate: true }), (date) => {
      const millis = date.getTime();
      expect(`${timestampText(BigInt(millis), 'MILLIS')}Z`).toBe(date.toISOString());
      expect(dateText(Math.floor(millis / 86_400_000))).toBe(date.toISOString().split('T')[0]);
    }),
  );
});

test('decimals keep every digit of their bytes', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 127n), max: 2n ** 127n - 1n }), fc.nat(38), (unscaled, scale) => {
      const hex = BigInt.asUintN(128, unscaled).toString(16).padStart(32, '0');
      const text = decimalText(bigEndianInteger(Buffer.from(hex, 'hex')), scale);
      expect(BigInt(text.replace('.', ''))).toBe(unscaled);
      expect(text.split('.')[1]?.length ?? 0).toBe(scale);
    }),
  );
});
