import { BedrockClient, ListModelInvocationJobsCommand } from '@aws-sdk/client-bedrock';
import { BedrockRuntimeClient, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendTaskSuccessCommand, SFNClient } from '@aws-sdk/client-sfn';
import { Gate } from '../../../src/local/http/gate.ts';
import { type Endpoint, listen } from '../../../src/local/http/listen.ts';
import { listenHttp2 } from '../../../src/local/http/listen-http2.ts';
import type { ServiceName } from '../../../src/local/http/operation.ts';

const settings = (endpoint: string) => ({
  ...{ endpoint, region: 'us-east-1', maxAttempts: 1, forcePathStyle: true },
  credentials: { accessKeyId: 'LOCALUSER', secretAccessKey: 'local' },
});
type Settings = ReturnType<typeof settings>;

const object = { Bucket: 'b', Key: 'k' };
const invocation = { modelId: 'm', body: '{}' };

/** Each asks for what the service would do, were it reached. */
const calls: readonly [ServiceName, number, string, (given: Settings) => Promise<unknown>][] = [
  ['s3', 503, 'SlowDown', (given) => new S3Client(given).send(new GetObjectCommand(object))],
  ['s3', 500, 'InternalError', (given) => new S3Client(given).send(new GetObjectCommand(object))],
  [
    ...(['dynamodb', 400, 'ProvisionedThroughputExceededException'] as const),
    (given) =>
      new DynamoDBClient(given).send(new GetItemCommand({ TableName: 't', Key: { id: { S: '1' } } })),
  ],
  [
    ...(['states', 400, 'TaskTimedOut'] as const),
    (given) => new SFNClient(given).send(new SendTaskSuccessCommand({ taskToken: 't', output: '{}' })),
  ],
  [
    ...(['secretsmanager', 500, 'InternalServiceError'] as const),
    (given) => new SecretsManagerClient(given).send(new GetSecretValueCommand({ SecretId: 's' })),
  ],
  [
    ...(['bedrock', 400, 'ServiceQuotaExceededException'] as const),
    (given) => new BedrockClient(given).send(new ListModelInvocationJobsCommand({})),
  ],
  [
    ...(['bedrock-runtime', 429, 'ThrottlingException'] as const),
    (given) => new BedrockRuntimeClient(given).send(new InvokeModelCommand(invocation)),
  ],
];

let endpoint: Endpoint | undefined;
afterEach(() => endpoint?.close());

async function refusing(service: ServiceName, status: number, code: string): Promise<Settings> {
  const gate = new Gate({ running: () => undefined, kill: async () => undefined });
  gate.setFaults({ calls: [{ caller: 'LOCALUSER', fault: { status, code, message: 'as planned' } }] });
  const start = service === 'bedrock-runtime' ? listenHttp2 : listen;
  endpoint = await start((_, response) => response.end('reached'), 0, gate.before(service));
  return settings(endpoint.url);
}

test.each(calls)('%s answers %d %s as the SDK knows it', async (service, status, code, call) => {
  const given = await refusing(service, status, code);
  await expect(call(given)).rejects.toMatchObject({
    name: code,
    message: 'as planned',
    $metadata: { httpStatusCode: status },
  });
});

test('an error of HEAD has no body', async () => {
  const given = await refusing('s3', 503, 'SlowDown');
  const answer = new S3Client(given).send(new HeadObjectCommand(object));
  await expect(answer).rejects.toMatchObject({ $metadata: { httpStatusCode: 503 } });
});

test('SQS tells the code in its older spelling too', async () => {
  const { endpoint: url } = await refusing('sqs', 403, 'RequestThrottled');
  const headers = {
    authorization: 'AWS4-HMAC-SHA256 Credential=LOCALUSER/20260101/us-east-1/sqs/aws4_request',
  };
  const response = await fetch(url, { method: 'POST', headers, body: '{}' });
  expect([response.status, response.headers.get('x-amzn-query-error'), await response.json()]).toEqual([
    403,
    'RequestThrottled;Sender',
    { __type: 'com.amazonaws.sqs#RequestThrottled', message: 'as planned' },
  ]);
});
