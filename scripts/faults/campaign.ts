import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { FaultPlan } from '../../src/local/faults/plan.ts';
import { LocalProcess } from '../../test/setup/local-process.ts';
import { Account } from './account.ts';
import type { CallSite, FaultCase } from './cases.ts';
import { runScenario, type World } from './run-scenario.ts';
import type { ScenarioName } from './scenarios.ts';
import type { Verdict } from './verify.ts';

/** So many seconds of the stack pass in one: a quarter of an hour in nine. */
const SPEED = 100;

export interface Ran extends Verdict {
  readonly ms: number;
}

/** A local AWS in a process of its own, in which one case after the other is run. */
export class Campaign implements World {
  readonly directory: string;
  readonly #aws: LocalProcess;
  #account: Account;
  #cases = 0;
  readonly #tag: string;

  private constructor(directory: string, aws: LocalProcess, tag: string) {
    this.directory = directory;
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

  get account(): Account {
    return this.#account;
  }

  setFaults(plan: FaultPlan | undefined): Promise<void> {
    return this.#aws.setFaults(plan);
  }

  async close(): Promise<void> {
    this.#account.close();
    await this.#aws.stop();
    await rm(this.directory, { recursive: true, force: true });
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

  async run(one: FaultCase): Promise<Ran> {
    const { scenario, plan, kills = [] } = one;
    const started = Date.now();
    const prefix = `${this.#tag}-${++this.#cases}`;
    const killAll = async () => {
      for (const share of kills) await this.#killAfter(share * typicalMs(scenario));
    };
    // Twenty records that are under way, and ten that wait to be written; as often as it is killed.
    const mayRepeat = 30 * killsOnDemand(plan, kills);
    const verdict = await runScenario({ ...one, prefix, mayRepeat, onStarted: killAll }, this);
    return { ...verdict, ms: Date.now() - started };
  }

  /** The account's clients are of the process that was killed. */
  async #killAfter(ms: number): Promise<void> {
    await delay(ms);
    await this.#aws.kill();
    await this.#aws.restart();
    this.#account.close();
    this.#account = new Account(this.#aws);
  }
}

export function expectedOf(scenario: ScenarioName) {
  return scenario === 'collected' ? 'some' : 'all';
}

/** About how long a clean run takes, in real milliseconds. */
const typicalMs = (scenario: ScenarioName) => (scenario === 'unheard' ? 8000 : 2500);

function killsOnDemand({ calls = [] }: FaultCase['plan'], kills: readonly number[]): number {
  const strikes = calls.filter(({ fault }) => typeof fault === 'string' && fault !== 'reset-before');
  return kills.length + strikes.reduce((sum, { times = 1 }) => sum + times, 0);
}
