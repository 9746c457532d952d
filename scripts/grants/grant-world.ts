import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fastClock } from '../../src/local/clock.ts';
import type { CallListener } from '../../src/local/faults/call-log.ts';
import type { FaultPlan } from '../../src/local/faults/plan.ts';
import type { AccessReport } from '../../src/local/iam/authorization.ts';
import { type LocalAws, type LocalAwsOptions, startLocalAws } from '../../src/local/local-aws.ts';
import type { Assembly } from '../../src/local/template/assembly.ts';
import { resolveStack } from '../../src/local/template/resources.ts';
import { Account } from '../faults/account.ts';
import type { World } from '../faults/run-scenario.ts';
import { account } from './template-grants.ts';

/** As in the campaign of faults: a quarter of an hour in nine seconds. */
const SPEED = 100;
/** A run that goes on trying though something was denied to it. */
export class CutOff extends Error {}

export interface Watch {
  /** Real milliseconds that a run has for its end once it was denied something. */
  readonly patienceMs: number;
  /** Denials that belong to the way that is run. */
  readonly isExpected: (denial: string) => boolean;
}

/** A stack on a local AWS in this process, for one run. */
export class GrantWorld implements World {
  readonly account: Account;
  readonly directory: string;
  /** Shorter than in the campaign of faults: most runs without a grant wait for what never comes. */
  readonly longestMs = 60_000;
  readonly #aws: LocalAws;
  readonly #queueUrl: string;
  readonly #watch: Watch;
  #deniedAt: number | undefined;

  private constructor(directory: string, aws: LocalAws, queueUrl: string, watch: Watch) {
    this.directory = directory;
    this.#aws = aws;
    this.#queueUrl = queueUrl;
    this.#watch = watch;
    this.account = new Account(aws);
  }

  /** @throws LocalAwsError for a template that cannot be deployed */
  static async start(
    assembly: Assembly,
    watch: Watch,
    options: Partial<LocalAwsOptions> = {},
  ): Promise<GrantWorld> {
    const directory = await mkdtemp(join(tmpdir(), 'grants-'));
    try {
      const jobs = { stepMs: 10_000, recordAnswers: true };
      const clock = fastClock(SPEED);
      const aws = await startLocalAws({ assembly, directory, clock, jobs, ...options });
      return new GrantWorld(directory, aws, queueUrlOf(assembly), watch);
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  async setFaults(plan: FaultPlan | undefined): Promise<void> {
    this.#aws.setFaults(plan);
  }

  tellCalls(listener: CallListener | undefined): void {
    this.#aws.tellCalls(listener);
  }

  /** How often each grant was made use of. */
  grants(): AccessReport['grants'] {
    return this.#aws.accessReport().grants;
  }

  denied(): readonly string[] {
    return this.#aws.accessReport().denied.filter((denial) => !this.#watch.isExpected(denial));
  }

  /** @throws CutOff when something was denied long ago and the run still has no end */
  assertWaiting(): void {
    if (this.#deniedAt === undefined && this.denied().length > 0) this.#deniedAt = Date.now();
    const { patienceMs } = this.#watch;
    if (this.#deniedAt !== undefined && Date.now() > this.#deniedAt + patienceMs) {
      throw new CutOff(`it still went on ${patienceMs / 1000} s after it`);
    }
  }

  /** Multipart uploads that nobody completed or aborted, which are billed until the bucket's lifecycle removes them. */
  async unfinishedUploads(): Promise<number> {
    const folders = await readdir(join(this.directory, 's3'), { recursive: true });
    return folders.filter((path) => path.endsWith('upload.json')).length;
  }

  /** Takes the letters that are in the dead-letter queue. */
  async letters(): Promise<readonly string[]> {
    const response = await fetch(this.#aws.environment['AWS_ENDPOINT_URL_SQS'] ?? '', {
      method: 'POST',
      headers: {
        'x-amz-target': 'AmazonSQS.ReceiveMessage',
        authorization: 'AWS4-HMAC-SHA256 Credential=LOCALUSER/20260101/us-east-1/sqs/aws4_request',
      },
      body: JSON.stringify({ QueueUrl: this.#queueUrl, MaxNumberOfMessages: 10 }),
    });
    if (!response.ok) throw new Error(`Cannot receive dead letters: ${await response.text()}`);
    const { Messages = [] } = (await response.json()) as { readonly Messages?: { readonly Body: string }[] };
    return Messages.map(({ Body }) => Body);
  }

  async close(): Promise<void> {
    this.account.close();
    await this.#aws.close();
    await rm(this.directory, { recursive: true, force: true });
  }
}

function queueUrlOf(assembly: Assembly): string {
  const { resources } = resolveStack(assembly, account);
  return resources.find(({ type }) => type === 'AWS::SQS::Queue')?.ref ?? '';
}
