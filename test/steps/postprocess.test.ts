import { jobNameOf } from '../../src/batch/names.ts';
import type { AnswerRow } from '../../src/batch/output-columns.ts';
import { decodeAnswers } from '../../src/data/answers.ts';
import { type PostprocessInput, postprocess } from '../../src/steps/postprocess.ts';
import { attemptOf } from '../../src/steps/run-job.ts';
import { plainAnswers } from '../data/plain-answers.ts';
import { MemoryStore, terminalStatuses } from './fakes.ts';
import { aChunk, aRun, outputLine, pinnedNowhere, vectorModel } from './fixtures.ts';

const run = aRun({ row_count: 8, chunk_count: 2 });
/** Rows 4 to 7, so that rows of the chunk and of the run differ. */
const chunk = aChunk(run, pinnedNowhere, 1);
const prepared = {
  input_uri: 's3://bucket/i',
  output_uri: 's3://bucket/o/',
  records: 4,
  null_values: 3,
  way: 'batch' as const,
};
const jobArn = 'arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/abcdefghijkl';
const input: PostprocessInput = {
  run,
  chunk,
  attempt: 1,
  earlier: [],
  prepared,
  job: { status: 'Completed', job_arn: jobArn },
};

const folder = 'batch_outputs_json/jokes/run-1/00001/1';
const outputKey = `${folder}/abcdefghijkl/1.jsonl.out`;
const manifestKey = `${folder}/abcdefghijkl/manifest.json.out`;
const lines = (...all: string[]) => all.map((line) => `${line}\n`).join('');
const manifest = (successRecordCount: number, errorRecordCount: number) =>
  JSON.stringify({ totalRecordCount: 4, successRecordCount, errorRecordCount });

async function processed(files: Readonly<Record<string, string>>, change: Partial<PostprocessInput> = {}) {
  const objects = new MemoryStore();
  for (const [key, text] of Object.entries(files)) objects.put(key, text);
  const report = await postprocess({ ...input, ...change }, { objects });
  if ('retry' in report) throw new Error('There is another attempt.');
  const rows = await plainAnswers(decodeAnswers(objects.read('runs/jokes/run-1/answers/00001.arrow')));
  return { objects, report, rows };
}

/** `4:joke 4` for an answer, `5!400: too long` for an error, `6?` for a row without either. */
const short = (rows: readonly AnswerRow[]) =>
  rows.map(({ recordId, status, answer, error }) => {
    const row = Number(recordId.slice(1));
    if (status === 'succeeded') return `${row}:${answer}`;
    return status === 'failed' ? `${row}!${error}` : `${row}?`;
  });

const whole = [4, 5, 6, 7].map((row) => outputLine.answer(row));
const jokes = ['4:joke 4', '5:joke 5', '6:joke 6', '7:joke 7'];

test('reports the job, and writes an answer for each row, in order', async () => {
  const { report, rows } = await processed({ [outputKey]: lines(...whole), [manifestKey]: manifest(4, 0) });
  expect(report).toEqual({
    index: 1,
    rows: 4,
    attempts: [
      {
        attempt: 1,
        way: 'batch',
        records: 4,
        null_values: 3,
        input_tokens: 40,
        output_tokens: 20,
        status: 'Completed',
        job_arn: jobArn,
        job_name: jobNameOf(attemptOf(run, chunk, 1)),
      },
    ],
    null_values: 3,
    discrepancies: [],
  });
  expect(short(rows)).toEqual(jokes);
  expect(rows[0]).toEqual({
    answer: 'joke 4',
    recordId: 'R0000000004',
    status: 'succeeded',
    error: null,
    stopReason: 'end_turn',
    inputTokens: 10,
    outputTokens: 5,
  });
});

const [four, five, six, seven] = whole as [string, string, string, string];
const unread = '1 lines of the output could not be read';
const twice = '1 rows were answered more than once';

test.each<[string, string, readonly string[], readonly string[]]>([
  ['answers in any order', lines(seven, five, four, six), jokes, []],
  ['no line end behind the last', lines(four, five, six) + seven, jokes, []],
  ['empty lines', lines(four, '', five, six, '', seven), jokes, []],
  ['a missing answer', lines(four, five, seven), ['4:joke 4', '5:joke 5', '6?', '7:joke 7'], []],
  ['nothing', '', ['4?', '5?', '6?', '7?'], []],
  [
    'an error',
    lines(four, outputLine.error(5), six, seven),
    ['4:joke 4', '5!400: too long', '6:joke 6', '7:joke 7'],
    [],
  ],
  [
    'an error with a name for a code',
    lines(four, five, six, outputLine.error(7, 'ModelTimeout', 'slow')),
    ['4:joke 4', '5:joke 5', '6:joke 6', '7!ModelTimeout: slow'],
    [],
  ],
  ['an answer twice: the first stays', lines(...whole, outputLine.answer(5, 'again')), jokes, [twice]],
  ['an error, then an answer', lines(outputLine.error(5), ...whole), jokes, [twice]],
  ['an answer, then an error', lines(...whole, outputLine.error(5)), jokes, [twice]],
  [
    'two errors: the later stays',
    lines(four, outputLine.error(5, 429, 'wait'), outputLine.error(5), six, seven),
    ['4:joke 4', '5!400: too long', '6:joke 6', '7:joke 7'],
    [twice],
  ],
  [
    'rows of another chunk',
    lines(outputLine.answer(3), ...whole, outputLine.answer(8)),
    jokes,
    ['2 lines of the output answer no row of the chunk'],
  ],
  ['an id of nobody', lines(...whole, four.replace('R0000000004', 'bFBEdQuy3Gp')), jokes, [unread]],
  [
    'a line cut off at the end',
    lines(four, five, six) + seven.slice(0, -1),
    ['4:joke 4', '5:joke 5', '6:joke 6', '7?'],
    [unread],
  ],
  ['a line that is no JSON', lines(four, 'Internal Server Error', five, six, seven), jokes, [unread]],
  [
    'an answer of no known shape',
    lines(four, five, six, seven.replace('"content"', '"contents"')),
    ['4:joke 4', '5:joke 5', '6:joke 6', expect.stringContaining('7!UnreadableOutput: ')],
    [],
  ],
  [
    'a line separator in an answer',
    lines(outputLine.answer(4, 'a\u2028b\u0085c'), five, six, seven),
    ['4:a\u2028b\u0085c', ...jokes.slice(1)],
    [],
  ],
  ['an empty answer', lines(outputLine.answer(4, ''), five, six, seven), ['4:', ...jokes.slice(1)], []],
])('%s', async (_, output, expected, discrepancies) => {
  const { report, rows } = await processed({ [outputKey]: output });
  expect(short(rows)).toEqual(expected);
  expect(report.discrepancies).toEqual(discrepancies);
});

/** What two jobs, whose ids begin alike, left behind where one attempt was to write. */
const ofTwoJobs = {
  [`${folder}/abcdefghijkl/a/1.jsonl.out`]: lines(four),
  [`${folder}/abcdefghijkl/b/1.jsonl.out`]: lines(five, six),
  [`${folder}/abcdefghijkl/manifest.json.out`]: manifest(3, 0),
  [`${folder}/abcdefghijkl/other.txt`]: 'nothing of ours',
  [`${folder}/abcdefghijklm/1.jsonl.out`]: lines(seven),
  [`${folder}/abcdefghijklm/manifest.json.out`]: manifest(1, 0),
};

test('adds up every output file of its job, in whatever folders Bedrock put them, and no other job', async () => {
  const { report, rows } = await processed(ofTwoJobs);
  expect(short(rows)).toEqual(['4:joke 4', '5:joke 5', '6:joke 6', '7?']);
  expect(report.discrepancies).toEqual([]);
});

test('where the ARN of the job never came to be known, all that the attempt left is read', async () => {
  const job = { status: 'NotCompleted', failure: { error: 'States.Timeout' } };
  const { report, rows } = await processed(ofTwoJobs, { job });
  expect(short(rows)).toEqual(jokes);
  expect(report.discrepancies).toEqual([]);
});

test('reads no output of another attempt or chunk', async () => {
  const { rows } = await processed({
    'batch_outputs_json/jokes/run-1/00001/10/abcdefghijkl/1.jsonl.out': lines(...whole),
    'batch_outputs_json/jokes/run-1/00001/2/abcdefghijkl/1.jsonl.out': lines(...whole),
    'batch_outputs_json/jokes/run-1/00000/1/abcdefghijkl/1.jsonl.out': lines(...whole),
  });
  expect(short(rows)).toEqual(['4?', '5?', '6?', '7?']);
});

test.each<[string, string, string, readonly string[]]>([
  [
    'more successes',
    manifest(4, 0),
    lines(four, five),
    ['manifest.json.out counts 4 successes, the output has 2'],
  ],
  [
    'fewer successes',
    manifest(1, 0),
    lines(four, five),
    ['manifest.json.out counts 1 successes, the output has 2'],
  ],
  [
    'errors that are not there',
    manifest(2, 2),
    lines(four, five),
    ['manifest.json.out counts 2 errors, the output has 0'],
  ],
  [
    'both',
    manifest(0, 0),
    lines(four, outputLine.error(5)),
    [
      'manifest.json.out counts 0 successes, the output has 1',
      'manifest.json.out counts 0 errors, the output has 1',
    ],
  ],
  ['no counts', '{}', lines(four), ['manifest.json.out counts 0 successes, the output has 1']],
  [
    'counts that agree, over many lines',
    JSON.stringify(JSON.parse(manifest(1, 1)), null, 2),
    lines(four, outputLine.error(6)),
    [],
  ],
  // An answer that cannot be read was a success to Bedrock all the same.
  ['an unreadable answer', manifest(1, 0), lines(seven.replace('"content"', '"x"')), []],
])("holds the output against Bedrock's manifest: %s", async (_, text, output, discrepancies) => {
  const { report } = await processed({ [outputKey]: output, [manifestKey]: text });
  expect(report.discrepancies).toEqual(discrepancies);
});

test.each(terminalStatuses)(
  'a job that ended as %s without output leaves every row missing, and says why',
  async (status) => {
    const { rows, report } = await processed({}, { job: { status, message: 'less records (4) than 100' } });
    const error = `NoAnswer: the job ended as ${status} (less records (4) than 100) without an answer for this row`;
    expect(rows.map((row) => [row.status, row.error])).toEqual(Array(4).fill(['missing', error]));
    expect(report.attempts[0]).toMatchObject({ status, message: 'less records (4) than 100' });
  },
);

test('a job without a message has no empty brackets', async () => {
  const { rows } = await processed({});
  expect(rows[0]?.error).toBe('NoAnswer: the job ended as Completed without an answer for this row');
});

test('what a job that failed did answer is kept', async () => {
  const { rows } = await processed({ [outputKey]: lines(five) }, { job: { status: 'Failed' } });
  expect(short(rows)).toEqual(['4?', '5:joke 5', '6?', '7?']);
});

test('a task that failed is described in a sentence, without its trace', async () => {
  const cause = JSON.stringify({ errorType: 'Error', errorMessage: 'no such role', trace: ['at x', 'at y'] });
  const job = { status: 'NotCompleted', failure: { error: 'ValidationException', cause } };
  const { rows, report } = await processed({}, { job });
  expect(rows[0]?.error).toBe(
    'NoAnswer: the job ended as NotCompleted (ValidationException: no such role) without an answer for this row',
  );
  expect(report.attempts[0]).toEqual({
    attempt: 1,
    way: 'batch',
    records: 4,
    null_values: 3,
    input_tokens: 0,
    output_tokens: 0,
    status: 'NotCompleted',
    message: 'ValidationException: no such role',
    job_name: expect.any(String),
  });
});

test('vectors are kept to the bit', async () => {
  const vectors = { ...run, model_id: vectorModel, prompt_id: null };
  const output = [4, 5, 6, 7].map((row) =>
    JSON.stringify({
      recordId: `R000000000${row}`,
      modelOutput: { embedding: [row / 3, -0.1], inputTextTokenCount: row },
    }),
  );
  const { rows } = await processed({ [outputKey]: lines(...output) }, { run: vectors });
  expect(rows.map(({ answer }) => answer)).toEqual([4, 5, 6, 7].map((row) => Float32Array.of(row / 3, -0.1)));
  expect(rows.map(({ inputTokens, outputTokens }) => [inputTokens, outputTokens])).toEqual(
    [4, 5, 6, 7].map((row) => [row, null]),
  );
});

test('a cause that Step Functions cut off is a sentence all the same', async () => {
  const cause = JSON.stringify({ errorType: 'E', errorMessage: 'no such role', trace: ['x'.repeat(40_000)] });
  const job = { status: 'NotCompleted', failure: { error: 'E', cause: cause.slice(0, 32_768) } };
  const { rows, report } = await processed({}, { job });
  expect(report.attempts[0]?.message).toBe('E: no such role');
  expect(rows[3]?.error).toContain('(E: no such role)');
});

test('a long cause does not stand in every row as a whole', async () => {
  const job = { status: 'NotCompleted', failure: { error: 'E', cause: 'x'.repeat(32_768) } };
  const { rows, report } = await processed({}, { job });
  expect(report.attempts[0]?.message).toHaveLength(501);
  for (const { error } of rows) expect(error?.length).toBeLessThan(600);
});

test('a second delivery comes to the same', async () => {
  const first = await processed({ [outputKey]: lines(...whole) });
  const answers = first.objects.objects.get('runs/jokes/run-1/answers/00001.arrow');
  expect(await postprocess(input, { objects: first.objects })).toEqual(first.report);
  expect(first.objects.objects.get('runs/jokes/run-1/answers/00001.arrow')).toEqual(answers);
});

// Bedrock may write the manifest while a job runs, and a stopped job's may be cut off or empty. The answers were paid for.
test.each(['{"totalRecordCount":4,"succ', '', 'null', '17'])(
  'a manifest of %j loses no answer, and is a discrepancy',
  async (text) => {
    const { rows, report } = await processed({ [outputKey]: lines(...whole), [manifestKey]: text });
    expect(short(rows)).toEqual(jokes);
    expect(report.discrepancies).toEqual(['manifest.json.out could not be read']);
  },
);

test('a manifest that cannot be fetched is an error, for a retry may fetch it', async () => {
  const objects = new MemoryStore();
  objects.put(outputKey, lines(...whole));
  objects.put(manifestKey, manifest(4, 0));
  const read = objects.read.bind(objects);
  jest.spyOn(objects, 'read').mockImplementation((key) => {
    if (key === manifestKey) throw new Error('service down');
    return read(key);
  });
  await expect(postprocess(input, { objects })).rejects.toThrow('service down');
});

test('a line that no memory should hold is left out, and costs the others nothing', async () => {
  const long = `${four.slice(0, -1)},"echo":"${'x'.repeat(65 * 1024 * 1024)}"}`;
  const objects = new MemoryStore({ pieceBytes: 1024 * 1024 });
  objects.put(outputKey, lines(long, five, six, seven));
  const report = await postprocess(input, { objects });
  const rows = await plainAnswers(decodeAnswers(objects.read('runs/jokes/run-1/answers/00001.arrow')));
  expect(short(rows)).toEqual(['4?', ...jokes.slice(1)]);
  expect(report).toMatchObject({ discrepancies: [unread] });
});
