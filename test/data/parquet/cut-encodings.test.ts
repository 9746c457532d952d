import { writeFileSync } from 'node:fs';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { withTrailer } from '../../../src/data/parquet/footer.ts';
import { encodeParquet, openParquet, spliceParquet } from '../../../src/data/parquet/parquet.ts';
import {
  editField,
  integer,
  readList,
  readStruct,
  writeList,
  writeStruct,
} from '../../../src/data/parquet/thrift.ts';
import { cutOf, expectFirstRows, newPath } from './cut-fixture.ts';
import { assemble, bufferOf, bufferOfFile, collect, type Duck, openDuck } from './duck.ts';
import { plainTexts } from './plain-reader.ts';

let duck: Duck;
beforeAll(async () => {
  duck = await openDuck();
  await duck.run("SET TimeZone = 'UTC'");
});
afterAll(() => duck.close());

const THIRTY = Array.from({ length: 30 }, (_, i) => i);

/** Types and encodings that DuckDB does not write, and of which it does not read all. */
const ENCODED = [
  { type: 'FLOAT', encoding: 'BYTE_STREAM_SPLIT', data: THIRTY.map((i) => i / 3) },
  { type: 'INT64', encoding: 'BYTE_STREAM_SPLIT', data: THIRTY.map((i) => BigInt(i) << 40n) },
  { type: 'INT64', encoding: 'DELTA_BINARY_PACKED', data: THIRTY.map((i) => BigInt(i % 7) * -(2n ** 60n)) },
  { type: 'INT32', encoding: 'DELTA_BINARY_PACKED', data: THIRTY.map((i) => (i % 2 ? 1 : -1) * 2147483647) },
  { type: 'BOOLEAN', encoding: 'RLE', data: THIRTY.map((i) => i % 5 === 0) },
  {
    type: 'FIXED_LEN_BYTE_ARRAY',
    encoding: 'BYTE_STREAM_SPLIT',
    data: THIRTY.map((i) => Buffer.of(i, 255, 0)),
  },
  {
    type: 'FIXED_LEN_BYTE_ARRAY',
    encoding: 'RLE_DICTIONARY',
    data: THIRTY.map((i) => Buffer.of(i % 4, 9, 0)),
  },
] as const;

test.each(ENCODED)('$type in the encoding $encoding', async ({ type, encoding, data }) => {
  const file = parquetWriteBuffer({
    columnData: [
      { name: 'id', data: THIRTY.map(BigInt) },
      { name: 'c', data: [...data], encoding },
    ],
    schema: [
      { name: 'root', num_children: 2 },
      { name: 'id', type: 'INT64', repetition_type: 'REQUIRED' },
      { name: 'c', type, repetition_type: 'REQUIRED', ...(type.startsWith('FIXED') && { type_length: 3 }) },
    ],
  });
  const table = await openParquet(bufferOf(new Uint8Array(file)), 'encoded');
  expect(table.metadata.row_groups[0]?.columns[1]?.meta_data?.encodings).toContain(encoding);
  for (const rows of [1, 8, 29]) {
    const { cut } = await cutOf(table, rows);
    const range = { columns: table.columns, firstRow: 0, rowCount: rows };
    expect(await plainTexts(cut, range)).toEqual(await plainTexts(table, range));
  }
});

/** A file of values of twelve bytes as one of INT96, which no writer here makes any more. */
function asInt96(file: Uint8Array): Uint8Array {
  const size = Buffer.from(file).readUInt32LE(file.length - 8);
  const [start, end] = [file.length - 8 - size, file.length - 8];
  const retype = (raw: Uint8Array) => writeStruct(editField(readStruct(raw), 1, () => integer(3n)));
  const each = (edit: (raw: Uint8Array, i: number) => Uint8Array) => (raw: Uint8Array) => {
    const { type, items } = readList(raw);
    return writeList({ type, items: items.map(edit) });
  };
  const inStruct = (id: number, edit: (raw: Uint8Array) => Uint8Array) => (raw: Uint8Array) =>
    writeStruct(editField(readStruct(raw), id, edit));
  const element = (raw: Uint8Array, i: number) =>
    i === 2 ? retype(writeStruct(readStruct(raw).filter(({ id }) => id !== 2))) : raw;
  const chunk = (raw: Uint8Array, i: number) => (i === 1 ? inStruct(3, retype)(raw) : raw);
  const withSchema = inStruct(2, each(element))(file.subarray(start, end));
  const footer = inStruct(4, each(inStruct(1, each(chunk))))(withSchema);
  return Buffer.concat([file.subarray(0, start), withTrailer(footer)]);
}

test.each(['PLAIN', 'RLE_DICTIONARY'] as const)('INT96 in the encoding %s', async (encoding) => {
  const nanos = (i: number) => {
    const bytes = Buffer.alloc(12);
    bytes.writeBigInt64LE(BigInt(i % 9) * 1_000_000_001n);
    bytes.writeInt32LE(2_440_588 + (i % 5), 8);
    return bytes;
  };
  const file = parquetWriteBuffer({
    columnData: [
      { name: 'id', data: THIRTY.map(BigInt) },
      { name: 'c', data: THIRTY.map(nanos), encoding },
    ],
    schema: [
      { name: 'root', num_children: 2 },
      { name: 'id', type: 'INT64', repetition_type: 'REQUIRED' },
      { name: 'c', type: 'FIXED_LEN_BYTE_ARRAY', type_length: 12, repetition_type: 'OPTIONAL' },
    ],
    statistics: false,
  });
  const path = newPath(duck);
  writeFileSync(path, asInt96(new Uint8Array(file)));
  const table = await openParquet(bufferOfFile(path), 'INT96');
  expect(await duck.rows(`SELECT typeof(c), max(c) FROM '${path}' GROUP BY 1`)).toEqual([
    ['TIMESTAMP', '1970-01-05 00:00:06'],
  ]);
  await expectFirstRows(duck, table, path, 17);
});

test('the bits of every NaN', async () => {
  const bits = Uint32Array.of(0x7fa00001, 0xffc12345, 0x7f800001, 0x80000000);
  async function* batches() {
    yield [[new Float32Array(bits.buffer), new Float32Array(bits.buffer)]];
  }
  const columns = [{ name: 'v', type: 'list<float>' }] as const;
  const file = await collect(encodeParquet({ columns, batches: batches(), compression: 'snappy' }));
  const table = await openParquet(bufferOf(Buffer.concat(file)), 'NaN');
  const splice = spliceParquet(table, {
    columns: [],
    rows: 1,
    next: async () => [],
    compression: 'uncompressed',
  });
  const bytes = await assemble(table, splice);
  expect(bytes.includes(Buffer.from(bits.buffer))).toBe(true);
});
