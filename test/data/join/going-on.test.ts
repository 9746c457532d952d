import type { AnswerRow } from '../../../src/batch/output-columns.ts';
import { answerRow } from '../../../src/data/answers.ts';
import type { Join, JoinPlace } from '../../../src/data/join/join.ts';
import { joinedTable } from '../../../src/data/join/joined-table.ts';
import { inBatches, type MemorySource, memorySource } from '../memory-source.ts';
import { parquetBytes } from '../parquet-source.ts';

/** Enough for two row groups of Parquet output; of other outputs fewer rows are put down as often. */
const rowsFor = (to: Format) => (to === 'parquet' ? 52_000 : 12_000);
const padding = 'x'.repeat(60);

async function* answers(first: number, rows: number): AsyncGenerator<AnswerRow> {
  for (let row = first; row < rows; row++) {
    const answer = {
      response: `answer ${row}, "so"\n`,
      embedding: null,
      stopReason: 'end_turn',
      inputTokens: row,
      outputTokens: 0,
    };
    yield answerRow(row, { status: 'succeeded', answer });
  }
}

const lines = (rows: number, line: (row: number) => string) =>
  Array.from({ length: rows }, (_, row) => `${line(row)}\n`).join('');

const tables = {
  csv: async (rows: number) =>
    `n,t\n${lines(rows, (row) => `${row},"${padding}${row % 7 === 0 ? '\n""' : ''}"`)}`,
  jsonl: async (rows: number) =>
    lines(rows, (row) => JSON.stringify({ n: row, t: row % 5 === 0 ? null : padding })),
  parquet: async (rows: number) => {
    const numbers = Array.from({ length: rows }, (_, row) => row);
    const columns = [
      { name: 'n', type: 'int64' as const },
      { name: 't', type: 'string' as const },
    ];
    return parquetBytes(columns, [numbers, numbers.map((n) => (n % 5 === 0 ? null : padding))], 9_000);
  },
};

type Format = keyof typeof tables;
const formats = ['csv', 'jsonl', 'parquet'] as const satisfies readonly Format[];
const pairs = formats.flatMap((from) => formats.map((to) => [from, to] as const));

const opened = new Map<string, MemorySource>();

async function sourceOf(from: Format, to: Format): Promise<MemorySource> {
  const rows = rowsFor(to);
  const key = `${from} ${rows}`;
  const source = opened.get(key) ?? memorySource(await tables[from](rows), `t.${from}`, 300_000);
  opened.set(key, source);
  return source;
}

function joinOf(source: MemorySource, from: Format, to: Format, place?: JoinPlace): Join {
  const object = { bucket: 'b', key: 'k', etag: '"e"', bytes: source.byteLength };
  return {
    source,
    range: { object, format: from, first_row: 0, row_count: rowsFor(to) },
    outputFormat: to,
    answers: 'response',
    rows: inBatches(answers(place?.row ?? 0, rowsFor(to)), 1000),
    from: place,
  };
}

/** An output and how often it was put down: at every so many-th place. */
async function made(from: Format, to: Format, every: number) {
  const source = await sourceOf(from, to);
  const parts: Uint8Array[] = [];
  let place: JoinPlace | undefined;
  for (let downs = 0; ; downs++) {
    let next: JoinPlace | undefined;
    let places = 0;
    for await (const piece of joinedTable(joinOf(source, from, to, place))) {
      if (piece instanceof Uint8Array) parts.push(Uint8Array.from(piece));
      else if ('object' in piece) parts.push(new Uint8Array(await source.slice(piece.start, piece.end)));
      else if (++places % every === 0) {
        next = JSON.parse(JSON.stringify(piece.place())) as JoinPlace;
        break;
      }
    }
    if (next === undefined) return { bytes: Buffer.concat(parts), downs };
    place = next;
  }
}

test.each(pairs)('%s written as %s goes on wherever it was put down, to the same bytes', async (from, to) => {
  const whole = await made(from, to, Infinity);
  const parted = await made(from, to, to === 'csv' ? 3 : 1);
  expect(whole.downs).toBe(0);
  expect(parted.downs).toBeGreaterThanOrEqual(1);
  expect(parted.bytes.equals(whole.bytes)).toBe(true);
});
