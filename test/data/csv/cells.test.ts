import fc from 'fast-check';
import Papa from 'papaparse';
import { textsOfBatch } from '../../../src/data/cells.ts';
import { csvCells } from '../../../src/data/csv/cells.ts';
import { firstPosition, readCsvHeader } from '../../../src/data/csv/table.ts';
import { memorySource } from '../memory-source.ts';

const everyRow = { skip: 0, rowCount: Number.POSITIVE_INFINITY };

/** The texts of some columns, read from a stream in pieces of `size` bytes. */
async function textsIn(text: string | Buffer, columns: readonly string[], size = 7, rows = everyRow) {
  const source = memorySource(text, 't.csv', size);
  const header = await readCsvHeader(source);
  const range = { from: firstPosition(header), ...rows };
  const texts: (string | null)[][] = [];
  // A batch is valid until the next one is asked for.
  for await (const batch of csvCells(source, header, range, columns)) texts.push(...textsOfBatch(batch));
  return texts;
}

/** Cells full of what needs quotes; some longer than what is looked at byte by byte. */
const cell = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', 'é', '🚀', '\u0001'), maxLength: 8 }),
  fc.string({ unit: fc.constantFrom('a', 'b', 'ü', '"', ';'), minLength: 30, maxLength: 70 }),
);
const names = ['a', 'b', 'c', 'd'];
const tables = fc
  .integer({ min: 2, max: 4 })
  .chain((width) =>
    fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 8 }),
  );
const newlines = fc.constantFrom('\n', '\r\n', '\r');
const order = fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 5 });

test('reads what papaparse wrote, whatever the cells hold and wherever the stream is cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      tables,
      newlines,
      fc.boolean(),
      order,
      fc.integer({ min: 1, max: 200 }),
      async (table, newline, quotes, columns, size) => {
        const header = names.slice(0, table[0]?.length);
        const text = Papa.unparse([header, ...table], { newline, quotes, delimiter: ',' });
        const wanted = table.map((row) => columns.map((name) => row[header.indexOf(name)] ?? null));
        expect(await textsIn(text, columns, size)).toEqual(wanted);
      },
    ),
    { numRuns: 500 },
  );
});

test('reads any text that it takes as papaparse does', async () => {
  const csv = fc.string({ unit: fc.constantFrom('a', ',', '"', '""', ',"', '\n', ' '), maxLength: 24 });
  await fc.assert(
    fc.asyncProperty(csv, fc.integer({ min: 1, max: 24 }), async (any, size) => {
      const read = await textsIn(`a,b\n${any}`, ['a', 'b'], size).catch(() => undefined);
      fc.pre(read !== undefined);
      const { data, errors } = Papa.parse<string[]>(any, { delimiter: ',', newline: '\n' });
      expect(errors).toEqual([]);
      expect(read).toEqual(data.filter((row) => row.length > 1 || row[0] !== ''));
    }),
    { numRuns: 2000 },
  );
});

const nasty = '"é, ""x""\r\ny""","""",b\n,"","c""d"\n"""é""","東\n京","🚀"\n';

test('gives the same cells for a cut at every byte', async () => {
  const wanted = [
    ['é, "x"\r\ny"', 'b', '"'],
    ['', 'c"d', ''],
    ['"é"', '🚀', '東\n京'],
  ];
  const length = Buffer.byteLength(nasty) + 6;
  for (let size = 1; size <= length; size++) {
    expect(await textsIn(`a,b,c\n${nasty}`, ['a', 'c', 'b'], size)).toEqual(wanted);
  }
});

test("leaves the source's own bytes as they are", async () => {
  const bytes = Buffer.from(`a,b,c\n${nasty}`);
  const before = Buffer.from(bytes);
  await textsIn(bytes, ['a', 'b', 'c'], bytes.length);
  expect(bytes).toEqual(before);
});

test.each([
  [0, 3],
  [1, 1],
  [2, 9],
  [3, 1],
  [0, 0],
])('reads from row %d on %d rows', async (skip, rowCount) => {
  const rows = [['1'], ['2'], ['3']].slice(skip, skip + rowCount);
  for (const size of [1, 100]) {
    expect(await textsIn('a,b\n1,x\n2,x\n3,x\n', ['a'], size, { skip, rowCount })).toEqual(rows);
  }
});

test('a column that is not there is null in every row; without columns there are rows all the same', async () => {
  expect(await textsIn('a,b\n1,2\n3,4\n', ['c', 'b'], 100)).toEqual([
    [null, '2'],
    [null, '4'],
  ]);
  expect(await textsIn('a,b\n1,2\n3,4\n', [], 100)).toEqual([[], []]);
});

// What a piece holds behind the last row wanted must not decide whether that row can be read.
test('reads up to a row that must be refused, in however large pieces', async () => {
  for (const bad of ['3', '3,4,5', '"3"x,4', '"3,4']) {
    const text = `a,b\n1,2\n${bad}\n`;
    for (const size of [1, 100]) {
      expect(await textsIn(text, ['b'], size, { skip: 0, rowCount: 1 })).toEqual([['2']]);
      await expect(textsIn(text, ['b'], size)).rejects.toMatchObject({ kind: 'InvalidInput' });
    }
  }
});

test('in one column an empty line between rows is a row', async () => {
  for (const size of [1, 2, 3, 100]) {
    expect(await textsIn('a\n\n1\n\n\n"2"\n\n', ['a'], size)).toEqual([[''], ['1'], [''], [''], ['2']]);
  }
});
