import { runKeys } from '../../src/batch/keys.ts';
import type { Part, Run } from '../../src/batch/manifest.ts';
import type { Outcome } from '../../src/batch/outcomes.ts';
import { answerRow, encodeAnswers } from '../../src/data/answers.ts';
import { openTable } from '../../src/data/table.ts';
import { rowsOf } from '../data/memory-source.ts';
import { MemoryStore } from './fakes.ts';
import { assembled } from './finished-steps.ts';
import { aChunk, aRun, chunkRange, topics } from './fixtures.ts';

const key = 'inputs/t.csv';
const outputKey = 'batch_output_csv/jokes/run-1/t.csv';

function outcomeOf(row: number): Outcome {
  if (row % 5 === 3) return { status: 'failed', error: { code: '400', message: 'bad' } };
  const answer = {
    response: `joke ${row}`,
    embedding: null,
    stopReason: null,
    inputTokens: 1,
    outputTokens: 2,
  };
  return { status: 'succeeded', answer };
}

/** A run of ten rows in three chunks (4, 3, 3), all of them answered. */
async function world(change: Partial<Run> = {}) {
  const objects = new MemoryStore();
  const run = aRun({ row_count: 10, chunk_count: 3, ...change });
  objects.put(key, topics(10));
  const object = await objects.pin({ bucket: 'bucket', key });
  for (let chunk = 0; chunk < 3; chunk++) await answer(objects, run, chunk);
  const chunks = [0, 1, 2].map((index) => aChunk(run, object, index));
  objects.put(run.chunks_key, chunks.map((chunk) => `${JSON.stringify(chunk)}\n`).join(''));
  const source = { object, format: 'csv' as const, first_row: 0, row_count: 10 };
  const part: Part = { index: 0, first_row: 0, source, chunks_from: 0, output_key: outputKey };
  return { objects, run, part };
}

/** Writes a chunk's answers: its own rows, or those told. */
async function answer(
  objects: MemoryStore,
  run: Run,
  chunk: number,
  rows?: readonly number[],
): Promise<void> {
  const { firstRow, rowCount } = chunkRange(run, chunk);
  const answered = rows ?? Array.from({ length: rowCount }, (_, i) => firstRow + i);
  const answers = answered.map((row) => answerRow(row, outcomeOf(row)));
  await objects.write(runKeys.answers(run, chunk), encodeAnswers(answers, 'response'));
}

async function written(objects: MemoryStore, columns: readonly string[]) {
  const source = objects.source(await objects.pin({ bucket: 'bucket', key: outputKey }));
  const table = await openTable(source, 'csv');
  return rowsOf(table.texts({ firstRow: 0, rowCount: 10 }, columns));
}

const row = (i: number, first = 0) => [
  `${first + i}`,
  `R000000000${first + i}`,
  i % 5 === 3 ? 'failed' : 'succeeded',
  i % 5 === 3 ? '' : `joke ${first + i}`,
];

test('joins every row to its own answer over all chunks', async () => {
  const { objects, run, part } = await world();
  expect(await assembled({ run, part }, objects)).toEqual({
    index: 0,
    output_uri: `s3://bucket/${outputKey}`,
    rows: 10,
    outcomes: {
      statuses: { succeeded: 8, failed: 2, missing: 0 },
      error_codes: { '400': 2 },
      input_tokens: 8,
      output_tokens: 16,
    },
  });
  const columns = ['id', 'record_id', 'status', 'response'];
  expect(await written(objects, columns)).toEqual(Array.from({ length: 10 }, (_, i) => row(i)));
});

test('a chunk without answers has its rows all the same, and says where to read why', async () => {
  const { objects, run, part } = await world();
  objects.objects.delete(runKeys.answers(run, 1));
  const report = await assembled({ run, part }, objects);
  expect(report.outcomes).toEqual({
    statuses: { succeeded: 5, failed: 2, missing: 3 },
    error_codes: { ChunkFailed: 3, '400': 2 },
    input_tokens: 5,
    output_tokens: 10,
  });
  const error = 'ChunkFailed: chunk 1 ended without answers; summary.json tells why';
  const rows = await written(objects, ['id', 'record_id', 'status', 'error', 'response']);
  expect(rows.slice(4, 7)).toEqual([4, 5, 6].map((i) => [`${i}`, `R000000000${i}`, 'missing', error, '']));
  expect(rows.slice(7).map(([id, , , , response]) => [id, response])).toEqual([
    ['7', 'joke 7'],
    ['8', ''],
    ['9', 'joke 9'],
  ]);
});

test('no answers at all is an output of missing rows', async () => {
  const { objects, run, part } = await world();
  for (let chunk = 0; chunk < 3; chunk++) objects.objects.delete(runKeys.answers(run, chunk));
  expect((await assembled({ run, part }, objects)).outcomes).toMatchObject({
    statuses: { succeeded: 0, failed: 0, missing: 10 },
    error_codes: { ChunkFailed: 10 },
  });
});

test('a part in the middle of a run takes its own answers, whatever the chunks', async () => {
  for (const [first, count] of [
    [0, 1],
    [3, 2],
    [4, 3],
    [5, 5],
    [9, 1],
  ] as const) {
    const { objects, run, part } = await world();
    const source = { ...part.source, first_row: first, row_count: count };
    const report = await assembled({ run, part: { ...part, first_row: first, source } }, objects);
    const { succeeded, failed, missing } = report.outcomes.statuses;
    expect([report.rows, succeeded + failed + missing]).toEqual([count, count]);
    const rows = await written(objects, ['id', 'record_id']);
    expect(rows).toEqual(Array.from({ length: count }, (_, i) => [`${first + i}`, `R000000000${first + i}`]));
  }
});

test('a source that has fewer rows than the run is an error', async () => {
  const { objects, run, part } = await world({ row_count: 12 });
  const longer = { ...part, source: { ...part.source, row_count: 12 } };
  await expect(assembled({ run, part: longer }, objects)).rejects.toMatchObject({
    kind: 'Internal',
    message: `Cannot finish ${outputKey}: 12 rows went in and 10 came out.`,
  });
});

test('a source that was replaced is SourceChanged, and no output is left', async () => {
  const { objects, run, part } = await world();
  objects.put(key, topics(11));
  await expect(assembled({ run, part }, objects)).rejects.toMatchObject({ kind: 'SourceChanged' });
  expect(objects.objects.has(outputKey)).toBe(false);
});

// An answer is joined to the row that its record id names, or to none: rows that slide by one must not pass unseen.
test.each<[string, number, readonly number[], string, string]>([
  ['a row is left out', 1, [4, 6], 'R0000000005', 'R0000000006'],
  ['the first row is left out', 0, [1, 2, 3], 'R0000000000', 'R0000000001'],
  ['two rows are in the wrong order', 1, [5, 4, 6], 'R0000000004', 'R0000000005'],
  ['a row comes twice', 0, [0, 1, 1, 3], 'R0000000002', 'R0000000001'],
  ['the rows are those of another chunk', 1, [7, 8, 9], 'R0000000004', 'R0000000007'],
  ['the last rows are left out', 2, [7, 8], 'R0000000010', 'R0000000009'],
  ['there is a row too many', 0, [0, 1, 2, 3, 4], 'R0000000004', 'R0000000005'],
  ['there is no row', 1, [], 'R0000000007', 'R0000000004'],
])(
  'where in the answers of a chunk %s, the join is refused and no output is left',
  async (_, chunk, rows, expected, found) => {
    const { objects, run, part } = await world();
    await answer(objects, run, chunk, rows);
    await expect(assembled({ run, part }, objects)).rejects.toMatchObject({
      kind: 'Internal',
      message: `Cannot join the answers of chunk ${chunk}: ${expected} must come next, got ${found}.`,
    });
    expect(objects.objects.has(outputKey)).toBe(false);
  },
);

test('where one chunk has the last row of the one before it as well, the join is refused', async () => {
  const { objects, run, part } = await world();
  await answer(objects, run, 0, [0, 1, 2]);
  await answer(objects, run, 1, [3, 4, 5, 6]);
  await expect(assembled({ run, part }, objects)).rejects.toMatchObject({ kind: 'Internal' });
});

test('rows before a part are held against their record ids as well', async () => {
  const { objects, run, part } = await world();
  await answer(objects, run, 0, [0, 2, 1, 3]);
  const source = { ...part.source, first_row: 3, row_count: 7 };
  await expect(assembled({ run, part: { ...part, first_row: 3, source } }, objects)).rejects.toMatchObject({
    kind: 'Internal',
  });
});
