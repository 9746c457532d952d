import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BedrockClient, ListModelInvocationJobsCommand } from '@aws-sdk/client-bedrock';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  ListStateMachinesCommand,
  paginateGetExecutionHistory,
  RedriveExecutionCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { FaultPlan } from '../../src/local/faults/plan.ts';
import { type LocalAws, type LocalAwsOptions, startLocalAws } from '../../src/local/local-aws.ts';
import type { Assembly } from '../../src/local/template/assembly.ts';

/** A stack running locally, seen only through the SDK, as a user of the account would see it. */
export class LocalStack {
  readonly bucket: string;
  readonly #aws: LocalAws;
  readonly #directory: string;
  readonly #s3: S3Client;
  readonly #stepFunctions: SFNClient;
  readonly #bedrock: BedrockClient;

  constructor(aws: LocalAws, directory: string) {
    this.#aws = aws;
    this.#directory = directory;
    this.bucket = aws.outputs['bucketName'] ?? '';
    const { environment } = aws;
    const client = (service: string) => ({
      endpoint: environment[`AWS_ENDPOINT_URL_${service}`] ?? '',
      region: environment['AWS_REGION'] ?? '',
      credentials: { accessKeyId: 'LOCALUSER', secretAccessKey: 'local' },
    });
    this.#s3 = new S3Client(client('S3'));
    this.#stepFunctions = new SFNClient(client('SFN'));
    this.#bedrock = new BedrockClient(client('BEDROCK'));
  }

  get environment(): Readonly<Record<string, string>> {
    return this.#aws.environment;
  }

  static async start(assembly: Assembly, options: Partial<LocalAwsOptions> = {}): Promise<LocalStack> {
    const directory = await mkdtemp(join(tmpdir(), 'local-stack-'));
    const aws = await startLocalAws({ assembly, directory, jobs: { stepMs: 20 }, ...options });
    return new LocalStack(aws, directory);
  }

  async stop(): Promise<void> {
    for (const client of [this.#s3, this.#stepFunctions, this.#bedrock]) client.destroy();
    await this.#aws.close();
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** Returns the object's URI. */
  async upload(name: string, Body: Buffer | string): Promise<string> {
    const Key = `inputs/${name}`;
    await this.#s3.send(
      new PutObjectCommand({ Bucket: this.bucket, Key, Body, ContentLength: Buffer.byteLength(Body) }),
    );
    return `s3://${this.bucket}/${Key}`;
  }

  async download(uri: string): Promise<Buffer> {
    const Key = uri.slice(`s3://${this.bucket}/`.length);
    const { Body } = await this.#s3.send(new GetObjectCommand({ Bucket: this.bucket, Key }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  }

  async startExecution(input: unknown): Promise<string> {
    const { stateMachines } = await this.#stepFunctions.send(new ListStateMachinesCommand({}));
    const machine = stateMachines?.find(({ name }) => name === this.#aws.outputs['stepFunctionName']);
    const { executionArn } = await this.#stepFunctions.send(
      new StartExecutionCommand({ stateMachineArn: machine?.stateMachineArn, input: JSON.stringify(input) }),
    );
    return executionArn ?? '';
  }

  describe(executionArn: string): Promise<DescribeExecutionCommandOutput> {
    return this.#stepFunctions.send(new DescribeExecutionCommand({ executionArn }));
  }

  /** Names of the states that an execution entered, in order; not those of its Maps' children. */
  async statesEntered(executionArn: string): Promise<readonly string[]> {
    const names: string[] = [];
    for await (const page of paginateGetExecutionHistory({ client: this.#stepFunctions }, { executionArn })) {
      for (const { stateEnteredEventDetails: entered } of page.events ?? []) {
        if (entered?.name !== undefined) names.push(entered.name);
      }
    }
    return names;
  }

  async stopExecution(executionArn: string): Promise<void> {
    await this.#stepFunctions.send(new StopExecutionCommand({ executionArn }));
  }

  async redriveExecution(executionArn: string): Promise<void> {
    await this.#stepFunctions.send(new RedriveExecutionCommand({ executionArn }));
  }

  setFaults(plan: FaultPlan | undefined): void {
    this.#aws.setFaults(plan);
  }

  ended(executionArn: string): Promise<DescribeExecutionCommandOutput> {
    return until(
      () => this.describe(executionArn),
      ({ status }) => status !== 'RUNNING',
    );
  }

  async jobStatuses(): Promise<readonly string[]> {
    const { invocationJobSummaries = [] } = await this.#bedrock.send(new ListModelInvocationJobsCommand({}));
    return invocationJobSummaries.map(({ status }) => String(status));
  }

  async run(input: unknown): Promise<DescribeExecutionCommandOutput> {
    return this.ended(await this.startExecution(input));
  }
}

/** Asks until the answer is good; a test's own timeout ends it otherwise. */
export async function until<Answer>(
  ask: () => Promise<Answer>,
  good: (answer: Answer) => boolean,
): Promise<Answer> {
  for (;;) {
    const answer = await ask();
    if (good(answer)) return answer;
    await delay(50);
  }
}
