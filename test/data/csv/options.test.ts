import { answerRow } from '../../../src/data/answers.ts';
import { readCsvHeader } from '../../../src/data/csv/table.ts';
import { joinedTable } from '../../../src/data/join/joined-table.ts';
import { openTable } from '../../../src/data/table.ts';
import { collected, inBatches, memorySource, rowsOf, surveyed } from '../memory-source.ts';

const everyRow = { firstRow: 0, rowCount: 100 };

test.each([
  ['a,b|c\n1,2|3\n', ',', ['a', 'b|c']],
  ['a,b|c\n1,2|3\n', '|', ['a,b', 'c']],
  ['a b c\n1 2 3\n', ' ', ['a', 'b', 'c']],
  ['\uFEFF"a":b\n1:2\n', ':', ['a', 'b']],
  ['a,b\n', '\t', ['a,b']],
])('of %j with the delimiter %j the columns are %j', async (text, delimiter, columns) => {
  expect((await readCsvHeader(memorySource(text), { delimiter })).columns).toEqual(columns);
});

describe('rows that are short', () => {
  const text = 'a,b,c\n1\n"x\n""",2\n1,2,3\n,\n';
  const rows = [
    ['1', '', ''],
    ['x\n"', '2', ''],
    ['1', '2', '3'],
    ['', '', ''],
  ];

  test('are refused with their line, unless padding is asked for', async () => {
    const message = 'Cannot read t.csv: line 2 must have 3 fields like the header, and it has 1.';
    await expect(surveyed(await openTable(memorySource(text), 'csv'))).rejects.toMatchObject({ message });
  });

  test.each([1, 2, 5, 1000])('are padded with empty fields, in pieces of %d bytes', async (pieceBytes) => {
    const table = await openTable(memorySource(text, 't.csv', pieceBytes), 'csv', { raggedRows: 'pad' });
    expect((await surveyed(table)).rowCount).toBe(4);
    expect(await rowsOf(table.texts(everyRow, ['a', 'b', 'c']))).toEqual(rows);
    expect(await rowsOf(table.texts(everyRow, ['c', 'a']))).toEqual(rows.map(([a, , c]) => [c, a]));
  });

  test('are padded in CSV output too, so that what is appended stands in its own columns', async () => {
    async function* answers() {
      for (let row = 0; row < 4; row++) {
        yield answerRow(row, { status: 'missing', error: { code: 'X', message: 'y' } });
      }
    }
    const object = { bucket: 'b', key: 'k', etag: '"e"', bytes: 0 };
    const pieces = await collected(
      joinedTable({
        source: memorySource(text),
        range: { object, format: 'csv', first_row: 0, row_count: 4 },
        csv: { raggedRows: 'pad' },
        outputFormat: 'csv',
        answers: 'response',
        rows: inBatches(answers()),
      }),
    );
    const output = Buffer.concat(pieces.flatMap((piece) => (piece instanceof Uint8Array ? [piece] : [])));
    const table = await openTable(memorySource(output), 'csv');
    expect(await rowsOf(table.texts(everyRow, ['a', 'b', 'c']))).toEqual(rows);
    const ids = await rowsOf(table.texts(everyRow, ['record_id']));
    expect(ids.flat()).toEqual(['R0000000000', 'R0000000001', 'R0000000002', 'R0000000003']);
  });

  test('ones that are long are refused all the same: their values would be lost', async () => {
    const table = await openTable(memorySource('a,b\n1\n1,2,3\n'), 'csv', { raggedRows: 'pad' });
    await expect(surveyed(table)).rejects.toMatchObject({
      message: 'Cannot read t.csv: line 3 must have at most 2 fields, those of the header, and it has 3.',
    });
  });
});

test('the size of a cell in a record is that of its JSON, whatever quotes it has', async () => {
  const cells = ['plain', 'q"uo"te', '\n\t\\', '\u0001é東🚀', '', '"'];
  const text = `a,b\n${cells.map((cell) => `"${cell.replaceAll('"', '""')}",x\nl"one,"y"\n`).join('')}`;
  const table = await openTable(memorySource(text), 'csv');
  const sizes: number[] = [];
  const wanted = { sized: ['a', 'b', 'a'], read: [], texts: [], records: false };
  for await (const rows of table.scan(wanted)) {
    for (let i = 0; i < rows.count; i++) sizes.push(rows.size(i));
  }
  const inJson = (cell: string) => Buffer.byteLength(JSON.stringify(cell)) - 2;
  expect(sizes).toEqual(cells.flatMap((cell) => [2 * inJson(cell) + 1, 2 * inJson('l"one') + 1]));
});
