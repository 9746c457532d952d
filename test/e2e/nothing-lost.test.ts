import type { AnswerBackEnd, AnswerRequest } from '../../src/local/bedrock/answer-back-end.ts';
import { simulatedBackEnd } from '../../src/local/bedrock/simulate.ts';
import { fastClock } from '../../src/local/clock.ts';
import type { ExecutionOutput, Summary } from '../../src/steps/summarize.ts';
import { changed, resourceOf, synthesized } from '../setup/assembly.ts';
import { LocalStack, until } from '../setup/local-stack.ts';

const claude = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
const topics = (rows: number) =>
  `topic,id\n${Array.from({ length: rows }, (_, i) => `topic ${i},${i}\n`).join('')}`;

let stack: LocalStack;
afterEach(() => stack.stop());

async function ran(rows: number, change: object = {}) {
  const s3_uri = await stack.upload('t.csv', topics(rows));
  const request = { s3_uri, job_name_prefix: 'jokes', model_id: claude, prompt_id: 'joke_about_topic' };
  const ended = await stack.run({ ...request, ...change });
  expect([ended.status, ended.error, ended.cause]).toEqual(['SUCCEEDED', undefined, undefined]);
  const output = JSON.parse(ended.output ?? '') as ExecutionOutput;
  const summary = JSON.parse((await stack.download(output.summary_uri)).toString()) as Summary;
  const lines = (await stack.download(output.output_uris[0] ?? '')).toString().trimEnd().split('\n');
  return { output, summary, lines: lines.slice(1) };
}

test('a table too small for a job is asked on demand, and comes back like any other', async () => {
  stack = await LocalStack.start(await synthesized());
  const { output, summary, lines } = await ran(7);
  expect(output).toMatchObject({
    rows: 7,
    on_demand_records: 7,
    statuses: { succeeded: 7, failed: 0, missing: 0 },
  });
  expect(output.notes).toEqual([
    'The 7 rows are asked on demand, at the full price: a batch inference job takes at least 100 records.',
  ]);
  expect(summary.attempts).toMatchObject([{ way: 'on_demand', status: 'OnDemand', records: 7 }]);
  expect(await stack.jobStatuses()).toEqual([]);
  for (const [i, line] of lines.entries()) {
    expect(line).toMatch(new RegExp(`^topic ${i},${i},.*Tell me a joke about topic ${i}`));
  }
});

test('an aborted execution leaves no job running', async () => {
  stack = await LocalStack.start(await synthesized(), { jobs: { stepMs: 20, recordsPerSecond: 1 } });
  const s3_uri = await stack.upload('t.csv', topics(300));
  const request = { s3_uri, job_name_prefix: 'jokes', model_id: claude, prompt_id: 'joke_about_topic' };
  const execution = await stack.startExecution({ ...request, max_records_per_job: 100 });
  const all =
    (...wanted: string[]) =>
    (statuses: readonly string[]) =>
      statuses.length === 3 && statuses.every((status) => wanted.includes(status));
  await until(() => stack.jobStatuses(), all('InProgress'));
  await stack.stopExecution(execution);
  await until(() => stack.jobStatuses(), all('Stopped'));
});

/** Throttles a record the first times that it is asked, and counts how often it was. */
function reluctant(isReluctant: (text: string) => boolean, times: number) {
  const asked = new Map<string, number>();
  const answered = new Map<string, number>();
  const backEnd: AnswerBackEnd = {
    async answer(request: AnswerRequest, signal) {
      const text = JSON.stringify(request.modelInput);
      const count = (asked.get(text) ?? 0) + 1;
      asked.set(text, count);
      if (isReluctant(text) && count <= times) return { error: { errorCode: 503, errorMessage: 'busy' } };
      answered.set(text, (answered.get(text) ?? 0) + 1);
      return simulatedBackEnd.answer(request, signal);
    },
  };
  return { backEnd, answered };
}

test('records that fail for a while are sent again, and no record is answered twice', async () => {
  // Each third of them: enough for a second job; each thirtieth fails again, and goes on demand.
  const { backEnd, answered } = reluctant((text) => /topic \d*[147](?!\d)/.test(text), 1);
  stack = await LocalStack.start(await synthesized(), { jobs: { stepMs: 20, backEnd } });
  const { output, summary, lines } = await ran(400);
  expect(output.statuses).toEqual({ succeeded: 400, failed: 0, missing: 0 });
  expect(summary.attempts.map(({ way, records }) => [way, records])).toEqual([
    ['batch', 400],
    ['batch', 120],
  ]);
  expect(lines).toHaveLength(400);
  expect([...answered.values()].every((times) => times === 1)).toBe(true);
  expect(answered.size).toBe(400);
});

test('of few records that fail the next attempt is on demand', async () => {
  const { backEnd, answered } = reluctant((text) => /topic \d*7(?!\d)/.test(text), 1);
  stack = await LocalStack.start(await synthesized(), { jobs: { stepMs: 20, backEnd } });
  const { output, summary } = await ran(150);
  expect(output).toMatchObject({
    on_demand_records: 15,
    statuses: { succeeded: 150, failed: 0, missing: 0 },
  });
  expect(summary.attempts.map(({ way, records }) => [way, records])).toEqual([
    ['batch', 150],
    ['on_demand', 15],
  ]);
  expect([...answered.values()].every((times) => times === 1)).toBe(true);
});

test('with every event delivered twice nothing is done twice', async () => {
  stack = await LocalStack.start(await synthesized(), { faults: { events: [{ copies: 2 }] } });
  const { output } = await ran(300, { max_records_per_job: 100 });
  expect(output.statuses).toEqual({ succeeded: 300, failed: 0, missing: 0 });
  expect(await stack.jobStatuses()).toEqual(['Completed', 'Completed', 'Completed']);
});

test('two runs at once never have more jobs with Bedrock than the stack may, and both end', async () => {
  const assembly = await changed((template) => {
    const [, { Properties }] = resourceOf(template, 'AWS::Lambda::Function', 'StepsRunJob');
    Properties.Environment.Variables.MAX_SUBMITTED_AND_IN_PROGRESS_JOBS = '2';
    // A minute between two tries is short for Bedrock, and long for a test.
    const [, machine] = resourceOf(template, 'AWS::StepFunctions::StateMachine');
    const definition = JSON.stringify(machine.Properties.DefinitionString);
    machine.Properties.DefinitionString = JSON.parse(
      definition.replaceAll('\\"IntervalSeconds\\":60', '\\"IntervalSeconds\\":1'),
    );
  });
  // Bedrock itself would refuse a third.
  stack = await LocalStack.start(assembly, { jobs: { stepMs: 20, maxJobsPerModel: 2 } });
  const both = await Promise.all([
    ran(300, { max_records_per_job: 100 }),
    ran(300, { max_records_per_job: 100 }),
  ]);
  for (const { output } of both) expect(output.statuses).toEqual({ succeeded: 300, failed: 0, missing: 0 });
  expect(await stack.jobStatuses()).toHaveLength(6);
});

test('at its deadline a run stops its jobs, keeps what they did and asks the rest on demand', async () => {
  const { backEnd, answered } = reluctant(() => false, 0);
  // A minute is half a second; each job answers 90 of its 150 records, and hangs.
  const clock = fastClock(120);
  const faults = { jobs: [{ at: 'InProgress', stuck: true, afterRecords: 90 }] } as const;
  stack = await LocalStack.start(await synthesized(), { clock, faults, jobs: { stepMs: 1000, backEnd } });
  const { output, summary } = await ran(300, { deadline_minutes: 10, max_records_per_job: 150 });
  expect(output.statuses).toEqual({ succeeded: 300, failed: 0, missing: 0 });
  expect(summary.attempts).toMatchObject([
    { chunk: 0, attempt: 1, way: 'batch', status: 'Stopped' },
    { chunk: 0, attempt: 2, way: 'on_demand', records: 60, after_deadline: true },
    { chunk: 1, attempt: 1, way: 'batch', status: 'Stopped' },
    { chunk: 1, attempt: 2, way: 'on_demand', records: 60, after_deadline: true },
  ]);
  expect(output.on_demand_records).toBe(120);
  expect(output.notes.join()).toContain('120 records were asked on demand, at the full price.');
  expect(await stack.jobStatuses()).toEqual(['Stopped', 'Stopped']);
  expect([answered.size, Math.max(...answered.values())]).toEqual([300, 1]);
});

test('what a run that was stopped had finished is collected, and costs nothing more', async () => {
  const { backEnd, answered } = reluctant(() => false, 0);
  // Each of the two jobs answers 50 of its 150 records, and hangs.
  const faults = { jobs: [{ at: 'InProgress', stuck: true, afterRecords: 50 }] } as const;
  stack = await LocalStack.start(await synthesized(), { jobs: { stepMs: 20, backEnd }, faults });
  const s3_uri = await stack.upload('t.csv', topics(300));
  const request = { s3_uri, job_name_prefix: 'jokes', model_id: claude, prompt_id: 'joke_about_topic' };
  const execution = await stack.startExecution({ ...request, max_records_per_job: 150 });
  await until(
    async () => answered.size,
    (size) => size === 100,
  );
  const collect = { collect_run: execution.split(':').at(-1), job_name_prefix: 'jokes' };
  const early = await stack.run(collect);
  expect([early.status, early.error]).toEqual(['FAILED', 'InvalidInput']);
  await stack.stopExecution(execution);
  await until(
    () => stack.jobStatuses(),
    (statuses) => statuses.every((status) => status === 'Stopped'),
  );
  const paid = answered.size;
  const ended = await stack.run(collect);
  expect([ended.status, ended.cause]).toEqual(['SUCCEEDED', undefined]);
  const output = JSON.parse(ended.output ?? '') as ExecutionOutput;
  expect(output.run_id).toBe(collect.collect_run);
  expect(output.statuses).toEqual({ succeeded: paid, failed: 0, missing: 300 - paid });
  expect(output.output_uris[0]).toContain(`/${collect.collect_run}/`);
  const lines = (await stack.download(output.output_uris[0] ?? '')).toString().trimEnd().split('\n');
  expect(lines).toHaveLength(301);
  expect([answered.size, Math.max(...answered.values())]).toEqual([paid, 1]);
});

describe('redrive', () => {
  const { backEnd, answered } = reluctant(() => false, 0);
  const request = async (rows: number) => ({
    s3_uri: await stack.upload('t.csv', topics(rows)),
    ...{ job_name_prefix: 'jokes', model_id: claude, prompt_id: 'joke_about_topic' },
    max_records_per_job: 150,
  });
  afterEach(() => answered.clear());

  test('of a run whose join failed joins again, and asks nobody', async () => {
    stack = await LocalStack.start(await synthesized(), { jobs: { stepMs: 20, backEnd } });
    const denied = { status: 403, code: 'AccessDenied' };
    stack.setFaults({ calls: [{ caller: 'AssembleOutput', service: 's3', fault: denied }] });
    const execution = await stack.startExecution(await request(300));
    const failed = await stack.ended(execution);
    expect([failed.status, failed.error]).toEqual(['FAILED', 'States.ExceedToleratedFailureThreshold']);
    const states = await stack.statesEntered(execution);
    const jobs = await stack.jobStatuses();
    stack.setFaults(undefined);
    await stack.redriveExecution(execution);
    const redriven = await stack.ended(execution);
    const output = JSON.parse(redriven.output ?? '{}') as ExecutionOutput;
    expect(output.statuses).toEqual({ succeeded: 300, failed: 0, missing: 0 });
    expect((await stack.statesEntered(execution)).slice(states.length)).toEqual(['Summarize']);
    expect(await stack.jobStatuses()).toEqual(jobs);
    expect([answered.size, Math.max(...answered.values())]).toEqual([300, 1]);
  });

  test('of a run that was stopped keeps what its jobs did and asks only for the rest', async () => {
    // Each of the two jobs answers 50 of its 150 records, and hangs.
    const faults = {
      jobs: [{ jobName: '*-1', at: 'InProgress', stuck: true, afterRecords: 50 }],
    } as const;
    stack = await LocalStack.start(await synthesized(), { jobs: { stepMs: 20, backEnd }, faults });
    const execution = await stack.startExecution(await request(300));
    await until(
      async () => answered.size,
      (size) => size === 100,
    );
    await stack.stopExecution(execution);
    await until(
      () => stack.jobStatuses(),
      (statuses) => statuses.every((status) => status === 'Stopped'),
    );
    await stack.redriveExecution(execution);
    const redriven = await stack.ended(execution);
    const output = JSON.parse(redriven.output ?? '{}') as ExecutionOutput;
    expect(output.statuses).toEqual({ succeeded: 300, failed: 0, missing: 0 });
    expect([answered.size, Math.max(...answered.values())]).toEqual([300, 1]);
  });
});
