import type { AttemptResult, Chunk, ChunkReport, Part, Run } from '../../src/batch/manifest.ts';
import { type NextAttempt, postprocess } from '../../src/steps/postprocess.ts';
import { type PreparedInput, prepareInput } from '../../src/steps/prepare-input.ts';
import { MemoryStore } from './fakes.ts';
import { assembled, preprocessed } from './finished-steps.ts';
import { outputLine, textModel, topics } from './fixtures.ts';

const request = {
  s3_uri: 's3://bucket/inputs/t.csv',
  job_name_prefix: 'jokes',
  model_id: textModel,
  prompt_id: 'joke_about_topic',
};
const input = { run_id: 'r1', execution_arn: 'arn:r1', started_at: '2026-01-02T03:04:05.000Z', request };

/** What an attempt does to a row; a row that is absent is not answered. */
type Turn = (row: number) => string | undefined;
const answer: Turn = (row) => outputLine.answer(row);
const throttle: Turn = (row) => outputLine.error(row, 429, 'slow down');
const refuse: Turn = (row) => outputLine.error(row, 400, 'bad');
const drop: Turn = () => undefined;

interface Sent {
  readonly prepared: PreparedInput;
  readonly rows: readonly number[];
}

async function world(rows: number, change: object = {}) {
  const objects = new MemoryStore({ pieceBytes: 4000 });
  objects.put('inputs/t.csv', topics(rows));
  const run = await preprocessed({ ...input, request: { ...request, ...change } }, objects);
  return { objects, run, chunks: objects.json(run.chunks_key) as Chunk[] };
}

/** Takes a chunk through as many attempts as it asks for. */
async function through(
  { objects, run }: { readonly objects: MemoryStore; readonly run: Run },
  chunk: Chunk,
  turns: readonly Turn[],
  job: object = {},
  /** The attempt in which the deadline passes, between its two steps. */
  lastInTime = Infinity,
): Promise<{ readonly report: ChunkReport; readonly sent: readonly Sent[] }> {
  const sent: Sent[] = [];
  let state: { attempt: number; earlier: readonly AttemptResult[] } = { attempt: 1, earlier: [] };
  for (;;) {
    const { attempt } = state;
    const isLate = attempt > lastInTime;
    const prepared = await prepareInput({ run, chunk, attempt, past_deadline: isLate }, { objects });
    const key = prepared.input_uri.replace('s3://bucket/', '');
    const rows = (objects.json(key) as { recordId: string }[]).map(({ recordId }) =>
      Number(recordId.slice(1)),
    );
    sent.push({ prepared, rows });
    const turn = turns[state.attempt - 1] ?? drop;
    const lines = rows.flatMap((row) => turn(row) ?? []).reverse();
    const folder = prepared.output_uri.replace('s3://bucket/', '');
    const [name, arn] = prepared.way === 'batch' ? ['job/1', 'arn/job'] : ['on-demand/1', undefined];
    objects.put(`${folder}${name}.jsonl.out`, lines.map((line) => `${line}\n`).join(''));
    const ended = { status: 'Completed', job_arn: arn, ...job };
    const told: ChunkReport | NextAttempt = await postprocess(
      { run, chunk, ...state, prepared, job: ended, past_deadline: attempt >= lastInTime },
      { objects },
    );
    if (!('retry' in told)) return { report: told, sent };
    state = JSON.parse(JSON.stringify(told.retry)) as typeof state;
  }
}

async function statuses(run: Run, objects: MemoryStore) {
  const [part] = objects.json(run.parts_key) as [Part];
  return (await assembled({ run, part }, objects)).outcomes;
}

const every =
  (n: number, turn: Turn, other: Turn): Turn =>
  (row) =>
    row % n === 0 ? turn(row) : other(row);

test('only rows that may do better are sent again, and no row that has an answer', async () => {
  const { objects, run, chunks } = await world(400);
  const [chunk] = chunks as [Chunk];
  // A quarter is throttled, a seventh of the others refused, an eleventh of the rest is not answered.
  const first = every(4, throttle, every(7, refuse, every(11, drop, answer)));
  const again = Array.from({ length: 400 }, (_, i) => i).filter(
    (i) => i % 4 === 0 || (i % 7 !== 0 && i % 11 === 0),
  );
  const { report, sent } = await through({ objects, run }, chunk, [first, answer]);
  expect(sent.map(({ rows }) => rows)).toEqual([Array.from({ length: 400 }, (_, i) => i), again]);
  expect(sent[1]?.prepared).toMatchObject({ way: 'batch', records: again.length });
  expect(report.attempts).toMatchObject([
    { attempt: 1, way: 'batch', records: 400, status: 'Completed' },
    { attempt: 2, way: 'batch', records: again.length, status: 'Completed' },
  ]);
  expect(report.discrepancies).toEqual([]);
  const refused =
    400 -
    again.length -
    Array.from({ length: 400 }, (_, i) => i).filter((i) => first(i) === answer(i)).length;
  expect(await statuses(run, objects)).toMatchObject({
    statuses: { succeeded: 400 - refused, failed: refused, missing: 0 },
    error_codes: { '400': refused },
  });
});

test('fewer rows than a job takes are asked on demand in the next attempt', async () => {
  const { objects, run, chunks } = await world(150);
  const { report, sent } = await through({ objects, run }, chunks[0] as Chunk, [
    every(10, throttle, answer),
    answer,
  ]);
  expect(sent[1]).toMatchObject({ prepared: { way: 'on_demand', records: 15 } });
  expect(report.attempts[1]).toMatchObject({ way: 'on_demand', records: 15 });
  expect(report.attempts[1]).not.toHaveProperty('job_name');
  expect(await statuses(run, objects)).toMatchObject({ statuses: { succeeded: 150, failed: 0, missing: 0 } });
});

test('and are left as they are where small sets must not go on demand', async () => {
  const { objects, run, chunks } = await world(150, { small_sets: 'fail' });
  const { report } = await through({ objects, run }, chunks[0] as Chunk, [
    every(10, throttle, answer),
    answer,
  ]);
  expect(report.attempts).toHaveLength(1);
  expect(await statuses(run, objects)).toMatchObject({
    statuses: { succeeded: 135, failed: 15, missing: 0 },
    error_codes: { '429': 15 },
  });
});

test.each([
  [undefined, 3],
  [1, 1],
  [5, 5],
])('with max_attempts %p a row that never gets through is sent %d times', async (max_attempts, times) => {
  const { objects, run, chunks } = await world(120, { max_attempts });
  const { sent } = await through(
    { objects, run },
    chunks[0] as Chunk,
    Array(9).fill(every(2, throttle, answer)),
  );
  expect(sent).toHaveLength(times);
  expect(await statuses(run, objects)).toMatchObject({ statuses: { succeeded: 60, failed: 60, missing: 0 } });
});

test.each([
  ['that could not be run at all', 'AccessDeniedException'],
  ['that could not be stopped and may still run', 'States.Timeout'],
  ['that nobody could submit for hours', 'ServiceUnavailable'],
])('a job %s is not followed by another', async (_, error) => {
  const job = { status: 'NotCompleted', failure: { error, cause: 'no' } };
  const { objects, run, chunks } = await world(120);
  const { sent } = await through({ objects, run }, chunks[0] as Chunk, [every(2, drop, answer)], job);
  expect(sent).toHaveLength(1);
  expect(await statuses(run, objects)).toMatchObject({ statuses: { succeeded: 60, failed: 0, missing: 60 } });
});

test.each(['PartiallyCompleted', 'Expired', 'Failed', 'Stopped'])(
  'what a job that ended as %s did stays, and the rest goes on',
  async (status) => {
    const { objects, run, chunks } = await world(300);
    const { sent } = await through({ objects, run }, chunks[0] as Chunk, [every(2, drop, answer), answer], {
      status,
    });
    expect(sent.map(({ rows }) => rows.length)).toEqual([300, 150]);
    expect(await statuses(run, objects)).toMatchObject({
      statuses: { succeeded: 300, failed: 0, missing: 0 },
    });
  },
);

test('a run of fewer rows than a job takes goes on demand as a whole, and says so', async () => {
  const { objects, run, chunks } = await world(7);
  expect(run.notes).toEqual([
    'The 7 rows are asked on demand, at the full price: a batch inference job takes at least 100 records.',
  ]);
  const { sent } = await through({ objects, run }, chunks[0] as Chunk, [answer]);
  expect(sent).toMatchObject([{ prepared: { way: 'on_demand', records: 7 } }]);
  expect(await statuses(run, objects)).toMatchObject({ statuses: { succeeded: 7, failed: 0, missing: 0 } });
});

test('ready-made records are sent again by their own ids', async () => {
  const objects = new MemoryStore({ pieceBytes: 4000 });
  const records = Array.from({ length: 300 }, (_, i) => `{"recordId":"own-${i}","modelInput":{"n":${i}}}`);
  objects.put('inputs/t.jsonl', records.join('\n'));
  const { prompt_id: _, ...rest } = request;
  const run = await preprocessed(
    { ...input, request: { ...rest, s3_uri: 's3://bucket/inputs/t.jsonl' } },
    objects,
  );
  const [chunk] = objects.json(run.chunks_key) as [Chunk];
  const own = (line: string) => line.replace(/R0*(\d+)"/, (_, row: string) => `own-${row || 0}"`);
  const prepared = await prepareInput({ run, chunk, attempt: 1 }, { objects });
  const failed = Array.from({ length: 300 }, (_, i) =>
    own(i % 2 === 0 ? outputLine.error(i, 503) : outputLine.answer(i)),
  );
  objects.put('batch_outputs_json/jokes/r1/00000/1/job/1.jsonl.out', `${failed.join('\n')}\n`);
  const job = { status: 'Completed', job_arn: 'arn/job' };
  const told = await postprocess({ run, chunk, attempt: 1, earlier: [], prepared, job }, { objects });
  expect(told).toMatchObject({ retry: { attempt: 2 } });
  await prepareInput({ run, chunk, attempt: 2 }, { objects });
  const again = objects.text('batch_inputs_json/jokes/r1/00000/2.jsonl').trimEnd().split('\n');
  expect(again).toEqual(records.filter((_, i) => i % 2 === 0));
});

describe('a run with a deadline', () => {
  const odd = every(2, drop, answer);
  const stopped = { status: 'Stopped' };

  test.each([1, 3])('asks what its jobs left on demand, with %i attempts', async (max_attempts) => {
    const { objects, run, chunks } = await world(400, { deadline_minutes: 90, max_attempts });
    expect(run.deadline_at).toBe('2026-01-02T04:34:05.000Z');
    const { report, sent } = await through({ objects, run }, chunks[0] as Chunk, [odd, answer], stopped, 1);
    expect(sent.map(({ rows }) => rows.length)).toEqual([400, 200]);
    expect(report.attempts).toMatchObject([
      { way: 'batch', status: 'Stopped', records: 400 },
      { way: 'on_demand', records: 200, after_deadline: true },
    ]);
    expect(report.attempts[0]).not.toHaveProperty('after_deadline');
    expect((await statuses(run, objects)).statuses).toEqual({ succeeded: 400, failed: 0, missing: 0 });
  });

  test('gives what fails on demand no more turns than there are attempts', async () => {
    const { objects, run, chunks } = await world(400, { deadline_minutes: 90, max_attempts: 1 });
    const { report } = await through({ objects, run }, chunks[0] as Chunk, [odd, throttle], stopped, 1);
    expect(report.attempts).toHaveLength(2);
    expect((await statuses(run, objects)).statuses).toEqual({ succeeded: 200, failed: 200, missing: 0 });
  });

  test('asks all of a chunk on demand whose turn comes after it, however many rows it has', async () => {
    const { objects, run, chunks } = await world(400, { deadline_minutes: 90, small_sets: 'fail' });
    const { report } = await through({ objects, run }, chunks[0] as Chunk, [answer], {}, 0);
    expect(report.attempts).toMatchObject([{ way: 'on_demand', records: 400, after_deadline: true }]);
  });
});
