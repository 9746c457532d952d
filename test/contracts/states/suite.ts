import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  DescribeExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { realClock } from '../../../src/local/clock.ts';
import { type S3Server, startS3 } from '../../../src/local/s3/server.ts';
import type { StatusChangeDetail } from '../../../src/local/states/api/status-change.ts';
import type { InvokeFunction } from '../../../src/local/states/lambda-task.ts';
import { type StatesServer, startStates } from '../../../src/local/states/server.ts';
import { Contract } from '../endpoint.ts';
import { removeBucket } from '../s3/remove-bucket.ts';

/**
 * Step Functions and an S3 beside it. Elsewhere machines run as CONTRACT_STATES_ROLE_ARN, which only the Distributed Maps
 * need to be allowed anything, and tasks call the function CONTRACT_FUNCTION_ARN_ECHO, which answers its payload.
 */
export class StatesSuite {
  readonly contract = new Contract('SFN');
  readonly #s3Contract = new Contract('S3');
  readonly bucket = `contract-${randomUUID()}`;
  readonly roleArn = process.env['CONTRACT_STATES_ROLE_ARN'] ?? 'arn:aws:iam::123456789012:role/contract';
  readonly echo = (!this.contract.isOurs && process.env['CONTRACT_FUNCTION_ARN_ECHO']) || 'echo';
  /** What ours told of executions, and the tokens that its function `keep-token` was given. */
  readonly changes: StatusChangeDetail[] = [];
  readonly tokens: string[] = [];
  readonly #prefix = `contract-${randomUUID().slice(0, 8)}-`;
  readonly #machines: string[] = [];
  #hasBucket = false;
  #directory: string | undefined;
  #servers: readonly [S3Server, StatesServer] | undefined;
  #sfn: SFNClient | undefined;
  #s3: S3Client | undefined;

  static forTests(): StatesSuite {
    const suite = new StatesSuite();
    beforeAll(() => suite.#start());
    afterAll(() => suite.#stop());
    return suite;
  }

  get sfn(): SFNClient {
    if (this.#sfn === undefined) throw new Error('The suite has not started yet.');
    return this.#sfn;
  }

  get s3(): S3Client {
    this.#s3 ??= new S3Client(this.#s3Contract.settings(this.#servers?.[0].url));
    return this.#s3;
  }

  get s3Endpoint(): string {
    return this.#servers?.[0].url ?? '';
  }

  /** Cases with tasks need a function. */
  get describeWithEcho(): typeof describe | typeof describe.skip {
    return this.contract.isOurs || this.echo !== 'echo' ? describe : describe.skip;
  }

  /** A machine of one state, or of those given; the same name is the same machine. */
  async machine(name: string, state: object, more: Readonly<Record<string, object>> = {}): Promise<string> {
    const last = ['Fail', 'Succeed', 'Choice'].includes((state as { Type?: string }).Type ?? '');
    const States = { A: { ...(last ? {} : { End: true }), ...state }, ...more };
    const definition = JSON.stringify({ QueryLanguage: 'JSONata', StartAt: 'A', States });
    const command = { name: this.nameOf(name), definition, roleArn: this.roleArn };
    const { stateMachineArn = '' } = await this.sfn.send(new CreateStateMachineCommand(command));
    this.#machines.push(stateMachineArn);
    return stateMachineArn;
  }

  nameOf(name: string): string {
    return this.#prefix + name;
  }

  async start(stateMachineArn: string, name: string, input: unknown = {}): Promise<string> {
    const command = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) });
    return (await this.sfn.send(command)).executionArn ?? '';
  }

  ended(executionArn: string) {
    return until(async () => {
      const execution = await this.sfn.send(new DescribeExecutionCommand({ executionArn }));
      return execution.status === 'RUNNING' ? undefined : execution;
    });
  }

  nextToken(): Promise<string> {
    return until(() => this.tokens.shift());
  }

  async put(Key: string, Body: string): Promise<void> {
    if (!this.#hasBucket) await this.s3.send(new CreateBucketCommand({ Bucket: this.bucket }));
    this.#hasBucket = true;
    await this.s3.send(new PutObjectCommand({ Bucket: this.bucket, Key, Body }));
  }

  async stored(Key: string): Promise<unknown> {
    const { Body } = await this.s3.send(new GetObjectCommand({ Bucket: this.bucket, Key }));
    return JSON.parse((await Body?.transformToString()) ?? '');
  }

  async #start(): Promise<void> {
    if (this.contract.isOurs) await this.#startOurs();
    this.#sfn = new SFNClient({ ...this.contract.settings(this.#servers?.[1].url), maxAttempts: 1 });
  }

  async #startOurs(): Promise<void> {
    this.#directory = await mkdtemp(join(tmpdir(), 'states-contract-'));
    const s3 = await startS3({ directory: this.#directory, clock: realClock });
    const states = await startStates({
      ...{ clock: realClock, region: this.contract.region, account: '123456789012', s3Endpoint: s3.url },
      ...{ invokeFunction: this.#invoke, seed: 1 },
      onStatusChange: (detail) => this.changes.push(detail),
    });
    this.#servers = [s3, states];
  }

  readonly #invoke: InvokeFunction = async (name, payload) => {
    if (name === 'keep-token') this.tokens.push((payload as { token: string }).token);
    if (name === 'hang') return new Promise(() => undefined);
    return { payload };
  };

  async #stop(): Promise<void> {
    for (const stateMachineArn of new Set(this.#machines)) {
      await this.sfn.send(new DeleteStateMachineCommand({ stateMachineArn }));
    }
    if (this.#hasBucket) await removeBucket(this.s3, this.bucket);
    this.sfn.destroy();
    this.#s3?.destroy();
    const [s3, states] = this.#servers ?? [];
    await states?.close();
    await s3?.close();
    if (this.#directory !== undefined) await rm(this.#directory, { recursive: true });
  }
}

/** A wait that nothing but a stop or a timeout ends. */
export const HANGING = { Type: 'Wait', Seconds: 3600 };

export function taskOf(FunctionName: string, more: object = {}): object {
  const Arguments = { FunctionName, Payload: '{% $states.input %}' };
  return { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Arguments, ...more };
}

export async function until<T>(probe: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 500; tries += 1) {
    const found = await probe();
    if (found !== undefined) return found;
    await realClock.sleep(tries < 100 ? 5 : 100);
  }
  throw new Error('It did not come about.');
}
