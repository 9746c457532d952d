import { BedrockClient, paginateListModelInvocationJobs } from '@aws-sdk/client-bedrock';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, PutObjectCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  ListStateMachinesCommand,
  RedriveExecutionCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { DynamoDBDocumentClient, paginateScan, UpdateCommand } from '@aws-sdk/lib-dynamodb';

export interface Endpoints {
  readonly environment: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
}

export interface SeenJob {
  readonly name: string;
  readonly status: string;
  /** Records that were answered or failed. */
  readonly processed: number;
}

/** A stack as a user of the account sees it, through the SDK alone. */
export class Account {
  readonly bucket: string;
  readonly #outputs: Endpoints['outputs'];
  readonly #s3: S3Client;
  readonly #stepFunctions: SFNClient;
  readonly #bedrock: BedrockClient;
  readonly #dynamodb: DynamoDBDocumentClient;

  constructor({ environment, outputs }: Endpoints) {
    const client = (service: string) => ({
      endpoint: environment[`AWS_ENDPOINT_URL_${service}`] ?? '',
      region: environment['AWS_REGION'] ?? '',
      credentials: { accessKeyId: 'LOCALUSER', secretAccessKey: 'local' },
    });
    this.#outputs = outputs;
    this.bucket = outputs['bucketName'] ?? '';
    this.#s3 = new S3Client(client('S3'));
    this.#stepFunctions = new SFNClient(client('SFN'));
    this.#bedrock = new BedrockClient(client('BEDROCK'));
    this.#dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient(client('DYNAMODB')));
  }

  close(): void {
    for (const client of [this.#s3, this.#stepFunctions, this.#bedrock, this.#dynamodb]) client.destroy();
  }

  async put(key: string, Body: Buffer): Promise<string> {
    const to = { Bucket: this.bucket, Key: key };
    await this.#s3.send(new PutObjectCommand({ ...to, Body, ContentLength: Body.length }));
    return `s3://${this.bucket}/${key}`;
  }

  async get(uri: string): Promise<string> {
    const Key = uri.slice(`s3://${this.bucket}/`.length);
    const { Body } = await this.#s3.send(new GetObjectCommand({ Bucket: this.bucket, Key }));
    return (await Body?.transformToString()) ?? '';
  }

  async urisBelow(Prefix: string): Promise<readonly string[]> {
    const uris: string[] = [];
    for await (const { Contents = [] } of paginateListObjectsV2(
      { client: this.#s3 },
      { Bucket: this.bucket, Prefix },
    )) {
      uris.push(...Contents.map(({ Key }) => `s3://${this.bucket}/${Key}`));
    }
    return uris;
  }

  /** Returns the execution's ARN. With a name it may be asked again. */
  async start(name: string, input: unknown): Promise<string> {
    const { stateMachines = [] } = await this.#stepFunctions.send(new ListStateMachinesCommand({}));
    const machine = stateMachines.find((one) => one.name === this.#outputs['stepFunctionName']);
    const command = { stateMachineArn: machine?.stateMachineArn, name, input: JSON.stringify(input) };
    const { executionArn = '' } = await this.#stepFunctions.send(new StartExecutionCommand(command));
    return executionArn;
  }

  describe(executionArn: string): Promise<DescribeExecutionCommandOutput> {
    return this.#stepFunctions.send(new DescribeExecutionCommand({ executionArn }));
  }

  async redrive(executionArn: string): Promise<void> {
    await this.#stepFunctions.send(new RedriveExecutionCommand({ executionArn }));
  }

  async stop(executionArn: string): Promise<void> {
    await this.#stepFunctions.send(new StopExecutionCommand({ executionArn }));
  }

  async jobs(nameContains: string): Promise<readonly SeenJob[]> {
    const jobs: SeenJob[] = [];
    const pages = paginateListModelInvocationJobs({ client: this.#bedrock }, { nameContains });
    for await (const { invocationJobSummaries = [] } of pages) {
      for (const {
        jobName: name = '',
        status = '',
        processedRecordCount: processed = 0,
      } of invocationJobSummaries) {
        jobs.push({ name, status, processed });
      }
    }
    return jobs;
  }

  /** The jobs that hold a slot, of any model. */
  async slotHolders(): Promise<readonly string[]> {
    const slots = await this.#slots();
    return slots.map(({ holder }) => holder);
  }

  /** Lets every slot be held for so much longer than it is: functions go by real time, however fast the stack's passes. */
  async ageSlots(ms: number): Promise<void> {
    const TableName = await this.#tableName();
    for (const { item, holder, since } of await this.#slots()) {
      const change = new UpdateCommand({
        ...{ TableName, Key: { job_name: item }, UpdateExpression: 'SET holders.#holder = :since' },
        ConditionExpression: 'attribute_exists(holders.#holder)',
        ExpressionAttributeNames: { '#holder': holder },
        ExpressionAttributeValues: { ':since': since - ms },
      });
      await this.#dynamodb.send(change);
    }
  }

  async #slots() {
    const TableName = await this.#tableName();
    const slots: { readonly item: string; readonly holder: string; readonly since: number }[] = [];
    for await (const { Items = [] } of paginateScan({ client: this.#dynamodb }, { TableName })) {
      for (const { job_name, holders = {} } of Items) {
        if (!String(job_name).startsWith('slots#')) continue;
        for (const [holder, since] of Object.entries<number>(holders)) {
          slots.push({ item: String(job_name), holder, since });
        }
      }
    }
    return slots;
  }

  async #tableName(): Promise<string> {
    const { TableNames = [] } = await this.#dynamodb.send(new ListTablesCommand({}));
    const [name = ''] = TableNames;
    return name;
  }
}
