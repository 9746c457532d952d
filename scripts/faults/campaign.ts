import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { readAnswers } from '../../src/local/bedrock/answer-ledger.ts';
import { LocalProcess } from '../../test/setup/local-process.ts';
import { Account } from './account.ts';
import type { CallSite, FaultCase } from './cases.ts';
import { joined, MODEL, type Scenario, type ScenarioName, scenarios } from './scenarios.ts';
import { type Verdict, verdictOn } from './verify.ts';

/** So many seconds of the stack pass in one: a quarter of an hour in nine. */
const SPEED = 100;
/** Longer than any run of a campaign takes, with what a reconciler has to do after it. */
const LONGEST_MS = 120_000;
const POLL_MS = 30;

export interface Ran extends Verdict {
  readonly ms: number;
}

/** A local AWS in a process of its own, in which one case after the other is run. */
export class Campaign {
  readonly #directory: string;
  readonly #aws: LocalProcess;
  #account: Account;
  #cases = 0;
  readonly #tag: string;

  private constructor(directory: string, aws: LocalProcess, tag: string) {
    this.#directory = directory;
    this.#aws = aws;
    this.#account = new Account(aws);
    this.#tag = tag;
  }

  /** `tag` keeps names apart, of letters and digits. */
  static async start(
    assembly: { readonly directory: string; readonly stackName: string },
    tag: string,
  ): Promise<Campaign> {
    const directory = await mkdtemp(join(tmpdir(), 'faults-'));
    const services = { jobs: { stepMs: 10_000, recordAnswers: true } };
    const aws = await LocalProcess.start({ assembly, directory, speed: SPEED, services });
    return new Campaign(directory, aws, tag);
  }

  async close(): Promise<void> {
    this.#account.close();
    await this.#aws.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** The calls that functions make in a run in which nothing goes wrong but what its scenario has, in their order. */
  async callSites(scenario: ScenarioName): Promise<readonly CallSite[]> {
    const sites: CallSite[] = [];
    await this.#aws.tellCalls(({ functionName, service, operation, nth }) => {
      sites.push({ functionName, service, operation, nth });
    });
    const clean = {
      fault: 'none',
      name: scenario,
      scenario,
      plan: {},
      expected: expectedOf(scenario),
    } as const;
    const { wrong } = await this.run(clean);
    await this.#aws.tellCalls(undefined);
    if (wrong.length > 0) throw new Error(`A clean run of ${scenario} failed: ${wrong.join('; ')}`);
    return sites;
  }

  async run({ scenario: name, plan, expected, kills = [] }: FaultCase): Promise<Ran> {
    const scenario: Scenario = scenarios[name];
    const started = Date.now();
    const prefix = `${this.#tag}-${++this.#cases}`;
    const topics = Array.from({ length: scenario.rows }, (_, i) => `${prefix} number ${i};`);
    const input = { ...(await this.#upload(scenario, prefix, topics)), ...scenario.request };
    await this.#aws.setFaults(joined(scenario.plan, plan));
    const execution = await this.#account.start(prefix, input);
    for (const share of kills) await this.#killAfter(share * typicalMs(name));
    if (scenario.stopped) await this.#stop(execution, prefix);
    if (scenario.stopped === 'redrive') await this.#account.redrive(execution);
    const collect = { collect_run: prefix, job_name_prefix: prefix };
    const last =
      scenario.stopped === 'collect' ? await this.#account.start(`${prefix}-collect`, collect) : execution;
    const end = await this.#ended(last);
    await this.#settled(prefix);
    await this.#aws.setFaults(undefined);
    // Twenty records that are under way, and ten that wait to be written; as often as it is killed.
    const mayRepeat = 30 * killsOnDemand(plan, kills);
    const evidence = {
      ...{ account: this.#account, runId: prefix, prefix, topics, expected, mayRepeat },
      ...{ status: end.status ?? '', error: end.error, cause: end.cause, output: end.output },
      answers: readAnswers(this.#directory),
    };
    return { ...(await verdictOn(evidence)), ms: Date.now() - started };
  }

  async #upload({ file }: Scenario, prefix: string, topics: readonly string[]): Promise<object> {
    const rows =
      file === 'jsonl'
        ? topics.map((topic, id) => `${JSON.stringify({ id, topic })}\n`)
        : ['id,topic\n', ...topics.map((topic, id) => `${id},${topic}\n`)];
    const text = Buffer.from(rows.join(''));
    const body = file === 'csv.gz' ? await promisify(gzip)(text) : text;
    const s3_uri = await this.#account.put(`inputs/${prefix}.${file}`, body);
    return { s3_uri, job_name_prefix: prefix, model_id: MODEL, prompt_id: 'joke_about_topic' };
  }

  /** The account's clients are of the process that was killed. */
  async #killAfter(ms: number): Promise<void> {
    await delay(ms);
    await this.#aws.kill();
    await this.#aws.restart();
    this.#account.close();
    this.#account = new Account(this.#aws);
  }

  async #ended(execution: string) {
    const end = await until(
      () => this.#account.describe(execution),
      ({ status }) => status !== 'RUNNING',
    );
    // The next case is not to suffer from it.
    if (end.status === 'RUNNING') await this.#account.stop(execution);
    return end;
  }

  /** Presses Stop when the jobs are being answered. */
  async #stop(execution: string, prefix: string): Promise<void> {
    await until(
      () => this.#account.jobs(`${prefix}-`),
      (jobs) => jobs.filter(({ processed }) => processed > 0).length === 2,
    );
    await this.#account.stop(execution);
    await this.#settled(prefix);
  }

  /** What events, retries of events and the reconciler still have to do is done; or they never do it, which the verdict tells. */
  async #settled(prefix: string): Promise<void> {
    const left = async () => {
      const jobs = await this.#account.jobs(`${prefix}-`);
      const holders = await this.#account.slotHolders();
      const running = jobs.filter(({ status }) => !TERMINAL.includes(status));
      return running.length + holders.filter((name) => name.startsWith(`${prefix}-`)).length;
    };
    await until(left, (count) => count === 0);
  }
}

const TERMINAL = ['Completed', 'PartiallyCompleted', 'Failed', 'Stopped', 'Expired'];

export function expectedOf(scenario: ScenarioName) {
  return scenario === 'collected' ? 'some' : 'all';
}

/** About how long a clean run takes, in real milliseconds. */
const typicalMs = (scenario: ScenarioName) => (scenario === 'unheard' ? 8000 : 2500);

function killsOnDemand({ calls = [] }: FaultCase['plan'], kills: readonly number[]): number {
  const strikes = calls.filter(({ fault }) => typeof fault === 'string' && fault !== 'reset-before');
  return kills.length + strikes.reduce((sum, { times = 1 }) => sum + times, 0);
}

/** The last answer, good or not: what comes of it is for the verdict to say. */
async function until<Answer>(ask: () => Promise<Answer>, good: (answer: Answer) => boolean): Promise<Answer> {
  const end = Date.now() + LONGEST_MS;
  for (;;) {
    const answer = await ask();
    if (good(answer) || Date.now() > end) return answer;
    await delay(POLL_MS);
  }
}
