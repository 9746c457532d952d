import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { startBedrockRuntime } from '../../../src/local/bedrock/runtime-server.ts';
import { realClock } from '../../../src/local/clock.ts';
import { startDynamoDB } from '../../../src/local/dynamodb/server.ts';
import { Gate } from '../../../src/local/http/gate.ts';
import { createFunctions, type Functions } from '../../../src/local/lambda/functions.ts';
import type { InvocationResult } from '../../../src/local/lambda/invocation.ts';
import { startS3 } from '../../../src/local/s3/server.ts';
import { Started } from '../../../src/local/started.ts';

/** One call of an AWS service by the SDK. */
export interface Step {
  readonly client: 's3' | 'dynamodb';
  /** The name of the command's class. */
  readonly command: string;
  readonly input: object;
  /** Fills the body with that many bytes. */
  readonly bytes?: number;
}

/** Does the steps of its event, together or one by one, and answers with the numbers of tries. */
const code = `
const { createRequire } = require('node:module');
const sdk = createRequire(process.env.PROJECT + '/');
const clients = {};
const modules = { s3: '@aws-sdk/client-s3', dynamodb: '@aws-sdk/client-dynamodb' };
let invocations = 0;
async function perform({ client, command, input, bytes }) {
  const found = sdk(modules[client]);
  const Client = client === 's3' ? found.S3Client : found.DynamoDBClient;
  clients[client] ??= new Client({ retryStrategy: fast(sdk('@smithy/core/retry')) });
  const body = bytes === undefined ? {} : { Body: Buffer.alloc(bytes, 'x') };
  const answer = await clients[client].send(new found[command]({ ...input, ...body }));
  if (answer.Body) await answer.Body.transformToByteArray();
  return answer.$metadata.attempts;
}
function fast({ ConfiguredRetryStrategy }) {
  return new ConfiguredRetryStrategy(3, () => 1);
}
exports.handler = async ({ steps, together }) => {
  invocations += 1;
  const attempts = [];
  if (together) attempts.push(...await Promise.all(steps.map(perform)));
  else for (const step of steps) attempts.push(await perform(step));
  return { attempts, invocations };
};`;

const credentials = { accessKeyId: 'LOCALUSER', secretAccessKey: 'local' };
const TABLE = 'counters';

/** S3, DynamoDB and Bedrock's models behind a gate, and the function `Stack-Worker` that calls them. */
export class GatedServices {
  readonly gate: Gate;
  readonly functions: Functions;
  readonly s3: S3Client;
  readonly dynamodb: DynamoDBClient;
  readonly models: BedrockRuntimeClient;
  readonly #started: Started;

  constructor(
    gate: Gate,
    functions: Functions,
    urls: Record<'s3' | 'dynamodb' | 'models', string>,
    started: Started,
  ) {
    this.gate = gate;
    this.functions = functions;
    const common = { region: 'us-east-1', credentials };
    this.s3 = new S3Client({ ...common, endpoint: urls.s3, forcePathStyle: true });
    this.dynamodb = new DynamoDBClient({ ...common, endpoint: urls.dynamodb });
    this.models = new BedrockRuntimeClient({ ...common, endpoint: urls.models });
    this.#started = started;
  }

  static async start(): Promise<GatedServices> {
    const started = new Started();
    const directory = await mkdtemp(join(tmpdir(), 'gated-'));
    started.add({ close: () => rm(directory, { recursive: true }) });
    await writeFile(join(directory, 'index.cjs'), code);
    const bound: { functions?: Functions } = {};
    const gate = new Gate({
      running: (token) => bound.functions?.running(token),
      kill: async (token) => bound.functions?.kill(token),
    });
    const s3 = started.add(
      await startS3({ directory: join(directory, 's3'), clock: realClock, intercept: gate.before('s3') }),
    );
    await s3.createBucket('bucket');
    const dynamodb = started.add(
      await startDynamoDB({ directory: join(directory, 'db'), intercept: gate.before('dynamodb') }),
    );
    await dynamodb.createTable({
      TableName: TABLE,
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    });
    const models = started.add(
      await startBedrockRuntime({ clock: realClock, intercept: gate.before('bedrock-runtime') }),
    );
    const arn = 'arn:aws:lambda:us-east-1:123456789012:function:Stack-Worker';
    bound.functions = started.add(
      createFunctions({
        functions: [
          {
            ...{ name: 'Stack-Worker', arn, directory, handler: 'index.handler', memoryMb: 512 },
            ...{ environment: {}, timeoutSeconds: 20 },
          },
        ],
        variables: {
          PROJECT: process.cwd(),
          AWS_REGION: 'us-east-1',
          AWS_ENDPOINT_URL_S3: s3.url,
          AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url,
          AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
        },
        clock: realClock,
        onOutput: (_, text) => process.stderr.write(text),
      }),
    );
    return new GatedServices(
      gate,
      bound.functions,
      { s3: s3.url, dynamodb: dynamodb.url, models: models.url },
      started,
    );
  }

  async stop(): Promise<void> {
    for (const client of [this.s3, this.dynamodb, this.models]) client.destroy();
    await this.#started.close();
  }

  work(steps: readonly Step[], together = false): Promise<InvocationResult> {
    return this.functions.invoke('Stack-Worker', { steps, together });
  }

  /** The bytes of an object, or undefined where there is none. */
  async sizeOf(Key: string): Promise<number | undefined> {
    try {
      return (await this.s3.send(new HeadObjectCommand({ Bucket: 'bucket', Key }))).ContentLength;
    } catch (error) {
      if ((error as Error).name === 'NotFound') return undefined;
      throw error;
    }
  }

  async counter(id: string): Promise<number> {
    const { Item } = await this.dynamodb.send(
      new GetItemCommand({ TableName: TABLE, Key: { id: { S: id } } }),
    );
    return Number(Item?.['n']?.N ?? 0);
  }
}

export const put = (Key: string, bytes = 10): Step => ({
  ...{ client: 's3', command: 'PutObjectCommand', bytes },
  input: { Bucket: 'bucket', Key, ContentLength: bytes },
});

export const get = (Key: string): Step => ({
  ...{ client: 's3', command: 'GetObjectCommand' },
  input: { Bucket: 'bucket', Key },
});

/** Adds one to a counter: what is done twice is seen to be. */
export const count = (id: string): Step => ({
  ...{ client: 'dynamodb', command: 'UpdateItemCommand' },
  input: {
    TableName: TABLE,
    Key: { id: { S: id } },
    UpdateExpression: 'ADD n :one',
    ExpressionAttributeValues: { ':one': { N: '1' } },
  },
});
