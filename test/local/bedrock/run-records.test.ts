import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { StopModelInvocationJobCommand } from '@aws-sdk/client-bedrock';
import type { AnswerBackEnd } from '../../../src/local/bedrock/answer-back-end.ts';
import { AnswerLedger, ledgerPath, readAnswers } from '../../../src/local/bedrock/answer-ledger.ts';
import { simulate } from '../../../src/local/bedrock/simulate.ts';
import { realClock } from '../../../src/local/clock.ts';
import { JobFaults } from '../../../src/local/faults/job-faults.ts';
import { RecordFaults } from '../../../src/local/faults/record-faults.ts';
import { completion, FakeOpenAi } from './fake-open-ai.ts';
import {
  claudeRecords,
  ended,
  type Harness,
  HOUR,
  idOf,
  jobOf,
  run,
  startHarness,
  until,
} from './harness.ts';

let aws: Harness;
let input: string;
beforeAll(async () => {
  aws = await startHarness();
  input = await aws.putLines('in/many.jsonl', claudeRecords(120));
});
afterEach(() => aws.stopServices());
afterAll(() => aws.close());

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16);
const outputOf = (job: { readonly jobArn?: string | undefined }) =>
  aws.outputOf(`out/${idOf(job)}/many.jsonl.out`);
const numberOf = (modelInput: unknown) => Number(/Question (\d+)\?/.exec(JSON.stringify(modelInput))?.[1]);

it('writes for one seed what it always wrote, where one record is answered at a time', async () => {
  const uri = await aws.putLines('in/golden.jsonl', claudeRecords(400, { ids: false }));
  const faults = [
    { every: 9, errorCode: 503 },
    { every: 11, duplicated: true },
    { every: 13, missing: true },
  ] as const;
  const service = await aws.bedrock({ seed: 5, recordFaults: new RecordFaults({ faults }) });
  const job = await run(service, jobOf(uri));
  const keys = ['golden.jsonl.out', 'manifest.json.out'].map((name) => `out/${idOf(job)}/${name}`);
  const digests = await Promise.all(keys.map(async (key) => digestOf(await aws.text(key))));
  expect(digests).toEqual(['c9a436ebf080988f', 'bcd821801f56a29c']);
});

/** Answers like the simulated one, several at once, in another order than it is asked; some records never, until it is told. */
function severalAtOnce(atOnce: number, isHanging: (record: number) => boolean = () => false) {
  const told = { underWay: 0, most: 0, brokenOff: 0, hanging: isHanging };
  const backEnd: AnswerBackEnd = {
    atOnce,
    answer: async (request, signal) => {
      told.most = Math.max(told.most, ++told.underWay);
      const record = numberOf(request.modelInput);
      try {
        await realClock.sleep(told.hanging(record) ? HOUR : (record * 7) % 5, signal);
        return simulate(request);
      } catch (error) {
        told.brokenOff++;
        throw error;
      } finally {
        told.underWay--;
      }
    },
  };
  return { told, backEnd };
}

describe('a back end that answers several at once', () => {
  it('is asked for so many of one job, and each is in the output once', async () => {
    const { told, backEnd } = severalAtOnce(6);
    const service = await aws.bedrock({ backEnd });
    const job = await run(service, jobOf(input));
    expect(told.most).toBe(6);
    expect(job).toMatchObject({ status: 'Completed', successRecordCount: 120, errorRecordCount: 0 });
    const ids = (await outputOf(job)).map(({ recordId }) => recordId);
    expect(ids.sort()).toEqual(
      claudeRecords(120)
        .map((_, n) => `row-${n}`)
        .sort(),
    );
  });

  it('meets the faults of records by their places', async () => {
    const faults = [{ every: 10, errorCode: 503 }] as const;
    const { backEnd } = severalAtOnce(6);
    const service = await aws.bedrock({ backEnd, recordFaults: new RecordFaults({ faults }) });
    const job = await run(service, jobOf(input));
    const failed = (await outputOf(job)).filter(({ error }) => error !== undefined);
    const places = failed.map(({ modelInput }) => numberOf(modelInput) + 1).sort((a, b) => a - b);
    expect(places).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120]);
    expect(job).toMatchObject({ successRecordCount: 108, errorRecordCount: 12 });
  });

  it('answers just as many records as the fault of a job lets it', async () => {
    const jobFaults = new JobFaults([{ at: 'InProgress', end: 'PartiallyCompleted', afterRecords: 50 }]);
    const service = await aws.bedrock({ backEnd: severalAtOnce(6).backEnd, jobFaults });
    const job = await run(service, jobOf(input));
    expect(job).toMatchObject({ status: 'PartiallyCompleted', processedRecordCount: 50 });
    expect((await outputOf(job)).map(({ modelInput }) => numberOf(modelInput)).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 50 }, (_, n) => n),
    );
  });

  it('fails the job when it fails', async () => {
    const backEnd: AnswerBackEnd = {
      atOnce: 4,
      answer: async ({ modelInput }) => {
        if (numberOf(modelInput) === 60) throw new Error('out of order');
        return { modelOutput: {}, tokens: { input: 1, output: 1 } };
      },
    };
    const job = await run(await aws.bedrock({ backEnd }), jobOf(input));
    expect(job).toMatchObject({ status: 'Failed', message: expect.stringContaining('out of order') });
  });
});

describe('a stop', () => {
  it('breaks off what is under way, which is neither counted nor written nor billed', async () => {
    const directory = await aws.folder();
    const ledger = new AnswerLedger(ledgerPath(directory));
    const { told, backEnd } = severalAtOnce(4, (record) => record >= 50);
    const service = await aws.bedrock({ backEnd, ledger, counterLagMs: 0 });
    const { jobArn } = await service.client.send(jobOf(input));
    await until(service, jobArn, ({ processedRecordCount }) => processedRecordCount === 50);
    const asked = Date.now();
    await service.client.send(new StopModelInvocationJobCommand({ jobIdentifier: jobArn }));
    const job = await until(service, jobArn, ended);
    expect(Date.now() - asked).toBeLessThan(5000);
    expect(job).toMatchObject({ status: 'Stopped', processedRecordCount: 50, successRecordCount: 50 });
    expect(told).toMatchObject({ underWay: 0, brokenOff: 4 });
    expect(await outputOf(job)).toHaveLength(50);
    expect(JSON.parse(await aws.text(`out/${idOf(job)}/manifest.json.out`))).toMatchObject({
      ...{ totalRecordCount: 120, processedRecordCount: 50, successRecordCount: 50, errorRecordCount: 0 },
    });
    await ledger.close();
    expect(readAnswers(directory).size).toBe(50);
  });

  it('does not wait for the requests of other jobs to a slow server', async () => {
    const server = new FakeOpenAi();
    server.answer = () => undefined;
    const { backEnd } = await server.connected({ concurrency: 2 });
    const service = await aws.bedrock({ backEnd });
    const jobs = [await service.client.send(jobOf(input)), await service.client.send(jobOf(input))];
    // One listing of models, and the first job's two records; the second job's stand in line.
    while (server.received.length < 3) await realClock.sleep(5);
    for (const { jobArn } of [...jobs].reverse()) {
      await service.client.send(new StopModelInvocationJobCommand({ jobIdentifier: jobArn }));
      expect(await until(service, jobArn, ended)).toMatchObject({
        status: 'Stopped',
        processedRecordCount: 0,
      });
    }
    expect(server.received).toHaveLength(3);
    await server.close();
  });
});

it('goes on after a kill with all its records, and writes and bills each once', async () => {
  const directory = await aws.folder();
  const { told, backEnd } = severalAtOnce(4, (record) => record >= 50);
  const first = await aws.bedrock({ directory: join(directory, 'bedrock'), backEnd, counterLagMs: 0 });
  const { jobArn } = await first.client.send(jobOf(input));
  await until(first, jobArn, ({ processedRecordCount }) => processedRecordCount === 50);
  await aws.stopServices();
  expect(told).toMatchObject({ underWay: 0, brokenOff: 4 });
  expect(await aws.outputKeys({ jobArn })).toEqual([]);
  told.hanging = () => false;
  const ledger = new AnswerLedger(ledgerPath(directory));
  const second = await aws.bedrock({ directory: join(directory, 'bedrock'), backEnd, ledger });
  second.server.resume();
  const job = await until(second, jobArn, ended);
  expect(job).toMatchObject({ status: 'Completed', successRecordCount: 120 });
  expect(new Set((await outputOf(job)).map(({ recordId }) => recordId)).size).toBe(120);
  await ledger.close();
  expect([...readAnswers(directory).values()]).toEqual(Array(120).fill({ jobs: 1, onDemand: 0 }));
});

it('asks a model endpoint for several records of one job at once, and makes errors of those that it fails', async () => {
  const server = new FakeOpenAi();
  let [underWay, most] = [0, 0];
  const eight = new AbortController();
  server.answer = async ({ body }, response) => {
    most = Math.max(most, ++underWay);
    if (most === 8) eight.abort();
    // The first wait for the eighth, however slowly it comes; a ninth would come within the time after that.
    await realClock.sleep(5000, eight.signal).catch(() => realClock.sleep(5));
    underWay--;
    if (JSON.stringify(body).includes('Question 7?')) response.statusCode = 500;
    return completion('x');
  };
  const { backEnd } = await server.connected();
  const job = await run(await aws.bedrock({ backEnd }), jobOf(input));
  expect(most).toBe(8);
  expect(job).toMatchObject({ status: 'Completed', successRecordCount: 119, errorRecordCount: 1 });
  await server.close();
});
