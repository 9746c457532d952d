import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { DescribeExecutionCommandOutput } from '@aws-sdk/client-sfn';
import { readAnswers } from '../../src/local/bedrock/answer-ledger.ts';
import type { FaultPlan } from '../../src/local/faults/plan.ts';
import type { Account } from './account.ts';
import type { FaultCase } from './cases.ts';
import { joined, MODEL, type Scenario, scenarios } from './scenarios.ts';
import { type Verdict, verdictOn } from './verify.ts';

/** Longer than any run takes, with what a reconciler has to do after it. */
const LONGEST_MS = 120_000;
const POLL_MS = 30;

/** A local AWS, in a process of its own or in this one. */
export interface World {
  /** Another one after a kill. */
  readonly account: Account;
  /** Where its state lies. */
  readonly directory: string;
  setFaults(plan: FaultPlan | undefined): Promise<void>;
  /** Instead of two minutes: how long any one thing is waited for. */
  readonly longestMs?: number;
  /** Throws where nothing more is worth waiting for. */
  assertWaiting?(): void;
}

export interface ScenarioRun extends Pick<FaultCase, 'scenario' | 'plan' | 'expected'> {
  /** Of every name in the run, of letters, digits and hyphens. */
  readonly prefix: string;
  readonly mayRepeat: number;
  readonly onStarted?: () => Promise<void>;
}

/** Does what the scenario's user does, and holds what came of it against its input. */
export async function runScenario(run: ScenarioRun, world: World): Promise<Verdict> {
  const { prefix, plan, expected, mayRepeat } = run;
  const scenario: Scenario = scenarios[run.scenario];
  const topics = Array.from({ length: scenario.rows }, (_, i) => `${prefix} number ${i};`);
  const input = { ...(await upload(scenario, prefix, topics, world)), ...scenario.request };
  await world.setFaults(joined(scenario.plan, plan));
  const execution = await world.account.start(prefix, input);
  await run.onStarted?.();
  if (scenario.stopped) await stop(execution, prefix, world);
  if (scenario.stopped === 'redrive') await world.account.redrive(execution);
  const collect = { collect_run: prefix, job_name_prefix: prefix };
  const last =
    scenario.stopped === 'collect' ? await world.account.start(`${prefix}-collect`, collect) : execution;
  const end = await ended(last, world);
  await settled(prefix, world);
  await world.setFaults(undefined);
  return verdictOn({
    ...{ account: world.account, runId: prefix, prefix, topics, expected, mayRepeat },
    ...{ status: end.status ?? '', error: end.error, cause: end.cause, output: end.output },
    answers: readAnswers(world.directory),
  });
}

async function upload(
  { file }: Scenario,
  prefix: string,
  topics: readonly string[],
  { account }: World,
): Promise<object> {
  const rows =
    file === 'jsonl'
      ? topics.map((topic, id) => `${JSON.stringify({ id, topic })}\n`)
      : ['id,topic\n', ...topics.map((topic, id) => `${id},${topic}\n`)];
  const text = Buffer.from(rows.join(''));
  const body = file === 'csv.gz' ? await promisify(gzip)(text) : text;
  const s3_uri = await account.put(`inputs/${prefix}.${file}`, body);
  return { s3_uri, job_name_prefix: prefix, model_id: MODEL, prompt_id: 'joke_about_topic' };
}

export async function ended(execution: string, world: World): Promise<DescribeExecutionCommandOutput> {
  const end = await until(
    () => world.account.describe(execution),
    ({ status }) => status !== 'RUNNING',
    world,
  );
  // The next case is not to suffer from it.
  if (end.status === 'RUNNING') await world.account.stop(execution);
  return end;
}

/** Presses Stop when the jobs are being answered. */
async function stop(execution: string, prefix: string, world: World): Promise<void> {
  await until(
    () => world.account.jobs(`${prefix}-`),
    (jobs) => jobs.filter(({ processed }) => processed > 0).length === 2,
    world,
  );
  await world.account.stop(execution);
  await settled(prefix, world);
}

/** What events, retries of events and the reconciler still have to do is done; or they never do it, which the verdict tells. */
export async function settled(prefix: string, world: World): Promise<void> {
  const left = async () => {
    const jobs = await world.account.jobs(`${prefix}-`);
    const holders = await world.account.slotHolders();
    const running = jobs.filter(({ status }) => !TERMINAL.includes(status));
    return running.length + holders.filter((name) => name.startsWith(`${prefix}-`)).length;
  };
  await until(left, (count) => count === 0, world);
}

const TERMINAL = ['Completed', 'PartiallyCompleted', 'Failed', 'Stopped', 'Expired'];

/** The last answer, good or not: what comes of it is for the verdict to say. */
export async function until<Answer>(
  ask: () => Promise<Answer>,
  good: (answer: Answer) => boolean,
  world: World,
): Promise<Answer> {
  const end = Date.now() + (world.longestMs ?? LONGEST_MS);
  for (;;) {
    const answer = await ask();
    if (good(answer) || Date.now() > end) return answer;
    world.assertWaiting?.();
    await delay(POLL_MS);
  }
}
