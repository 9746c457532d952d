import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connectModelInvoker } from '../../src/aws/model-invoker.ts';
import type { ModelInvoker } from '../../src/steps/collaborators.ts';

interface Asked {
  readonly url: string | undefined;
  readonly type: string | undefined;
  readonly body: string;
}

/** What the server does with the next request; undefined: nothing, for ever. */
type Reply =
  | { readonly status: number; readonly error?: string; readonly body: string }
  | 'cut off'
  | undefined;

const asked: Asked[] = [];
let reply: Reply;
let server: Server;
let invoker: ModelInvoker;
const former = { ...process.env };

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const type = request.headers['content-type'];
    asked.push({ url: request.url, type, body: Buffer.concat(parts).toString() });
    if (reply === 'cut off') response.destroy();
    else if (reply !== undefined) {
      const { status, error, body } = reply;
      const headers = { 'content-type': 'application/json', ...(error ? { 'x-amzn-errortype': error } : {}) };
      response.writeHead(status, headers).end(body);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'LOCALTEST',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  });
  invoker = connectModelInvoker();
});
beforeEach(() => {
  asked.length = 0;
});
afterAll(async () => {
  process.env = former;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const ask = (signal?: AbortSignal) =>
  invoker.invoke('us.anthropic.claude-haiku-4-5-20251001-v1:0', '{"max_tokens":1.0}', signal);

test('sends the body as it is, and gives back the answer as it came', async () => {
  const body = '{"content":[{"text":"Ä\\u2028 1.0"}],"usage":{"input_tokens":1.0}}';
  reply = { status: 200, body };
  expect(await ask()).toEqual({ body });
  expect(asked).toEqual([
    {
      url: '/model/us.anthropic.claude-haiku-4-5-20251001-v1%3A0/invoke',
      type: 'application/json',
      body: '{"max_tokens":1.0}',
    },
  ]);
});

test.each([
  { status: 400, error: 'ValidationException', retryable: undefined },
  { status: 403, error: 'AccessDeniedException', retryable: undefined },
  { status: 404, error: 'ResourceNotFoundException', retryable: undefined },
  { status: 408, error: 'ModelTimeoutException', retryable: undefined },
  { status: 424, error: 'ModelErrorException', retryable: undefined },
  { status: 429, error: 'ThrottlingException', retryable: true },
  { status: 429, error: 'ModelNotReadyException', retryable: true },
  { status: 500, error: 'InternalServerException', retryable: true },
  { status: 503, error: 'ServiceUnavailableException', retryable: true },
])('$status $error is a value, after one try', async ({ status, error, retryable }) => {
  reply = { status, error, body: '{"message":"why"}' };
  expect(await ask()).toEqual({
    errorCode: status,
    errorMessage: 'why',
    ...(retryable ? { retryable } : {}),
  });
  expect(asked).toHaveLength(1);
});

test('a connection that breaks is a fault that may pass', async () => {
  reply = 'cut off';
  expect(await ask()).toEqual({ errorCode: 503, errorMessage: expect.any(String), retryable: true });
});

test('a request is broken off by its signal', async () => {
  reply = undefined;
  const controller = new AbortController();
  const answer = ask(controller.signal);
  setTimeout(() => controller.abort(), 50);
  await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
});

test('what says nothing of the record is thrown', async () => {
  reply = { status: 200, body: '{}' };
  const { AWS_ACCESS_KEY_ID: id } = process.env;
  process.env['AWS_ACCESS_KEY_ID'] = '';
  process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
  try {
    const { invoke } = connectModelInvoker();
    await expect(invoke('m', '{}')).rejects.toMatchObject({ name: 'CredentialsProviderError' });
  } finally {
    process.env['AWS_ACCESS_KEY_ID'] = id;
  }
});
