import fc from 'fast-check';
import {
  binary,
  editField,
  fieldOf,
  integer,
  readBinary,
  readInteger,
  readList,
  readStruct,
  THRIFT,
  type ThriftField,
  writeList,
  writeStruct,
} from '../../../src/data/parquet/thrift.ts';

const LIMIT = 2n ** 63n;

/** Values of every wire type, nested. */
const { value: anyValue } = fc.letrec<{ value: Omit<ThriftField, 'id'>; fields: ThriftField[] }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(
      { type: THRIFT.true, raw: new Uint8Array() },
      { type: THRIFT.false, raw: new Uint8Array() },
    ),
    fc.uint8Array({ minLength: 1, maxLength: 1 }).map((raw) => ({ type: THRIFT.byte, raw })),
    fc.bigInt({ min: -LIMIT, max: LIMIT - 1n }).map((value) => ({ type: THRIFT.i64, raw: integer(value) })),
    fc.uint8Array({ minLength: 8, maxLength: 8 }).map((raw) => ({ type: THRIFT.double, raw })),
    fc.uint8Array({ minLength: 16, maxLength: 16 }).map((raw) => ({ type: THRIFT.uuid, raw })),
    fc.string({ unit: 'binary' }).map((text) => ({ type: THRIFT.binary, raw: binary(text) })),
    fc
      .array(fc.uint8Array({ minLength: 1, maxLength: 1 }), { maxLength: 40 })
      .map((items) => ({ type: THRIFT.set, raw: writeList({ type: THRIFT.true, items }) })),
    fc.constant({ type: THRIFT.map, raw: Uint8Array.of(0) }),
    // Two entries of a boolean and an i32.
    fc.constant({ type: THRIFT.map, raw: Uint8Array.of(2, 0x15, 1, 0x80, 0x01, 2, 0x02) }),
    tie('fields').map((fields) => ({ type: THRIFT.struct, raw: writeStruct(fields) })),
    fc.array(tie('fields'), { maxLength: 20 }).map((items) => ({
      type: THRIFT.list,
      raw: writeList({ type: THRIFT.struct, items: items.map(writeStruct) }),
    })),
  ),
  fields: fc
    .array(fc.tuple(fc.integer({ min: 1, max: 200 }), tie('value')), { maxLength: 6 })
    .map((entries) => entries.map(([gap, value], i) => ({ ...value, id: i * 300 + gap }))),
}));

test('a struct of any values is read and written back byte for byte', () => {
  fc.assert(
    fc.property(fc.array(anyValue, { maxLength: 8 }), (values) => {
      const fields = values.map((value, i) => ({ ...value, id: (i + 1) ** 3 }));
      const bytes = writeStruct(fields);
      const read = readStruct(bytes);
      expect(read.map(({ id, type, raw }) => [id, type, Buffer.from(raw)])).toEqual(
        fields.map(({ id, type, raw }) => [id, type, Buffer.from(raw)]),
      );
      expect(writeStruct(read)).toEqual(bytes);
    }),
  );
});

test('integers keep 64 bits', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -LIMIT, max: LIMIT - 1n }), (value) => {
      expect(readInteger(integer(value))).toBe(value);
    }),
  );
});

test.each([0, 14, 15, 16, 300])('a list of %d', (size) => {
  const items = Array.from({ length: size }, (_, i) => binary(`item ${i}`));
  const { type, items: read } = readList(writeList({ type: THRIFT.binary, items }));
  expect(type).toBe(THRIFT.binary);
  expect(read.map(readBinary)).toEqual(items.map((_, i) => `item ${i}`));
});

test('an edit changes its field only', () => {
  const fields = [
    { id: 1, type: THRIFT.i32, raw: integer(1n) },
    { id: 900, type: THRIFT.binary, raw: binary('kept') },
  ];
  const edited = readStruct(writeStruct(editField(fields, 1, (raw) => integer(readInteger(raw) + 41n))));
  expect(readInteger(fieldOf(edited, 1)?.raw ?? integer(0n))).toBe(42n);
  expect(fieldOf(edited, 900)?.raw).toEqual(binary('kept'));
  expect(editField(fields, 2, () => integer(0n))).toEqual(fields);
});

test.each([
  { name: 'a struct that does not end', bytes: [0x15, 0x02], message: 'past its end' },
  { name: 'a text longer than the bytes', bytes: [0x18, 0x7f, 0x61], message: 'past its end' },
  { name: 'an unknown type', bytes: [0x1e, 0x00], message: 'type 14 does not exist' },
])('refuses $name', ({ bytes, message }) => {
  expect(() => readStruct(Uint8Array.from(bytes))).toThrow(message);
});
