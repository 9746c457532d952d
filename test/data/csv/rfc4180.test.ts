import Papa from 'papaparse';
import type { ByteSource } from '../../../src/data/byte-source.ts';
import { type CellBatch, textsOfBatch } from '../../../src/data/cells.ts';
import { csvCells } from '../../../src/data/csv/cells.ts';
import { parseFields } from '../../../src/data/csv/fields.ts';
import { csvSpans } from '../../../src/data/csv/record-scanner.ts';
import { fieldCount, type RecordSpans } from '../../../src/data/csv/record-spans.ts';
import { csvRecords } from '../../../src/data/csv/records.ts';
import { csvRecordBatches, firstPosition, readCsvHeader } from '../../../src/data/csv/table.ts';
import cases from '../../cases/csv/rfc4180.json';
import { collected, cutAt } from '../memory-source.ts';

/** An edge case of RFC 4180. `{long}` stands for a text repeated; rows are those behind the header. */
interface Case {
  readonly name: string;
  readonly text: string;
  readonly long?: readonly [text: string, times: number];
  readonly columns?: readonly string[];
  readonly rows?: readonly (readonly string[])[];
  /** Of a table: the scanner alone takes rows of any width. */
  readonly refusal?: string;
  /** Where papaparse reads something else than the rows. */
  readonly papaparse?: 'differs';
}

const table = (cases as unknown as readonly Case[]).map(({ long: [part, times] = ['', 0], ...rest }) => {
  const filled = (text: string) => text.replaceAll('{long}', part.repeat(times));
  return { ...rest, text: filled(rest.text), rows: rest.rows?.map((row) => row.map(filled)) };
});

/** A file whose stream comes in two pieces, cut before the byte at `cut`. */
function cutSource(bytes: Buffer, cut: number): ByteSource {
  return {
    name: 't.csv',
    byteLength: bytes.length,
    slice: async (start, end = bytes.length) => Uint8Array.from(bytes.subarray(start, end)).buffer,
    // The scanner writes cells over its window, which may be what it was given.
    stream: (start, end = bytes.length) => {
      const at = Math.min(Math.max(cut, start), end);
      return cutAt(Buffer.from(bytes.subarray(start, end)), at - start);
    },
  };
}

/** Every span of every record as a place in the file. */
async function spansOf(bytes: Buffer, cut: number): Promise<readonly unknown[]> {
  const options = { name: 't.csv', delimiter: ',' };
  return (await collected(spanned(csvSpans(cutAt(bytes, cut), options)))).flat();
}

async function* spanned(all: AsyncIterable<RecordSpans>) {
  for await (const spans of all) {
    const { offset, starts, ends, nexts, lines, nextLines, firstFields, fieldEnds } = spans;
    yield Array.from({ length: spans.count }, (_, i) => {
      const first = firstFields[i] as number;
      return {
        places: [starts, ends, nexts].map((places) => offset + (places[i] as number)),
        lines: [lines[i], nextLines[i]],
        fieldEnds: [...fieldEnds.subarray(first, first + fieldCount(spans, i))].map((end) => offset + end),
      };
    });
  }
}

const everyRow = { skip: 0, rowCount: Number.POSITIVE_INFINITY };

/** Header and cells, or why there are none. */
async function cellsOf(bytes: Buffer, cut: number) {
  const source = cutSource(bytes, cut);
  const header = await readCsvHeader(source);
  // Columns of one name are told apart by their places alone, so each is asked for under a name of its own.
  const named = { ...header, columns: header.columns.map((_, i) => `${i}`) };
  const range = { from: firstPosition(header), ...everyRow };
  const rows = await collected(textRows(csvCells(source, named, range, named.columns)));
  return { columns: header.columns, rows };
}

/** A batch is valid until the next one is asked for. */
async function* textRows(batches: AsyncIterable<CellBatch>) {
  for await (const batch of batches) yield* textsOfBatch(batch);
}

/** The bytes of header, rows and line ends, in the order of the file. */
async function rawOf(bytes: Buffer, cut: number): Promise<string> {
  const source = cutSource(bytes, cut);
  const header = await readCsvHeader(source);
  const batches = await collected(
    csvRecordBatches(source, header, { from: firstPosition(header), ...everyRow }),
  );
  const records = [header.record, ...batches.flat()];
  return Buffer.concat(records.flatMap((record) => [record.bytes, record.end])).toString();
}

const everyCut = ({ length }: Buffer) => Array.from({ length: length + 1 }, (_, cut) => cut);

test('all edge cases are here', () => {
  expect(table).toHaveLength(21);
});

describe.each(table)('$name', ({ text, columns, rows, refusal }) => {
  const bytes = Buffer.from(text);

  test('has the same spans wherever it is cut', async () => {
    const outcome = (cut: number) => spansOf(bytes, cut).catch(String);
    const whole = await outcome(0);
    expect(Array.isArray(whole)).toBe(rows !== undefined);
    for (const cut of everyCut(bytes)) expect(await outcome(cut)).toEqual(whole);
  });

  if (refusal !== undefined) {
    test('has its own fields all the same, where the scanner takes it', async () => {
      const records = collected(csvRecords(cutAt(bytes, 0), { name: 't.csv', delimiter: ',' }));
      if (rows === undefined) await expect(records).rejects.toThrow(refusal);
      else expect(parseFields(await records, ',').slice(1)).toEqual(rows);
    });

    test('is refused as a table wherever it is cut', async () => {
      for (const cut of everyCut(bytes)) await expect(cellsOf(bytes, cut)).rejects.toThrow(refusal);
      for (const cut of everyCut(bytes)) await expect(rawOf(bytes, cut)).rejects.toThrow(refusal);
    });
    return;
  }

  test('has the same cells wherever it is cut', async () => {
    const whole = await cellsOf(bytes, 0);
    expect(whole.rows).toEqual(rows);
    if (columns !== undefined) expect(whole.columns).toEqual(columns);
    for (const cut of everyCut(bytes)) expect(await cellsOf(bytes, cut)).toEqual(whole);
  });

  test('gives its own bytes back wherever it is cut', async () => {
    // The mark is the dialect's, and empty lines at the end belong to no record.
    const recordsOnly = text.replace(/^\uFEFF/, '').replace(/\n+$/, '\n');
    for (const cut of everyCut(bytes)) expect(await rawOf(bytes, cut)).toBe(recordsOnly);
  });
});

test.each(table.filter(({ rows, papaparse }) => rows !== undefined && papaparse === undefined))(
  'papaparse reads the same of $name',
  ({ text, columns, rows }) => {
    const { data } = Papa.parse<string[]>(text, { delimiter: ',', skipEmptyLines: true });
    expect(data.slice(1)).toEqual(rows);
    if (columns !== undefined) expect(data[0]).toEqual(columns);
  },
);
