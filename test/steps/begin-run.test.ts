import { runKeys } from '../../src/batch/keys.ts';
import type { AttemptResult, Chunk, ChunkReport, JobResult, Part, Run } from '../../src/batch/manifest.ts';
import { beginRun } from '../../src/steps/begin-run.ts';
import { postprocess } from '../../src/steps/postprocess.ts';
import { prepareInput } from '../../src/steps/prepare-input.ts';
import { notSubmitted } from '../../src/steps/settle.ts';
import { MemoryStore } from './fakes.ts';
import { assembled, noHub } from './finished-steps.ts';
import { outputLine, textModel, topics } from './fixtures.ts';

const request = {
  s3_uri: 's3://bucket/inputs/t.csv',
  job_name_prefix: 'jokes',
  model_id: textModel,
  prompt_id: 'joke_about_topic',
  max_records_per_job: 100,
};
const first = { run_id: 'r1', execution_arn: 'arn:r1', started_at: '2026-01-02T03:04:05.000Z', request };
const second = { ...first, run_id: 'r2', execution_arn: 'arn:r2', started_at: '2026-01-02T05:04:05.000Z' };
const asking = (input: unknown) => ({ ...second, request: input });
const collect = { collect_run: 'r1', job_name_prefix: 'jokes' };

function begun(objects: MemoryStore, input: typeof first | ReturnType<typeof asking>, status = 'ABORTED') {
  const defaults = { maxRecordsPerJob: 1000 };
  const executions = { statusOf: async () => status };
  return beginRun(input, { objects, hub: noHub, defaults, executions, timeLeft: () => Infinity });
}

/** A run of two chunks of 100 rows. */
async function world(change: object = {}) {
  const objects = new MemoryStore({ pieceBytes: 4000 });
  objects.put('inputs/t.csv', topics(200));
  const run = (await begun(objects, { ...first, request: { ...request, ...change } })) as Run;
  return { objects, run, chunks: objects.json(run.chunks_key) as [Chunk, Chunk] };
}

const rowsOf = ({ first_row, row_count }: Chunk) =>
  Array.from({ length: row_count }, (_, i) => first_row + i);
const answersOf = (rows: readonly number[]) => rows.map((row) => `${outputLine.answer(row)}\n`).join('');

/** Collects a chunk, as its states do; StopJob says what became of the job. */
async function collected(
  { objects }: { readonly objects: MemoryStore },
  chunk: Chunk,
  job: JobResult,
): Promise<ChunkReport> {
  const run = (await begun(objects, asking(collect))) as Run;
  const prepared = await prepareInput({ run, chunk, attempt: 1 }, { objects });
  expect(prepared.way).toBe('collect');
  const { attempt, earlier } = prepared.found as { attempt: number; earlier: readonly AttemptResult[] };
  return (await postprocess({ run, chunk, attempt, earlier, prepared, job }, { objects })) as ChunkReport;
}

test('a run that was stopped is joined under its own name', async () => {
  const all = await world();
  const run = (await begun(all.objects, asking(collect))) as Run;
  expect(run).toEqual({
    ...JSON.parse(JSON.stringify(all.run)),
    collected: { execution_arn: 'arn:r2', started_at: second.started_at },
    notes: [...all.run.notes, expect.stringContaining('Collected after its execution had ended')],
  });
});

test('what its jobs finished is kept, and nothing is sent again', async () => {
  const all = await world();
  const [one, two] = all.chunks;
  await prepareInput({ run: all.run, chunk: one, attempt: 1 }, all);
  const keys = [...all.objects.objects.keys()];
  all.objects.put('batch_outputs_json/jokes/r1/00000/1/job/t.jsonl.out', answersOf(rowsOf(one).slice(0, 60)));
  const stopped = await collected(all, one, { status: 'Stopped', job_arn: 'arn/job' });
  expect(stopped.attempts).toMatchObject([{ attempt: 1, way: 'batch', records: 100, status: 'Stopped' }]);
  // The other chunk's turn never came.
  const never = await collected(all, two, notSubmitted);
  expect(never.attempts).toMatchObject([{ attempt: 1, way: 'batch', status: 'NotSubmitted' }]);
  const [part] = all.objects.json(all.run.parts_key) as [Part];
  expect((await assembled({ run: all.run, part }, all.objects)).outcomes.statuses).toEqual({
    succeeded: 60,
    failed: 0,
    missing: 140,
  });
  const sent = [...all.objects.objects.keys()].filter((key) => key.startsWith('batch_inputs_json/'));
  expect(sent).toEqual(keys.filter((key) => key.startsWith('batch_inputs_json/')));
});

test('a join that the run had put down is not taken up: there may be more answers by now', async () => {
  const all = await world();
  const run = (await begun(all.objects, asking(collect))) as Run;
  const state = { execution_arn: run.execution_arn, started_at: run.started_at, state: { nonsense: true } };
  all.objects.put(runKeys.join(run, 0), JSON.stringify(state));
  for (const chunk of all.chunks) await collected(all, chunk, notSubmitted);
  const [part] = all.objects.json(all.run.parts_key) as [Part];
  expect((await assembled({ run, part }, all.objects)).outcomes.statuses.missing).toBe(200);
});

test('it begins with the attempt that a chunk had come to, and knows those before it', async () => {
  const all = await world();
  const [one] = all.chunks;
  const prepared = await prepareInput({ run: all.run, chunk: one, attempt: 1 }, all);
  const half = rowsOf(one).slice(0, 50);
  all.objects.put('batch_outputs_json/jokes/r1/00000/1/job/t.jsonl.out', answersOf(half));
  const job = { status: 'PartiallyCompleted', job_arn: 'arn/job' };
  await postprocess({ run: all.run, chunk: one, attempt: 1, earlier: [], prepared, job }, all);
  // The second attempt was on demand, and was broken off.
  all.objects.put('batch_outputs_json/jokes/r1/00000/2/on-demand/1.jsonl.out', answersOf([50, 51, 52]));
  const report = await collected(all, one, notSubmitted);
  expect(report.attempts).toMatchObject([
    { attempt: 1, way: 'batch', records: 100, status: 'PartiallyCompleted', job_arn: 'arn/job' },
    { attempt: 2, way: 'on_demand', records: 3 },
  ]);
});

test('of ready-made records that never came to a job none is answered', async () => {
  const objects = new MemoryStore();
  const line = (i: number) =>
    `${JSON.stringify({ recordId: `mine-${i}`, modelInput: { max_tokens: 9, messages: [{ role: 'user', content: 'x' }], anthropic_version: 'bedrock-2023-05-31' } })}\n`;
  objects.put('inputs/t.jsonl', Array.from({ length: 120 }, (_, i) => line(i)).join(''));
  const { prompt_id: _, ...own } = { ...request, s3_uri: 's3://bucket/inputs/t.jsonl' };
  const run = (await begun(objects, { ...first, request: own })) as Run;
  const [chunk] = objects.json(run.chunks_key) as [Chunk];
  const report = await collected({ objects }, chunk, notSubmitted);
  expect(report).toMatchObject({ rows: 120, attempts: [{ status: 'NotSubmitted' }] });
});

describe('refuses', () => {
  test('a run that goes on', async () => {
    const { objects } = await world();
    await expect(begun(objects, asking(collect), 'RUNNING')).rejects.toThrow(
      'Cannot collect the run: its execution must have ended (bedrock-batch cancel stops it), got RUNNING.',
    );
  });

  test('a run that is not there', async () => {
    const { objects } = await world();
    await expect(begun(objects, asking({ ...collect, collect_run: 'r9' }))).rejects.toThrow(
      'Cannot collect the run: no execution named r9 began a run of jokes, or it ended before its jobs were planned.',
    );
  });

  test('a run that ended while its jobs were being planned', async () => {
    const { objects, run } = await world();
    objects.objects.delete(run.parts_key);
    await expect(begun(objects, asking(collect))).rejects.toThrow(
      'Cannot collect the run: it must have come to its jobs, got a run that ended before.',
    );
  });

  test.each([
    [{ ...collect, model_id: 'm' }, 'beside collect_run there is only job_name_prefix, got model_id.'],
    [{ collect_run: 'r1' }, "job_name_prefix must be that of the run's own input, got nothing."],
    [{ ...collect, collect_run: 7 }, "collect_run must be the name of the run's execution, got 7."],
    [{ ...collect, collect_run: '../x' }, "collect_run must be the name of the run's execution, got ../x."],
  ])('%j', async (input, sentence) => {
    const { objects } = await world();
    await expect(begun(objects, asking(input))).rejects.toThrow(`Cannot collect the run: ${sentence}`);
  });
});
