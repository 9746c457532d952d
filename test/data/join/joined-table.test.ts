import fc from 'fast-check';
import Papa from 'papaparse';
import type { Outcome } from '../../../src/batch/outcomes.ts';
import type { AnswerRow } from '../../../src/batch/output-columns.ts';
import { answerRow } from '../../../src/data/answers.ts';
import { readCsvHeader } from '../../../src/data/csv/table.ts';
import type { Join } from '../../../src/data/join/join.ts';
import { joinedTable } from '../../../src/data/join/joined-table.ts';
import { openTable, type RowWindow } from '../../../src/data/table.ts';
import {
  collected,
  inBatches,
  type MemorySource,
  memorySource,
  rowsOf,
  surveyed,
  textOf,
} from '../memory-source.ts';
import { parquetSource } from '../parquet-source.ts';

/** The bytes of an output; what is copied of its source is read. */
async function* joinedBytes(join: Join): AsyncGenerator<Uint8Array> {
  for await (const piece of joinedTable(join)) {
    if (piece instanceof Uint8Array) yield piece;
    else if ('object' in piece) yield* join.source.stream(piece.start, piece.end);
  }
}

const appended = ['response', 'record_id', 'status', 'error', 'stop_reason', 'input_tokens', 'output_tokens'];

function answered(row: number, response: string): AnswerRow {
  const answer = { response, embedding: null, stopReason: 'end_turn', inputTokens: row, outputTokens: 0 };
  return answerRow(row, { status: 'succeeded', answer });
}

async function* answers(count: number, first = 0): AsyncGenerator<AnswerRow> {
  for (let row = first; row < first + count; row++) yield answered(row, `answer ${row}`);
}

const pinned = { bucket: 'b', key: 'k', etag: '"e"', bytes: 0 };
const rangeOf = ({ firstRow, rowCount, start }: RowWindow, format: 'csv' | 'parquet' = 'csv') => ({
  object: pinned,
  format,
  first_row: firstRow,
  row_count: rowCount,
  start,
});

function csvToCsv(
  source: MemorySource,
  rowCount: number,
  rows: AsyncIterable<AnswerRow> = answers(rowCount),
) {
  const range = rangeOf({ firstRow: 0, rowCount });
  return joinedBytes({ source, range, outputFormat: 'csv', answers: 'response', rows: inBatches(rows) });
}

const tail = (row: number) => `,answer ${row},R000000000${row},succeeded,,end_turn,${row},0`;
const head = `,${appended.join(',')}`;

test.each([
  ['a plain file', 'a,b\n1,2\n3,4\n', `a,b${head}\n1,2${tail(0)}\n3,4${tail(1)}\n`, 2],
  ['no final line end', 'a,b\n1,2', `a,b${head}\n1,2${tail(0)}`, 1],
  ['a mark and CRLF', '\uFEFFa,b\r\n1,2\r\n', `\uFEFFa,b${head}\r\n1,2${tail(0)}\r\n`, 1],
  ['CR', 'a,b\r1,2\r', `a,b${head}\r1,2${tail(0)}\r`, 1],
  ['mixed line ends', 'a,b\r\n1,2\n3,4\r5,6', `a,b${head}\r\n1,2${tail(0)}\n3,4${tail(1)}\r5,6${tail(2)}`, 3],
  ['needless quotes and blanks', '"a", b \n"1", 2 \n', `"a", b ${head}\n"1", 2 ${tail(0)}\n`, 1],
  ['a record of two lines', 'a,b\n"x\n""y""",2\n', `a,b${head}\n"x\n""y""",2${tail(0)}\n`, 1],
  [
    'empty lines, which are no records',
    '\na,b\n\n1,2\n\n\n3,4\n\n',
    `\na,b${head}\n1,2${tail(0)}\n3,4${tail(1)}\n`,
    2,
  ],
  ['one column with an empty line', 'a\n\n1\n\n\n', `a${head}\n${tail(0)}\n1${tail(1)}\n`, 2],
  ['two columns of one name', 'a,b,a\n1,2,3\n', `a,b,a${head}\n1,2,3${tail(0)}\n`, 1],
  ['empty fields and a lone quote', 'a,b\n,\n5",\n', `a,b${head}\n,${tail(0)}\n5",${tail(1)}\n`, 2],
  ['numbers that a parser would change', 'a,b\n007,1e999\n', `a,b${head}\n007,1e999${tail(0)}\n`, 1],
])('CSV keeps its own bytes: %s', async (_, input, output, rowCount) => {
  for (const pieceBytes of [1, 7, 1000])
    expect(await textOf(csvToCsv(memorySource(input, 't.csv', pieceBytes), rowCount))).toBe(output);
});

test('a file of another delimiter goes on with its own', async () => {
  const output = await textOf(csvToCsv(memorySource('a;b;c\n1;"2;5";3\n'), 1, answers(1)));
  expect(output).toBe(`a;b;c${head.replaceAll(',', ';')}\n1;"2;5";3${tail(0).replaceAll(',', ';')}\n`);
});

test('appended columns make way for the ones of their name', async () => {
  const output = await textOf(csvToCsv(memorySource('status,response\nold,older\n'), 1));
  expect(output.split('\n')[0]).toBe(
    'status,response,response_1,record_id,status_1,error,stop_reason,input_tokens,output_tokens',
  );
});

test('a window of the rows is joined to its own answers', async () => {
  const source = memorySource(`n\n${Array.from({ length: 200 }, (_, i) => `${i}\n`).join('')}`);
  const { locate } = await surveyed(await openTable(source, 'csv'));
  const range = rangeOf({ firstRow: 70, rowCount: 3, start: locate(70) });
  const output = joinedBytes({
    source,
    range,
    outputFormat: 'csv',
    answers: 'response',
    rows: inBatches(answers(3, 70)),
  });
  const { data } = Papa.parse<Record<string, string>>(await textOf(output), {
    header: true,
    skipEmptyLines: true,
  });
  expect(data.map((row) => [row['n'], row['response'], row['record_id']])).toEqual([
    ['70', 'answer 70', 'R0000000070'],
    ['71', 'answer 71', 'R0000000071'],
    ['72', 'answer 72', 'R0000000072'],
  ]);
});

const outcomes = fc.array(
  fc.oneof(
    fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', '\u2028', '🚀'), maxLength: 10 }),
    fc.constant(undefined),
  ),
  { minLength: 1, maxLength: 20 },
);

test('any answer comes back from the output, next to the row that it belongs to', async () => {
  await fc.assert(
    fc.asyncProperty(outcomes, fc.constantFrom(',', ';'), async (responses, delimiter) => {
      const error = { code: '400', message: 'a "bad", row\n' };
      async function* rows() {
        for (const [row, response] of responses.entries())
          yield response === undefined
            ? answerRow(row, { status: 'failed', error })
            : answered(row, response);
      }
      const input =
        ['x', 'y', 'z'].join(delimiter) +
        responses.map((_, i) => `\n${[i, '', 'z'].join(delimiter)}`).join('');
      const text = await textOf(csvToCsv(memorySource(input), responses.length, rows()));
      const { data, errors } = Papa.parse<Record<string, string>>(text, {
        header: true,
        delimiter,
        newline: '\n',
      });
      expect(errors).toEqual([]);
      expect(data.map((row) => [row['x'], row['response'], row['status'], row['error']])).toEqual(
        responses.map((response, i) =>
          response === undefined
            ? [`${i}`, '', 'failed', '400: a "bad", row\n']
            : [`${i}`, response, 'succeeded', ''],
        ),
      );
    }),
    { numRuns: 100 },
  );
});

test('vectors are written as JSON that reads back to the same floats', async () => {
  const embedding = Float32Array.from([0.1, -0, 1e-40, 3.4028234663852886e38, 1 / 3]);
  const answer = { response: null, embedding, stopReason: null, inputTokens: 3, outputTokens: null };
  async function* rows() {
    yield answerRow(0, { status: 'succeeded', answer });
  }
  const range = rangeOf({ firstRow: 0, rowCount: 1 });
  const source = memorySource('a\n1\n');
  const text = await textOf(
    joinedBytes({ source, range, outputFormat: 'csv', answers: 'embedding', rows: inBatches(rows()) }),
  );
  const { data } = Papa.parse<Record<string, string>>(text, { header: true, skipEmptyLines: true });
  const read = Float32Array.from(JSON.parse(data[0]?.['embedding'] ?? '') as number[]);
  expect(read).toEqual(embedding);
  expect(data[0]?.['embedding']).toBe('[0.1,-0,1e-40,3.4028235e+38,0.33333334]');
  expect(data[0]).toMatchObject({ a: '1', input_tokens: '3', output_tokens: '', stop_reason: '' });
});

test.each(['csv', 'parquet'] as const)(
  'answers that end too early are an error, to %s',
  async (outputFormat) => {
    const range = rangeOf({ firstRow: 0, rowCount: 2 });
    const output = joinedBytes({
      source: memorySource('a\n1\n2\n'),
      range,
      outputFormat,
      answers: 'response',
      rows: inBatches(answers(1)),
    });
    await expect(collected(output)).rejects.toThrow('The answers ended before the rows of the source did.');
  },
);

test('Parquet becomes CSV with every cell as text', async () => {
  const source = await parquetSource(
    [
      { name: 'n', type: 'int64' },
      { name: 'a b', type: 'string' },
    ],
    [
      [1, null, 9007199254740991],
      ['x,y', null, ''],
    ],
  );
  const range = rangeOf({ firstRow: 1, rowCount: 2 }, 'parquet');
  const output = joinedBytes({
    source,
    range,
    outputFormat: 'csv',
    answers: 'response',
    rows: inBatches(answers(2)),
  });
  expect(await textOf(output)).toBe(`n,a b${head}\n,${tail(0)}\n9007199254740991,${tail(1)}\n`);
});

async function rowsIn(bytes: AsyncIterable<Uint8Array>, columns: readonly string[], rowCount: number) {
  const source = memorySource(Buffer.concat(await collected(bytes)), 'out.parquet', 1024);
  const table = await openTable(source, 'parquet');
  expect((await surveyed(table)).rowCount).toBe(rowCount);
  return { columns: table.columns, rows: await rowsOf(table.texts({ firstRow: 0, rowCount }, columns)) };
}

test('CSV becomes Parquet over many batches, each row with its own answer', async () => {
  const source = memorySource(
    `n,t\n${Array.from({ length: 2500 }, (_, i) => `${i},\n`).join('')}`,
    't.csv',
    500,
  );
  const range = rangeOf({ firstRow: 0, rowCount: 2500 });
  const output = joinedBytes({
    source,
    range,
    outputFormat: 'parquet',
    answers: 'response',
    rows: inBatches(answers(2500)),
  });
  const { columns, rows } = await rowsIn(output, ['n', 't', 'response', 'input_tokens', 'error'], 2500);
  expect(columns).toEqual(['n', 't', ...appended]);
  expect(rows).toEqual(Array.from({ length: 2500 }, (_, i) => [`${i}`, '', `answer ${i}`, `${i}`, null]));
});

test('Parquet keeps its bytes and rows, and each row gets its own answer', async () => {
  const numbers = Array.from({ length: 130 }, (_, i) => i);
  const source = await parquetSource([{ name: 'n', type: 'int64' }], [numbers]);
  const range = rangeOf({ firstRow: 0, rowCount: 130 }, 'parquet');
  const output = joinedBytes({
    source,
    range,
    outputFormat: 'parquet',
    answers: 'response',
    rows: inBatches(answers(130)),
  });
  const { columns, rows } = await rowsIn(output, ['n', 'response'], 130);
  expect(columns).toEqual(['n', ...appended]);
  expect(rows).toEqual(numbers.map((n) => [`${n}`, `answer ${n}`]));
});

test('the header of the output is the header of a table', async () => {
  const output = await textOf(csvToCsv(memorySource('a,"b\nc"\n1,2\n'), 1));
  expect((await readCsvHeader(memorySource(output))).columns).toEqual(['a', 'b\nc', ...appended]);
});

test('JSON lines keep their own bytes and line ends; members are appended before the closing brace', async () => {
  const content = '{"a":1}\r\n\n{ }\n { "b" : "}" } \r\n{"record_id":9007199254740993}';
  const object = { bucket: 'bucket', key: 'inputs/t.jsonl', etag: '"e"', bytes: Buffer.byteLength(content) };
  const source = memorySource(content, 't.jsonl');
  const range = { object, format: 'jsonl' as const, first_row: 0, row_count: 4 };
  const failed: Outcome = { status: 'failed', error: { code: '400', message: 'no' } };
  async function* rows() {
    for (let row = 0; row < 4; row++) yield answerRow(row, failed);
  }
  const output = joinedBytes({
    source,
    range,
    outputFormat: 'jsonl',
    answers: 'response',
    inputColumns: ['a', 'b', 'record_id'],
    rows: inBatches(rows()),
  });
  const text = (await collected(output)).map((piece) => Buffer.from(piece).toString()).join('');
  const members = (row: number) =>
    `"response":null,"record_id_1":"R000000000${row}","status":"failed","error":"400: no","stop_reason":null,"input_tokens":null,"output_tokens":null}`;
  expect(text).toBe(
    `{"a":1,${members(0)}\r\n{ ${members(1)}\n { "b" : "}" ,${members(2)}\r\n{"record_id":9007199254740993,${members(3)}\n`,
  );
});

test.each(['csv', 'jsonl', 'parquet'] as const)(
  'to %s, an output that is broken off leaves no answers open',
  async (outputFormat) => {
    let isClosed = false;
    async function* open() {
      try {
        for (let row = 0; ; row++) yield [answered(row % 10, 'x'.repeat(1000))];
      } finally {
        isClosed = true;
      }
    }
    const source = memorySource(`a\n${'1\n'.repeat(60_000)}`, 't.csv', 50_000);
    const range = rangeOf({ firstRow: 0, rowCount: 60_000 });
    let pieces = 0;
    for await (const _ of joinedTable({ source, range, outputFormat, answers: 'response', rows: open() })) {
      if (++pieces === 2) break;
    }
    expect(isClosed).toBe(true);
  },
);
