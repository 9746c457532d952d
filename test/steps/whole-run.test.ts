import fc from 'fast-check';
import Papa from 'papaparse';
import type { Chunk, Part, Run } from '../../src/batch/manifest.ts';
import { postprocess } from '../../src/steps/postprocess.ts';
import { prepareInput } from '../../src/steps/prepare-input.ts';
import { MemoryStore } from './fakes.ts';
import { assembled, preprocessed } from './finished-steps.ts';
import { outputLine, textModel } from './fixtures.ts';

/** What Bedrock may do to a record. */
const fates = [
  'answer',
  'answer',
  'answer',
  'error',
  'drop',
  'twice',
  'error then answer',
  'cut off',
] as const;
type Fate = (typeof fates)[number];

const request = {
  s3_uri: 's3://bucket/inputs/t.csv',
  job_name_prefix: 'jokes',
  model_id: textModel,
  prompt_id: 'joke_about_topic',
  max_records_per_job: 110,
};

function linesOf(fate: Fate, row: number): string[] {
  const answer = outputLine.answer(row);
  if (fate === 'drop') return [];
  if (fate === 'error') return [outputLine.error(row)];
  if (fate === 'twice') return [answer, outputLine.answer(row, 'again')];
  if (fate === 'error then answer') return [outputLine.error(row), answer];
  return [fate === 'cut off' ? answer.slice(0, 40) : answer];
}

/** Answers a chunk's job: the lines of all its records, from some place on and around. */
function answer(
  objects: MemoryStore,
  { index, first_row, row_count }: Chunk,
  fateOf: (row: number) => Fate,
  turn: number,
) {
  const rows = Array.from({ length: row_count }, (_, i) => first_row + ((i + turn) % row_count));
  const text = rows.flatMap((row) => linesOf(fateOf(row), row)).join('\n');
  const chunk = String(index).padStart(5, '0');
  objects.put(`batch_outputs_json/jokes/run-1/${chunk}/1/abcdefghijkl/1.jsonl.out`, text);
}

async function carriedOut(objects: MemoryStore, run: Run, fateOf: (row: number) => Fate, turn: number) {
  for (const chunk of objects.json(run.chunks_key) as Chunk[]) {
    const prepared = await prepareInput({ run, chunk, attempt: 1 }, { objects });
    answer(objects, chunk, fateOf, turn);
    const job = { status: 'Completed', job_arn: 'arn:job/abcdefghijkl' };
    await postprocess({ run, chunk, attempt: 1, earlier: [], prepared, job }, { objects });
  }
  const [part] = objects.json(run.parts_key) as [Part];
  return { part, report: await assembled({ run, part }, objects) };
}

const expected = {
  answer: ['succeeded', (row: number) => `joke ${row}`],
  twice: ['succeeded', (row: number) => `joke ${row}`],
  'error then answer': ['succeeded', (row: number) => `joke ${row}`],
  error: ['failed', () => ''],
  drop: ['missing', () => ''],
  'cut off': ['missing', () => ''],
} as const satisfies Record<Fate, readonly [string, (row: number) => string]>;

function statusesOf(fates: readonly Fate[]) {
  const count = (status: string) => fates.filter((fate) => expected[fate][0] === status).length;
  return { succeeded: count('succeeded'), failed: count('failed'), missing: count('missing') };
}

const cell = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', ' ', 'é'), maxLength: 5 });

test('every row in is a row out, unchanged, with its own outcome, whatever becomes of its record', async () => {
  const table = fc.array(fc.tuple(cell, fc.constantFrom(...fates)), { minLength: 330, maxLength: 450 });
  await fc.assert(
    fc.asyncProperty(table, fc.nat(100), fc.constantFrom('\n', '\r\n'), async (rows, turn, newline) => {
      const objects = new MemoryStore({ pieceBytes: 500 });
      const cells = rows.map(([topic], i) => [topic, 'x', `${i}`]);
      objects.put('inputs/t.csv', Papa.unparse([['topic', 'x', 'id'], ...cells], { newline }));
      const asked = {
        run_id: 'run-1',
        execution_arn: 'arn',
        started_at: '2026-01-02T03:04:05.000Z',
        request,
      };
      const run = await preprocessed(asked, objects);
      expect(run.chunk_count).toBeGreaterThan(1);
      const { part, report } = await carriedOut(objects, run, (row) => rows[row]?.[1] ?? 'drop', turn);
      expect(report.rows).toBe(rows.length);
      expect(report.outcomes.statuses).toEqual(statusesOf(rows.map(([, fate]) => fate)));
      const { data } = Papa.parse<string[]>(objects.text(part.output_key), { newline, skipEmptyLines: true });
      expect(
        data.slice(1).map(([topic, x, id, response, , status]) => [topic, x, id, status, response]),
      ).toEqual(
        cells.map((input, row) => {
          const [status, response] = expected[rows[row]?.[1] ?? 'drop'];
          return [...input, status, response(row)];
        }),
      );
    }),
    { numRuns: 6 },
  );
});
