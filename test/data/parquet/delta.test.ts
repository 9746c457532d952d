import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { DeltaReader } from '../../../src/data/parquet/delta.ts';
import { openParquet, parquetCells, readParquetText } from '../../../src/data/parquet/parquet.ts';
import { bufferOf, collect } from './duck.ts';

/** Integers that lie near one another, far apart, and at the ends of their type. */
function integers(bits: 32 | 64): fc.Arbitrary<bigint[]> {
  const [min, max] = [-(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1) - 1n];
  const any = fc.bigInt({ min, max });
  const near = fc.bigInt({ min: 0n, max: 9n });
  const run = fc.oneof(any, near, fc.constantFrom(min, max, 0n));
  return fc
    .array(fc.tuple(run, fc.integer({ min: 1, max: 90 })), { minLength: 1, maxLength: 9 })
    .chain((runs) =>
      fc
        .array(near, { minLength: 1, maxLength: 40 })
        .map((steps) =>
          runs.flatMap(([first, count]) =>
            Array.from({ length: count }, (_, i) =>
              BigInt.asIntN(bits, first + (steps[i % steps.length] ?? 0n)),
            ),
          ),
        ),
    );
}

async function fileOf(values: readonly bigint[], type: 'INT32' | 'INT64') {
  const file = parquetWriteBuffer({
    columnData: [
      {
        name: 'c',
        data: type === 'INT32' ? values.map(Number) : [...values],
        encoding: 'DELTA_BINARY_PACKED',
      },
    ],
    schema: [
      { name: 'root', num_children: 1 },
      { name: 'c', type, repetition_type: 'REQUIRED' },
    ],
  });
  return openParquet(bufferOf(new Uint8Array(file)), 'delta');
}

test.each(['INT32', 'INT64'] as const)('any integers of %s come back', async (type) => {
  await fc.assert(
    fc.asyncProperty(integers(type === 'INT32' ? 32 : 64), async (values) => {
      const table = await fileOf(values, type);
      const range = { columns: ['c'], firstRow: 0, rowCount: values.length };
      const rows = await collect(readParquetText(table, range));
      expect(rows).toEqual(values.map((value) => [String(value)]));
    }),
    { numRuns: 60 },
  );
});

test('texts that keep what the one before begins with, or nothing, from any row on', async () => {
  const text = fc.tuple(fc.constantFrom('', 'a', 'prefix ', 'é'.repeat(40)), fc.string({ unit: 'grapheme' }));
  const texts = fc.array(fc.option(text.map((parts) => parts.join(''))), { minLength: 1, maxLength: 300 });
  const encodings = fc.constantFrom('DELTA_BYTE_ARRAY' as const, 'DELTA_LENGTH_BYTE_ARRAY' as const);
  await fc.assert(
    fc.asyncProperty(texts, encodings, fc.nat(), async (data, encoding, from) => {
      const file = parquetWriteBuffer({ columnData: [{ name: 's', data, encoding, type: 'STRING' }] });
      const table = await openParquet(bufferOf(new Uint8Array(file)), 'texts');
      const firstRow = from % data.length;
      const range = { columns: ['s'], firstRow, rowCount: data.length - firstRow };
      const rows = await collect(readParquetText(table, range));
      expect(rows.map(([cell]) => cell)).toEqual(data.slice(firstRow));
    }),
    { numRuns: 60 },
  );
});

test('values with a long common beginning are held a step at a time', async () => {
  const common = 'x'.repeat(100_000);
  const data = Array.from({ length: 400 }, (_, i) => common + String(i));
  const file = parquetWriteBuffer({
    columnData: [{ name: 's', data, encoding: 'DELTA_BYTE_ARRAY', type: 'STRING' }],
    pageSize: 100_000_000,
    statistics: false,
  });
  expect(file.byteLength).toBeLessThan(1_000_000);
  const table = await openParquet(bufferOf(new Uint8Array(file)), 'prefixes');
  let [row, most] = [0, 0];
  for await (const { rowCount, columns } of parquetCells(table, {
    columns: ['s'],
    firstRow: 0,
    rowCount: 400,
  })) {
    const [{ bytes, starts, ends } = { bytes: Buffer.alloc(0), starts: [], ends: [] }] = columns;
    most = Math.max(most, bytes.length);
    for (let i = 0; i < rowCount; i += 1, row += 1) {
      expect(Buffer.from(bytes.subarray(starts[i], ends[i])).toString() === common + String(row)).toBe(true);
    }
  }
  expect(row).toBe(400);
  expect(most).toBeLessThan(4 * 1024 * 1024);
});

test.each([
  { what: 'nothing', bytes: [] },
  { what: 'a block without parts', bytes: [0x80, 1, 0, 4, 0] },
  { what: 'parts that are no whole bytes', bytes: [4, 4, 4, 0, 0] },
  { what: 'a number that does not end', bytes: Array<number>(12).fill(0xff) },
  { what: 'no bits where there should be some', bytes: [0x80, 1, 4, 9, 0, 2, 5, 5, 5, 5] },
  { what: 'more bits than integers have', bytes: [0x80, 1, 4, 9, 0, 2, 65, 0, 0, 0, 1, 1, 1, 1] },
])('refuses $what', ({ bytes }) => {
  const out = new Int32Array(18);
  expect(() => new DeltaReader(Uint8Array.from(bytes)).readWide(out, 9)).toThrow(RangeError);
});
