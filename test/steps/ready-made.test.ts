import type { Chunk, Part } from '../../src/batch/manifest.ts';
import { postprocess } from '../../src/steps/postprocess.ts';
import { prepareInput } from '../../src/steps/prepare-input.ts';
import { MemoryStore } from './fakes.ts';
import { assembled, preprocessed } from './finished-steps.ts';
import { textModel, vectorModel } from './fixtures.ts';

const request = { s3_uri: 's3://bucket/inputs/r.jsonl', job_name_prefix: 'own', model_id: textModel };
const input = { run_id: 'r1', execution_arn: 'arn:r1', started_at: '2026-01-02T03:04:05.000Z', request };

/** Records with an odd form of their own, so that any change of a byte would show. */
const record = (i: number) =>
  `{ "recordId":"own é-${i}" ,"modelInput": {"messages":[{"role":"user","content":"\\u0041 ${i}"}],"max_tokens":1.0e2} }`;
const records = (count: number) => Array.from({ length: count }, (_, i) => record(i));

function prepare(content: string, change: object = {}) {
  const objects = new MemoryStore({ pieceBytes: 5000 });
  objects.put('inputs/r.jsonl', content);
  return { objects, run: preprocessed({ ...input, request: { ...request, ...change } }, objects) };
}

test('ready-made records go to their jobs byte for byte, and come back with what became of each', async () => {
  const lines = records(250);
  const { objects, run: prepared } = prepare(`${lines.join('\r\n')}\n`, { max_records_per_job: 125 });
  const run = await prepared;
  expect(run).toMatchObject({ ready_made: true, prompt_id: null, row_count: 250, chunk_count: 2 });
  for (const chunk of objects.json(run.chunks_key) as Chunk[]) {
    const written = await prepareInput({ run, chunk, attempt: 1 }, { objects });
    expect(written).toMatchObject({ records: 125, null_values: 0 });
    const own = lines.slice(chunk.first_row, chunk.first_row + 125);
    expect(objects.text(`batch_inputs_json/own/r1/0000${chunk.index}/1.jsonl`)).toBe(`${own.join('\n')}\n`);
    // Bedrock answers in another order, by the records' own ids, and leaves one out.
    const answers = own
      .slice(1)
      .reverse()
      .map((line) => answered(JSON.parse(line).recordId));
    objects.put(`batch_outputs_json/own/r1/0000${chunk.index}/1/job/1.jsonl.out`, `${answers.join('\n')}\n`);
    const job = { status: 'Completed', job_arn: 'arn/job' };
    await postprocess({ run, chunk, attempt: 1, earlier: [], prepared: written, job }, { objects });
  }
  const [part] = objects.json(run.parts_key) as [Part];
  const report = await assembled({ run, part }, objects);
  expect(report.outcomes.statuses).toEqual({ succeeded: 248, failed: 0, missing: 2 });
  const rows = objects.json(part.output_key) as Record<string, unknown>[];
  expect(rows.map((row) => [row['recordId'], row['status'], row['response']])).toEqual(
    lines.map((_, i) =>
      i % 125 === 0 ? [`own é-${i}`, 'missing', null] : [`own é-${i}`, 'succeeded', `to own é-${i}`],
    ),
  );
});

const answered = (recordId: string) =>
  JSON.stringify({
    modelInput: {},
    modelOutput: { content: [{ type: 'text', text: `to ${recordId}` }], stop_reason: 'end_turn' },
    recordId,
  });

test('embedding models take them too', async () => {
  const lines = Array.from({ length: 100 }, (_, i) => `{"recordId":"${i}","modelInput":{"inputText":"x"}}`);
  const { run } = prepare(lines.join('\n'), { model_id: vectorModel });
  expect(await run).toMatchObject({ ready_made: true });
});

test.each([
  ['without an id', '{"modelInput":{}}', 101],
  ['with an id that is no string', '{"recordId":7,"modelInput":{}}', 101],
  ['with an empty id', '{"recordId":"","modelInput":{}}', 101],
  ['with an input that is no object', '{"recordId":"x","modelInput":"y"}', 101],
  ['with another key', '{"recordId":"x","modelInput":{},"label":1}', 101],
])('one %s is refused with its line, before anything is written', async (_, line, number) => {
  const { objects, run } = prepare([...records(100), line].join('\n'));
  await expect(run).rejects.toMatchObject({
    kind: 'InvalidInput',
    message: `Cannot read s3://bucket/inputs/r.jsonl: line ${number} must have a recordId (a string), a modelInput (an object) and nothing else, as Bedrock's records do.`,
  });
  expect([...objects.objects.keys()]).toEqual(['inputs/r.jsonl']);
});

test('an id that comes twice is refused: Bedrock would answer both by it', async () => {
  const { run } = prepare([...records(100), record(3)].join('\n'));
  await expect(run).rejects.toMatchObject({
    kind: 'InvalidInput',
    message:
      'Cannot read s3://bucket/inputs/r.jsonl: the recordId "own é-3" must be of one record alone, since Bedrock answers by it, and the records of a job have it twice.',
  });
});

test('a text model without a prompt needs ready-made records', async () => {
  const { run } = prepare(Array.from({ length: 100 }, () => '{"topic":"x"}').join('\n'));
  await expect(run).rejects.toMatchObject({
    kind: 'InvalidInput',
    message: expect.stringMatching(/^Cannot start the run: prompt_id must be given for a text model/),
  });
});
