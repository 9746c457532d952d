import fc from 'fast-check';
import Papa from 'papaparse';
import { formatFields, parseFields } from '../../../src/data/csv/fields.ts';
import { type CsvRecord, csvRecords } from '../../../src/data/csv/records.ts';
import { collected, pieces } from '../memory-source.ts';

const delimiters = fc.constantFrom(',', '\t', ';', '|');
/** Cells full of what needs quotes. */
const cell = fc.string({
  unit: fc.constantFrom('a', '1', ',', ';', '\t', '|', '"', '\n', '\r', ' ', 'é', '🚀'),
  maxLength: 8,
});
const rows = fc
  .integer({ min: 2, max: 4 })
  .chain((width) =>
    fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 8 }),
  );
const scan = (text: string, delimiter: string, size = 3): Promise<CsvRecord[]> =>
  collected(csvRecords(pieces(Buffer.from(text), size), { name: 't.csv', delimiter }));

test('reads what papaparse wrote, whatever the cells hold', async () => {
  await fc.assert(
    fc.asyncProperty(
      rows,
      delimiters,
      fc.boolean(),
      fc.constantFrom('\n', '\r\n'),
      async (table, delimiter, quotes, newline) => {
        const text = Papa.unparse(table, { delimiter, quotes, newline });
        expect(parseFields(await scan(text, delimiter), delimiter)).toEqual(table);
      },
    ),
    { numRuns: 300 },
  );
});

test('reads what it wrote itself', async () => {
  await fc.assert(
    fc.asyncProperty(rows, delimiters, async (table, delimiter) => {
      const text = table.map((row) => `${formatFields(row, delimiter)}\n`).join('');
      expect(parseFields(await scan(text, delimiter), delimiter)).toEqual(table);
    }),
    { numRuns: 300 },
  );
});

test('reads any text that it takes as papaparse does', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', ' '), maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(text, async (any) => {
      const records = await scan(any, ',').catch(() => undefined);
      fc.pre(records !== undefined);
      const oracle = Papa.parse<string[]>(any, { delimiter: ',', newline: '\n' });
      expect(oracle.errors).toEqual([]);
      // An empty line is one empty field to papaparse, and no record here.
      const quoted = (row: readonly string[]) => row.length === 1 && row[0] === '';
      const parsed = parseFields(records as CsvRecord[], ',');
      expect(parsed.filter((row) => !quoted(row))).toEqual(oracle.data.filter((row) => !quoted(row)));
    }),
    { numRuns: 1000 },
  );
});

test.each<[readonly (string | null)[], string, string]>([
  [['a', 'b'], ',', 'a,b'],
  [['a', null, ''], ',', 'a,,'],
  [[null, null], ',', ','],
  [['a,b', 'c;d'], ',', '"a,b",c;d'],
  [['a,b', 'c;d'], ';', 'a,b;"c;d"'],
  [['say "hi"'], ',', '"say ""hi"""'],
  [['a\nb', 'c\rd', 'e\r\nf'], ',', '"a\nb","c\rd","e\r\nf"'],
  [[' a', 'b '], ',', '" a","b "'],
  [['=1+1', '-2', '007', 'true'], ',', '=1+1,-2,007,true'],
])('writes %j with %j as %j', (values, delimiter, text) => {
  expect(formatFields(values, delimiter)).toBe(text);
});

test('records without any do not become one empty row', () => {
  expect(parseFields([], ',')).toEqual([]);
});

test('in one column, empty lines between rows are rows, and those behind the last are none', async () => {
  const cells = fc.array(fc.constantFrom('', '', 'a', '"', '\n'), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(cells, fc.constantFrom('\n', '\r\n'), async (column, newline) => {
      const text = column.map((value) => formatFields([value], ',') + newline).join('');
      const options = { name: 't.csv', delimiter: ',', emptyLines: 'rows' } as const;
      const records = await collected(csvRecords(pieces(Buffer.from(text), 3), options));
      const rows = column.slice(0, column.findLastIndex((value) => value !== '') + 1);
      expect(parseFields(records, ',')).toEqual(rows.map((value) => [value]));
      // A batch may be any run of them, also of nothing but empty lines.
      const [first, ...rest] = records;
      if (first !== undefined)
        expect([...parseFields([first], ','), ...parseFields(rest, ',')]).toEqual(parseFields(records, ','));
    }),
    { numRuns: 300 },
  );
});

// Papaparse would take it for the file's mark and drop it from the first record of a batch.
test('keeps a zero width no-break space at the start of a row', async () => {
  const records = await scan('\uFEFFa,b\n', ',');
  expect(parseFields(records, ',')).toEqual([['\uFEFFa', 'b']]);
  expect(parseFields(records.concat(records), ',')).toHaveLength(2);
});
