import fc from 'fast-check';
import { pick, randomFrom, type TextTable } from './text-table.ts';

export interface CsvSpec {
  readonly columns: readonly string[];
  /** What cells are picked from. */
  readonly cells: readonly string[];
  readonly rows: number;
  readonly delimiter: string;
  readonly newlines: readonly string[];
  readonly quotes: 'needed' | 'any';
  readonly mark: string;
  readonly endsInNewline: boolean;
  readonly blankLines: boolean;
  readonly seed: number;
}

export interface CsvTable extends TextTable {
  readonly delimiter: string;
  /** The file in pieces: a record's own text, the header's first, and what stands behind it. */
  readonly records: readonly { readonly text: string; readonly end: string }[];
}

const cell = fc.oneof(
  fc.string({
    unit: fc.constantFrom(...'ab,;\t|"\n\r é東🚀\u2028\u0001', '\r\n', '""', 'long '.repeat(30)),
    maxLength: 8,
  }),
  fc.constantFrom('', 'NULL', 'NA', '001', '1e999', 'true', ' padded ', '5" disk', '\\', '\\"', "'"),
);
const name = fc.constantFrom<string>(
  ...['id', 'status', 'record_id', 'a b', 'é東', 'say "x"', 'line\nend', ' padded ', 'UPPER'],
);

/** Any CSV table with a column that the prompt reads. */
export function csvSpecs(prompted: string): fc.Arbitrary<CsvSpec> {
  const columns = fc
    .tuple(fc.uniqueArray(name, { maxLength: 6 }), fc.nat())
    .map(([others, at]) => others.toSpliced(at % (others.length + 1), 0, prompted));
  return columns.chain((named) =>
    fc.record({
      columns: fc.constant(named),
      cells: fc.array(cell, { minLength: 3, maxLength: 40 }),
      rows: fc.integer({ min: 100, max: 400 }),
      // Nothing tells the delimiter of one column.
      delimiter: named.length === 1 ? fc.constant(',') : fc.constantFrom(',', ';', '\t', '|'),
      newlines: fc.constantFrom(['\n'], ['\r\n'], ['\r'], ['\n', '\r\n'], ['\n', '\r\n', '\r']),
      quotes: fc.constantFrom('needed' as const, 'any' as const),
      mark: fc.constantFrom('', '\uFEFF'),
      endsInNewline: fc.boolean(),
      blankLines: fc.boolean(),
      seed: fc.nat(),
    }),
  );
}

export function csvTable(spec: CsvSpec): CsvTable {
  const { columns, delimiter, mark } = spec;
  const random = randomFrom(spec.seed);
  const rows = Array.from({ length: spec.rows }, () => columns.map(() => pick(random, spec.cells)));
  const records = [columns, ...rows].map((row, i) => ({
    text: (i === 0 ? mark : '') + row.map((value) => fieldOf(value, spec, random)).join(delimiter),
    end: i === spec.rows && !spec.endsInNewline ? '' : pick(random, spec.newlines),
  }));
  // In a table of one column an empty line is a row.
  const hasBlanks = spec.blankLines && columns.length > 1;
  const text = records.map((record) => record.text + record.end.repeat(hasBlanks && random() < 0.05 ? 2 : 1));
  return { bytes: Buffer.from(text.join('')), columns, rows, delimiter, records };
}

function fieldOf(value: string, { columns, delimiter, quotes }: CsvSpec, random: () => number): string {
  const isNeeded =
    /^"|[\r\n]/.test(value) || value.includes(delimiter) || (value === '' && columns.length === 1);
  return isNeeded || (quotes === 'any' && random() < 0.5) ? `"${value.replaceAll('"', '""')}"` : value;
}
