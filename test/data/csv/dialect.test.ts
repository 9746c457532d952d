import { detectDialect } from '../../../src/data/csv/dialect.ts';
import cases from '../../cases/csv/dialects.json';

interface Case {
  readonly name: string;
  readonly text: string;
  readonly delimiter: string;
  readonly bomBytes?: number;
}

const table = cases as readonly Case[];

test.each(table)('$name', ({ text, delimiter, bomBytes = 0 }) => {
  expect(detectDialect(Buffer.from(text), 't.csv')).toEqual({ delimiter, bomBytes });
});

test.each([
  ['UTF-16', Buffer.from('\uFEFFa,b\n1,2\n', 'utf16le')],
  ['a zip archive', Buffer.from('504b030414000000', 'hex')],
])('refuses %s', (_, head) => {
  expect(() => detectDialect(head, 't.csv')).toThrow(
    expect.objectContaining({
      kind: 'InvalidInput',
      message: 'Cannot read t.csv: a CSV file must be saved as UTF-8 text, and this one holds NUL bytes.',
    }),
  );
});

test('a head that ends within a character is text all the same', () => {
  expect(detectDialect(Buffer.from('a;b\n1;東').subarray(0, -1), 't.csv').delimiter).toBe(';');
});
