import { parquetWriteBuffer } from 'hyparquet-writer';
import { openParquet, readParquetText } from '../../../src/data/parquet/parquet.ts';
import { bufferOf, collect } from './duck.ts';

const NAME = 's3://bucket/data.parquet';
const whole = new Uint8Array(
  parquetWriteBuffer({
    columnData: [
      { name: 'id', data: [1n, 2n, 3n], type: 'INT64' },
      { name: 'a.b', data: ['x', null, ''], type: 'STRING' },
    ],
    rowGroupSize: 2,
    codec: 'UNCOMPRESSED',
  }),
);

/** A copy whose byte at a place, counted from the end when negative, is another. */
function withByte(place: number, byte: number): Uint8Array {
  const copy = whole.slice();
  copy[place < 0 ? copy.length + place : place] = byte;
  return copy;
}

const text = (value: string) => new TextEncoder().encode(value);

test('opens a file', async () => {
  const table = await openParquet(bufferOf(whole), NAME);
  expect(table).toMatchObject({ name: NAME, columns: ['id', 'a.b'], rowCount: 3, rowGroups: [2, 1] });
});

const REFUSED = [
  { name: 'an empty file', bytes: new Uint8Array(), message: 'it must be a Parquet file, got 0 bytes.' },
  { name: 'a short file', bytes: text('PAR1PAR1'), message: 'it must be a Parquet file, got 8 bytes.' },
  {
    name: 'a text file',
    bytes: text('id,name\n1,x\n2,y\n'),
    message: '(its last bytes PAR1), got "2,y\\n".',
  },
  { name: 'a truncated file', bytes: whole.slice(0, -20), message: 'it must be a whole Parquet file' },
  { name: 'an encrypted footer', bytes: withByte(-1, 0x45), message: 'it must not be encrypted' },
  {
    name: 'a footer longer than the file',
    bytes: withByte(-6, 0xff),
    message: 'its footer must fit in the file',
  },
  { name: 'a footer cut short', bytes: withByte(-8, 40), message: 'its footer must be valid Parquet' },
  {
    name: 'only magic and lengths',
    bytes: text('PAR1\0\0\0\0PAR1'),
    message: 'its footer must be valid Parquet',
  },
];

test.each(REFUSED)('refuses $name', async ({ bytes, message }) => {
  const opening = openParquet(bufferOf(bytes), NAME);
  await expect(opening).rejects.toMatchObject({ name: 'InvalidInput' });
  await expect(opening).rejects.toThrow(`Cannot read ${NAME}: `);
  await expect(opening).rejects.toThrow(message);
});

test('reads a footer that is larger than the first read', async () => {
  const columnData = Array.from({ length: 3000 }, (_, i) => ({
    name: `a column with quite a long name, number ${i}`,
    data: [BigInt(i)],
    type: 'INT64' as const,
  }));
  const file = bufferOf(new Uint8Array(parquetWriteBuffer({ columnData })));
  const table = await openParquet(file, NAME);
  expect(table.footer.bytes.length).toBeGreaterThan(256 * 1024);
  expect(table.columns).toHaveLength(3000);
});

test('a broken page is refused by name, with its row group', async () => {
  const table = await openParquet(bufferOf(withByte(4, 0xff)), NAME);
  const reading = collect(readParquetText(table, { columns: ['id'], firstRow: 0, rowCount: 3 }));
  await expect(reading).rejects.toMatchObject({ name: 'InvalidInput' });
  await expect(reading).rejects.toThrow(`Cannot read ${NAME}: row group 0 must be valid Parquet`);
});

describe('an error of the source stays what it is', () => {
  const failure = new Error('SlowDown');
  const failing = { byteLength: whole.length, slice: () => Promise.reject(failure) };

  test('while opening', async () => {
    await expect(openParquet(failing, NAME)).rejects.toBe(failure);
  });

  test('while reading', async () => {
    const table = { ...(await openParquet(bufferOf(whole), NAME)), source: failing };
    const reading = collect(readParquetText(table, { columns: ['id'], firstRow: 0, rowCount: 1 }));
    await expect(reading).rejects.toBe(failure);
  });
});
