import {
  type GeneratedLines,
  generatedBytes,
  generatedSource,
  generatedStream,
} from '../../bench/scale/generated-lines.ts';
import { type Answers, output, scaleRun, table } from '../../bench/scale/scale-data.ts';
import { rowOf } from '../../src/batch/record-id.ts';
import { textsOfBatch } from '../../src/data/cells.ts';
import { openTable } from '../../src/data/table.ts';
import { collected } from '../data/memory-source.ts';

const bytesOf = async (lines: GeneratedLines, start = 0, end = generatedBytes(lines)) =>
  Buffer.concat(await collected(generatedStream(lines, start, end)));

test('any range of a generated file holds what the whole holds there', async () => {
  const lines = table(3000);
  const whole = await bytesOf(lines);
  expect(whole).toHaveLength(generatedBytes(lines));
  const header = lines.header.length;
  for (const start of [0, 1, header - 1, header, header + 1, 1_048_000, 1_048_576, 2_000_000]) {
    for (const length of [0, 1, 50, 5000, 1_100_000]) {
      const end = Math.min(start + length, whole.length);
      expect((await bytesOf(lines, start, end)).equals(whole.subarray(start, end))).toBe(true);
    }
  }
});

test('a generated table has its rows, and chunks begin where they are said to', async () => {
  const rows = 250_000;
  const source = generatedSource('table.csv', table(rows));
  const opened = await openTable(source, 'csv');
  for (const { first_row, ranges } of scaleRun(rows, 'text').chunks) {
    const start = ranges[0]?.start;
    const [batch] = await collected(
      opened.cells({ firstRow: first_row, rowCount: 2, start }, ['topic', 'source']),
    );
    if (batch === undefined) throw new Error('no rows');
    const texts = textsOfBatch(batch);
    expect(texts.map(([topic]) => topic)).toEqual(
      [first_row, first_row + 1].map((row) => String(row).padStart(12, '0')).map((row) => `topic ${row}`),
    );
    expect(texts[0]?.[1]).toContain('"news" of a lazy dog');
  }
});

test.each<Answers>(['text', 'vectors'])(
  'an output of %s answers each row once, in no order',
  async (answers) => {
    const lines = (await bytesOf(output(answers, 500, 300))).toString().trimEnd().split('\n');
    const rows = lines.map((line) => rowOf(JSON.parse(line).recordId));
    expect(rows.toSorted((a = 0, b = 0) => a - b)).toEqual(Array.from({ length: 300 }, (_, i) => 500 + i));
    expect(rows[1]).not.toBe(501);
  },
);
