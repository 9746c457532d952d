import fc from 'fast-check';
import { parseFields } from '../../../src/data/csv/fields.ts';
import type { ScanOptions } from '../../../src/data/csv/record-scanner.ts';
import { type CsvRecord, csvRecords } from '../../../src/data/csv/records.ts';
import cases from '../../cases/csv/records.json';
import { collected, cutAt, pieces } from '../memory-source.ts';

interface Case {
  readonly name: string;
  readonly text: string;
  readonly delimiter?: string;
  readonly emptyLines?: 'nothing' | 'rows';
  readonly rows?: readonly (readonly string[])[];
  readonly lines?: readonly number[];
  readonly refusal?: string;
}

const table = cases as readonly Case[];
const optionsOf = ({ delimiter = ',', emptyLines = 'nothing' }: Partial<Case>): ScanOptions => ({
  name: 't.csv',
  delimiter,
  emptyLines,
});
const scanned = (bytes: Buffer, options: ScanOptions, size = bytes.length || 1) =>
  collected(csvRecords(pieces(bytes, size), options));

describe.each(table.filter(({ rows }) => rows))('$name', (csvCase) => {
  const bytes = Buffer.from(csvCase.text);
  const options = optionsOf(csvCase);

  test('has these records, at these lines', async () => {
    const records = await scanned(bytes, options);
    expect(records.map(({ line }) => line)).toEqual(csvCase.lines);
    expect(records.map(({ fields }) => fields)).toEqual(csvCase.rows?.map((row) => row.length));
    // The mark at the very start belongs to the dialect, which papaparse takes away by itself.
    if (!csvCase.text.startsWith('\uFEFF'))
      expect(parseFields(records, options.delimiter)).toEqual(csvCase.rows);
  });

  test('has the same ones wherever the stream is cut', async () => {
    const whole = await scanned(bytes, options);
    for (let cut = 0; cut <= bytes.length; cut++)
      expect(await collected(csvRecords(cutAt(bytes, cut), options))).toEqual(whole);
    for (const size of [1, 2, 3]) expect(await scanned(bytes, options, size)).toEqual(whole);
  });

  test('is given back by its records and the line ends between them', async () => {
    expectWhole(bytes, await scanned(bytes, options));
  });
});

/** Every byte is in a record, or ends one, or is an empty line. */
function expectWhole(bytes: Buffer, records: readonly CsvRecord[]): void {
  let at = 0;
  for (const record of records) {
    expect(bytes.toString('latin1', at, record.offset)).toMatch(/^[\r\n]*$/);
    const end = record.offset + record.bytes.length;
    expect(bytes.subarray(record.offset, end)).toEqual(record.bytes);
    at = end + record.end.length;
    expect(bytes.subarray(end, at)).toEqual(record.end);
  }
  expect(bytes.toString('latin1', at)).toMatch(/^[\r\n]*$/);
}

test.each(table.filter(({ refusal }) => refusal))('refuses $name, wherever it is cut', async (csvCase) => {
  const bytes = Buffer.from(csvCase.text);
  for (let cut = 0; cut <= bytes.length; cut++) {
    await expect(collected(csvRecords(cutAt(bytes, cut), optionsOf(csvCase)))).rejects.toMatchObject({
      kind: 'InvalidInput',
      message: csvCase.refusal,
    });
  }
});

/** Text that is mostly the signs that matter. */
const csvText = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', 'é'), maxLength: 24 });

test('any text at all is read alike in one piece and byte by byte', async () => {
  await fc.assert(
    fc.asyncProperty(csvText, fc.constantFrom('nothing', 'rows'), async (text, emptyLines) => {
      const bytes = Buffer.from(text);
      const options = optionsOf({ emptyLines });
      const outcome = (size: number) => scanned(bytes, options, size).catch(String);
      const whole = await outcome(bytes.length || 1);
      expect(await outcome(1)).toEqual(whole);
      if (typeof whole !== 'string') expectWhole(bytes, whole);
    }),
    { numRuns: 500 },
  );
});

test.each(['nothing', 'rows'] as const)(
  'reading may begin at any record, with the offsets and lines of the whole file, where empty lines are %s',
  async (emptyLines) => {
    const bytes = Buffer.from('h,i\r\n"a\nb",1\n\nc,2\rd,3\n\n');
    const options = optionsOf({ emptyLines });
    const records = await scanned(bytes, options);
    expect(records).toHaveLength(emptyLines === 'rows' ? 5 : 4);
    for (const [i, { offset, line }] of records.entries()) {
      const rest = csvRecords(pieces(bytes.subarray(offset), 1), { ...options, offset, line });
      expect(await collected(rest)).toEqual(records.slice(i));
    }
  },
);

test('the line behind a record counts the line ends inside it', async () => {
  const records = await scanned(Buffer.from('"a\n\r\nb"\r\nc\n'), optionsOf({}));
  expect(records.map(({ line, nextLine }) => [line, nextLine])).toEqual([
    [1, 4],
    [4, 5],
  ]);
});

// In a file whose lines end with `\r`, a line end inside quotes is one as well: the third record stands on line 4.
test('counts a lone CR inside quotes as a line end', async () => {
  const records = await scanned(Buffer.from('h\r"a\rb"\rc\r'), optionsOf({}));
  expect(records.map(({ line }) => line)).toEqual([1, 2, 4]);
});

// A search stops at all control characters up to the line ends', and goes on behind those that end nothing.
test.each([',', '\t', ';'])(
  'takes control characters as text, unless they delimit: %j',
  async (delimiter) => {
    const text = Array.from({ length: 0x20 }, (_, i) => String.fromCharCode(i))
      .filter((character) => !['\n', '\r', delimiter].includes(character))
      .join('');
    const rows = [`${text}${delimiter}"${text}"`, `"${text}""${text}"${delimiter}${text}${text}`];
    const bytes = Buffer.from(`${rows.join('\n')}\n`);
    for (let size = 1; size <= bytes.length; size++) {
      const records = await scanned(bytes, optionsOf({ delimiter }), size);
      expect(records.map((record) => record.bytes.toString())).toEqual(rows);
      expect(records.map(({ fields, line }) => [fields, line])).toEqual([
        [2, 1],
        [2, 2],
      ]);
    }
  },
);

test.each([
  ['a lone byte above ASCII', 'ff'],
  ['Latin-1', '636166e9'],
  ['a character cut short', 'e69d'],
  ['half of a surrogate pair', 'eda080'],
  ['a slash in two bytes', 'c0af'],
])('refuses %s with its line', async (_, hex) => {
  const bytes = Buffer.concat([Buffer.from('a\n'), Buffer.from(hex, 'hex'), Buffer.from('\n')]);
  await expect(scanned(bytes, optionsOf({}))).rejects.toMatchObject({
    kind: 'InvalidInput',
    message: 'Cannot read t.csv: line 2 is malformed: it is not UTF-8 text.',
  });
});

describe('with a most of 10 bytes a record', () => {
  const options = { ...optionsOf({}), maxRecordBytes: 10 };

  test('reads on over any number of records', async () => {
    const bytes = Buffer.from('123456789\n'.repeat(50));
    expect(await scanned(bytes, options, 3)).toHaveLength(50);
  });

  test('stops at an open quote long before the end', async () => {
    let asked = 0;
    async function* endless() {
      for (; asked < 1000; asked++) yield Buffer.from(asked === 0 ? 'a\n"' : 'xxxx\n');
    }
    await expect(collected(csvRecords(endless(), options))).rejects.toThrow(
      'Cannot read t.csv: line 2 is malformed: a quote opened there is never closed, or the record is longer than 10 bytes.',
    );
    expect(asked).toBeLessThan(5);
  });

  // Neither may a larger piece of the stream let it pass.
  test.each([1, 4, 100])('stops at a record too long in pieces of %d bytes', async (size) => {
    await expect(scanned(Buffer.from(`a\n${'b'.repeat(30)}\n`), options, size)).rejects.toThrow(
      'Cannot read t.csv: line 2 is malformed: the record is longer than 10 bytes.',
    );
  });
});

test.each([100, 100_000])(
  'keeps 10,000 empty lines that may be rows, in pieces of %d bytes',
  async (size) => {
    const options = optionsOf({ emptyLines: 'rows' });
    const lines = (count: number) => Buffer.from(`a\n${'\n'.repeat(count)}b\n`);
    const records = await scanned(lines(10_000), options, size);
    expect(records.map(({ line }) => line).join()).toBe(
      Array.from({ length: 10_002 }, (_, i) => i + 1).join(),
    );
    expect(records.map(({ bytes, end }) => `${bytes}${end}`).join('')).toBe(`${lines(10_000)}`);
    await expect(scanned(lines(10_001), options, size)).rejects.toThrow(
      'Cannot read t.csv: line 10003 is malformed: more than 10000 empty lines stand before it.',
    );
    expect(await scanned(lines(10_001), optionsOf({}), size)).toHaveLength(2);
  },
);

/** Fields too long to be looked at byte by byte, between those that are not. */
const longText = fc.string({
  unit: fc.constantFrom('x'.repeat(40), 'y'.repeat(33), 'a', ',', '"', '\n', '\r', '\r\n', ',"', '",'),
  maxLength: 16,
});

test('long fields are read alike in one piece and in pieces of any size', async () => {
  await fc.assert(
    fc.asyncProperty(longText, fc.integer({ min: 1, max: 90 }), async (text, size) => {
      const bytes = Buffer.from(text);
      const outcome = (size: number) => scanned(bytes, optionsOf({}), size).catch(String);
      const whole = await outcome(bytes.length || 1);
      expect(await outcome(size)).toEqual(whole);
      if (typeof whole !== 'string') {
        expectWhole(bytes, whole);
        expect(whole.map(({ line }) => line)).toEqual(
          whole.map(({ offset }) => linesBefore(bytes.toString('latin1', 0, offset)) + 1),
        );
      }
    }),
    { numRuns: 1000 },
  );
});

function linesBefore(text: string): number {
  return text.match(/\r\n|\r|\n/g)?.length ?? 0;
}

test('says of the first record that must be refused why, whatever comes behind it', async () => {
  const lines = ['a,b', '1', '"2"x,3', Buffer.from('ff2c34', 'hex'), '"'];
  const refusals = [
    'line 2 must have 2 fields like the header, and it has 1.',
    'line 3 is malformed: a quoted field goes on behind its closing quote.',
    'line 4 is malformed: it is not UTF-8 text.',
    'line 5 is malformed: a quote opened there is never closed.',
  ];
  for (const [i, refusal] of refusals.entries()) {
    const good = Array.from({ length: i }, () => 'c,d');
    const parts = ['a,b', ...good, ...lines.slice(i + 1)].flatMap((line) => [
      Buffer.from(line),
      Buffer.from('\n'),
    ]);
    for (const size of [1, 2, 100]) {
      const read: CsvRecord[] = [];
      const reading = async () => {
        const bytes = pieces(Buffer.concat(parts), size);
        for await (const record of csvRecords(bytes, { ...optionsOf({}), fields: 2 })) read.push(record);
      };
      await expect(reading()).rejects.toThrow(`Cannot read t.csv: ${refusal}`);
      expect(read).toHaveLength(i + 1);
    }
  }
});
