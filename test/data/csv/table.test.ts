import { parseFields } from '../../../src/data/csv/fields.ts';
import { csvRecordBatches, firstPosition, readCsvHeader } from '../../../src/data/csv/table.ts';
import { collected, memorySource } from '../memory-source.ts';

const refused = (message: string) => ({ kind: 'InvalidInput', message: `Cannot read t.csv: ${message}` });

test.each([
  ['a,b\n1,2\n', ['a', 'b'], { row: 0, offset: 4, line: 2 }],
  ['\uFEFFa,b\r\n1,2\r\n', ['a', 'b'], { row: 0, offset: 8, line: 2 }],
  ['\uFEFF"a, x","b"\n1,2\n', ['a, x', 'b'], { row: 0, offset: 14, line: 2 }],
  ['\n\n"a\nb",c\n1,2\n', ['a\nb', 'c'], { row: 0, offset: 10, line: 5 }],
  ['a', ['a'], { row: 0, offset: 1, line: 2 }],
  [' a ,b', [' a ', 'b'], { row: 0, offset: 5, line: 2 }],
  ['a,b,a\n', ['a', 'b', 'a'], { row: 0, offset: 6, line: 2 }],
  ['a,\n', ['a', ''], { row: 0, offset: 3, line: 2 }],
])('the header of %j is %j', async (text, columns, position) => {
  const header = await readCsvHeader(memorySource(text));
  expect(header.columns).toEqual(columns);
  expect(firstPosition(header)).toEqual(position);
});

test.each([
  ['', 'the file must have a header and rows, and it is empty.'],
  ['\uFEFF', 'the file must have a header and rows, and it is empty.'],
  ['\n\r\n', 'the file must have a header and rows, and it is empty.'],
  ['a,"b', 'line 1 is malformed: a quote opened there is never closed.'],
])('refuses the file %j', async (text, message) => {
  await expect(readCsvHeader(memorySource(text))).rejects.toMatchObject(refused(message));
});

async function rowsOf(text: string, source = memorySource(text)) {
  const header = await readCsvHeader(source);
  const range = { from: firstPosition(header), skip: 0, rowCount: Number.POSITIVE_INFINITY };
  return (await collected(csvRecordBatches(source, header, range))).flat();
}

test.each([
  ['a,b\n1,2\n3\n', 'line 3 must have 2 fields like the header, and it has 1.'],
  ['a,b\n1,2\n3,4,\n', 'line 3 must have 2 fields like the header, and it has 3.'],
  ['a,b\n"1\n1",2\n\n3\n', 'line 5 must have 2 fields like the header, and it has 1.'],
  ['a\n1\n2,3\n', 'line 3 must have 1 fields like the header, and it has 2.'],
])('refuses the ragged file %j', async (text, message) => {
  await expect(rowsOf(text)).rejects.toMatchObject(refused(message));
});

test('a file may be nothing but its header', async () => {
  expect(await rowsOf('a,b\n')).toEqual([]);
  expect(await rowsOf('a,b')).toEqual([]);
});

test('reads a window of the rows from any known position before it', async () => {
  const source = memorySource(
    `n,text\n${Array.from({ length: 2500 }, (_, i) => `${i},"r\n${i}"\n`).join('')}`,
    't.csv',
    1009,
  );
  const header = await readCsvHeader(source);
  const records = await rowsOf('', source);
  expect(records).toHaveLength(2500);
  for (const [row, skip, rowCount] of [
    [0, 0, 2500],
    [1000, 0, 1000],
    [1000, 200, 1300],
    [2499, 0, 1],
    [2000, 400, 9999],
  ] as const) {
    const { offset, line } = records[row] as (typeof records)[number];
    const batches = await collected(
      csvRecordBatches(source, header, { from: { row, offset, line }, skip, rowCount }),
    );
    const first = row + skip;
    const wanted = records.slice(first, first + rowCount);
    expect(batches.flat()).toEqual(wanted);
    expect(Math.max(...batches.map((batch) => batch.length))).toBeLessThanOrEqual(1000);
    expect(batches.flatMap((batch) => parseFields(batch, ','))).toEqual(
      wanted.map((_, i) => [`${first + i}`, `r\n${first + i}`]),
    );
  }
});

test('a window is read no further than its last row', async () => {
  const source = memorySource(`n\n${'123456789\n'.repeat(20_000)}`, 't.csv', 1000);
  const header = await readCsvHeader(source);
  const before = source.read();
  await collected(csvRecordBatches(source, header, { from: firstPosition(header), skip: 10, rowCount: 20 }));
  expect(source.read() - before).toBeLessThanOrEqual(1000);
});

// Memory must be bounded whatever a row holds: 1,000 rows of up to 16 MB are more than a function can hold.
test('a batch is bounded by its bytes as well as by its rows', async () => {
  const row = `${'x'.repeat(300_000)}\n`;
  const source = memorySource(`a\n${row.repeat(10)}`, 't.csv', 64 * 1024);
  const header = await readCsvHeader(source);
  const range = { from: firstPosition(header), skip: 0, rowCount: 10 };
  const batches = await collected(csvRecordBatches(source, header, range));
  expect(batches.map((batch) => batch.length)).toEqual([4, 4, 2]);
});

test('in one column an empty line between rows is a row, and one behind the last is none', async () => {
  const text = '\n\na\n\n1\n\n\n"2\n"\n\n\n';
  const rows = await rowsOf(text);
  expect(parseFields(rows, ',')).toEqual([[''], ['1'], [''], [''], ['2\n']]);
  expect(rows.map(({ line }) => line)).toEqual([4, 5, 6, 7, 8]);
  expect(await rowsOf('a\n\n\n')).toEqual([]);
});

test('in two columns an empty line is no row', async () => {
  expect(parseFields(await rowsOf('a,b\n\n1,2\n\n3,4\n'), ',')).toEqual([
    ['1', '2'],
    ['3', '4'],
  ]);
});

test('windows over a column of many empty lines part it without a gap', async () => {
  const values = Array.from({ length: 2500 }, (_, i) => (i % 3 === 0 || i === 2499 ? `${i}` : ''));
  const source = memorySource(`n\n${values.map((value) => `${value}\n`).join('')}\n\n`, 't.csv', 1009);
  const header = await readCsvHeader(source);
  const read: string[] = [];
  for (const [skip, rowCount] of [
    [0, 1000],
    [1000, 1],
    [1001, 1499],
  ] as const) {
    const range = { from: firstPosition(header), skip, rowCount };
    for await (const batch of csvRecordBatches(source, header, range))
      read.push(...parseFields(batch, ',').flat());
  }
  expect(read).toEqual(values);
});
