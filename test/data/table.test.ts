import { detectFormat, openTable } from '../../src/data/table.ts';
import { collected, memorySource, rowsOf, surveyed } from './memory-source.ts';
import { parquetSource } from './parquet-source.ts';

test.each([
  ['s3://b/inputs/t.csv', 'a,b\n', 'csv'],
  ['s3://b/inputs/T.CSV', 'a,b\n', 'csv'],
  ['s3://b/inputs/t.tsv', 'a\tb\n', 'csv'],
  ['s3://b/inputs/t.txt', 'a\n', 'csv'],
  ['s3://b/inputs/empty.csv', '', 'csv'],
  ['s3://b/inputs/t.parquet', 'PAR1…', 'parquet'],
  // The name of what is no table must not hide what the file is.
  ['s3://b/inputs/part-0000', 'PAR1…', 'parquet'],
  ['s3://b/inputs/t.csv', 'PAR1…', 'parquet'],
  ['s3://b/inputs/damaged.PARQUET', 'x', 'parquet'],
])('%s with %j is %s', async (name, text, format) => {
  expect(await detectFormat(memorySource(text, name))).toBe(format);
});

test.each([
  's3://b/inputs/t.csv.gz',
  's3://b/inputs/t.xlsx',
  's3://b/inputs/t.xlsx',
  's3://b/inputs/t',
  's3://b/inputs/csv',
])('%s is neither', async (name) => {
  await expect(detectFormat(memorySource('a,b\n', name))).rejects.toMatchObject({
    kind: 'InvalidInput',
    message: `Cannot read ${name}: the dataset must be a CSV file (.csv, .tsv, .txt), JSON lines (.jsonl, .ndjson) or a Parquet file.`,
  });
});

const people = `id,name,text\n${Array.from({ length: 300 }, (_, i) => `${i},"n\n${i}",t${i}\n`).join('')}`;

describe('a CSV table', () => {
  const open = () => openTable(memorySource(people, 't.csv', 100), 'csv');

  test('is surveyed to its last row, and reads any window from where the survey found it', async () => {
    const table = await open();
    expect(table.columns).toEqual(['id', 'name', 'text']);
    const { rowCount, locate } = await surveyed(table);
    expect(rowCount).toBe(300);
    for (const firstRow of [0, 1, 63, 64, 200, 299]) {
      const start = locate(firstRow);
      expect(start?.row).toBeLessThanOrEqual(firstRow);
      const window = { firstRow, rowCount: 1, start };
      expect(await rowsOf(table.texts(window, ['text', 'name', 'text']))).toEqual([
        [`t${firstRow}`, `n\n${firstRow}`, `t${firstRow}`],
      ]);
    }
  });

  test('begins at its first row where no position is known', async () => {
    const window = { firstRow: 70, rowCount: 2 };
    expect(await rowsOf((await open()).texts(window, ['id']))).toEqual([['70'], ['71']]);
  });

  test('says in which line a row is ragged, also behind a known position', async () => {
    const source = memorySource(`${people}300,x\n`, 't.csv', 100);
    const message = 'Cannot read t.csv: line 602 must have 3 fields like the header, and it has 2.';
    await expect(surveyed(await openTable(source, 'csv'))).rejects.toMatchObject({
      kind: 'InvalidInput',
      message,
    });
    const whole = await surveyed(await open());
    const texts = (await openTable(source, 'csv')).texts(
      { firstRow: 299, rowCount: 2, start: whole.locate(299) },
      ['id'],
    );
    await expect(collected(texts)).rejects.toMatchObject({ message });
  });
});

test('of two columns of one name the others are read as ever', async () => {
  const table = await openTable(memorySource('a,b,a\n1,2,3\n'), 'csv');
  expect(table.columns).toEqual(['a', 'b', 'a']);
  expect(await rowsOf(table.texts({ firstRow: 0, rowCount: 1 }, ['b']))).toEqual([['2']]);
});

test('a CSV table of one column has its empty lines as rows, wherever reading begins', async () => {
  const values = Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? '' : `v${i}`));
  const table = await openTable(memorySource(`a\n${values.join('\n')}\n\n\n`, 't.csv', 50), 'csv');
  const { rowCount, locate } = await surveyed(table);
  expect(rowCount).toBe(200);
  const window = { firstRow: 128, rowCount: 5, start: locate(128) };
  expect(await rowsOf(table.texts(window, ['a']))).toEqual([[''], ['v129'], [''], ['v131'], ['']]);
});

test('a Parquet table knows its rows, and tells null from empty', async () => {
  const values = Array.from({ length: 120 }, (_, i) => (i % 3 === 0 ? null : i % 3 === 1 ? '' : `v${i}`));
  const source = await parquetSource([{ name: 'a', type: 'string' }], [values]);
  const table = await openTable(source, 'parquet');
  const { rowCount, locate } = await surveyed(table);
  expect([table.columns, rowCount, locate(5)?.row]).toEqual([['a'], 120, 0]);
  const texts = await rowsOf(table.texts({ firstRow: 40, rowCount: 30 }, ['a']));
  expect(texts.map(([text]) => text)).toEqual(values.slice(40, 70));
});
