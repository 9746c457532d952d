import {
  BedrockRuntimeClient,
  ConverseStreamCommand,
  InvokeModelCommand,
  ThrottlingException,
} from '@aws-sdk/client-bedrock-runtime';
import {
  type BedrockRuntimeOptions,
  startBedrockRuntime,
} from '../../../src/local/bedrock/runtime-server.ts';
import { simulate } from '../../../src/local/bedrock/simulate.ts';
import { realClock } from '../../../src/local/clock.ts';
import { claude } from '../../../src/models/claude.ts';
import { HAIKU, TITAN } from './harness.ts';

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function runtime(options: Partial<BedrockRuntimeOptions> = {}) {
  const server = await startBedrockRuntime({ clock: realClock, ...options });
  const credentials = { accessKeyId: 'TEST', secretAccessKey: 'x' };
  const settings = { endpoint: server.url, region: 'us-east-1', credentials };
  const client = new BedrockRuntimeClient({ ...settings, maxAttempts: 1 });
  closers.push(() => client.destroy(), server.close);
  return { client, server, settings };
}

const question = claude.encode('Why?');
const command = (modelId: string, body: unknown) =>
  new InvokeModelCommand({ modelId, body: typeof body === 'string' ? body : JSON.stringify(body) });

describe('InvokeModel', () => {
  it.each([
    ['a profile', HAIKU, question],
    ["a profile's ARN", `arn:aws:bedrock:us-east-1:123456789012:inference-profile/${HAIKU}`, question],
    ['a foundation model', TITAN, { inputText: 'text', dimensions: 256 }],
    [
      "a foundation model's ARN",
      `arn:aws:bedrock:us-east-1::foundation-model/${TITAN}`,
      { inputText: 'text' },
    ],
  ])('answers by %s as a batch job answers the record', async (_, modelId, body) => {
    const { client } = await runtime();
    const answer = await client.send(command(modelId, body));
    const record = simulate({ modelId, invocationType: 'InvokeModel', modelInput: body });
    expect(answer.contentType).toBe('application/json');
    expect(JSON.parse(answer.body.transformToString())).toEqual(
      JSON.parse(JSON.stringify('modelOutput' in record && record.modelOutput)),
    );
  });

  it('speaks HTTP/1.1 as well, for clients that ask for it', async () => {
    const { server } = await runtime();
    const response = await fetch(`${server.url}/model/${encodeURIComponent(HAIKU)}/invoke`, {
      method: 'POST',
      body: JSON.stringify(question),
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ type: 'message', stop_reason: 'end_turn' });
  });

  it('gives the back end what it was given', async () => {
    const requests: unknown[] = [];
    const { client } = await runtime({
      backEnd: {
        answer: async (request) => {
          requests.push(request);
          return { modelOutput: { said: true }, tokens: { input: 1, output: 1 } };
        },
      },
    });
    const answer = await client.send(command(HAIKU, { any: 'thing' }));
    expect(answer.body.transformToString()).toBe('{"said":true}');
    expect(requests).toEqual([
      { modelId: HAIKU, invocationType: 'InvokeModel', modelInput: { any: 'thing' } },
    ]);
  });
});

describe('InvokeModel refuses', () => {
  const NOT_FOUND = 'Could not resolve the foundation model from the provided model identifier.';
  it.each([
    ['a body without a required field', HAIKU, { max_tokens: 1 }, 400, 'anthropic_version: Field required'],
    ['a body that is not JSON', HAIKU, '{', 400, 'Malformed input request, please reformat your input'],
    ['no body', HAIKU, '', 400, 'Input should be a valid dictionary'],
    ['text that is too long', TITAN, { inputText: '' }, 400, '#/inputText: expected minLength: 1'],
    [
      'a model id of another form',
      'claude haiku',
      question,
      400,
      "at 'modelId' failed to satisfy constraint",
    ],
    [
      'a model without its profile',
      HAIKU.slice(3),
      question,
      400,
      'with on-demand throughput isn’t supported',
    ],
    [
      'a profile that there is not',
      `us.${TITAN}`,
      question,
      400,
      'The provided model identifier is invalid.',
    ],
    ['an unknown model', 'acme.model-v1:0', question, 404, NOT_FOUND],
  ])('%s', async (_, modelId, body, httpStatusCode, message) => {
    const { client } = await runtime();
    const name = httpStatusCode === 404 ? 'ResourceNotFoundException' : 'ValidationException';
    await expect(client.send(command(modelId, body))).rejects.toMatchObject({
      name,
      message: expect.stringContaining(message),
      $metadata: { httpStatusCode },
    });
  });

  it('a body larger than any model takes, by either protocol', async () => {
    const { client, server } = await runtime();
    const body = `"${'x'.repeat(25_000_000)}"`;
    await expect(client.send(command(HAIKU, body))).rejects.toMatchObject({ name: 'ValidationException' });
    const response = await fetch(`${server.url}/model/${HAIKU}/invoke`, { method: 'POST', body });
    expect(await response.json()).toEqual({ message: expect.stringContaining('larger than 25000000 bytes') });
  });

  it('other operations', async () => {
    const { client } = await runtime();
    const answer = client.send(new ConverseStreamCommand({ modelId: HAIKU, messages: [] }));
    await expect(answer).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: expect.stringContaining('/converse-stream'),
    });
  });
});

describe('faults', () => {
  const outcomes = async (client: BedrockRuntimeClient, count: number) => {
    const names: string[] = [];
    for (let n = 0; n < count; n++) {
      const answer = client.send(command(HAIKU, question));
      names.push(
        await answer.then(
          () => 'ok',
          ({ name }: Error) => name,
        ),
      );
    }
    return names;
  };

  it('throttles more than so many at a time', async () => {
    const { client } = await runtime({ invocations: { maxConcurrent: 2, latencyMs: 100 } });
    const answers = await Promise.allSettled(
      Array.from({ length: 5 }, () => client.send(command(HAIKU, question))),
    );
    const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
    expect(refused).toHaveLength(3);
    for (const reason of refused) {
      expect(reason).toBeInstanceOf(ThrottlingException);
      expect(reason).toMatchObject({ $metadata: { httpStatusCode: 429 } });
    }
    expect(await outcomes(client, 2)).toEqual(['ok', 'ok']);
  });

  it('throttles and fails every so many', async () => {
    const { client } = await runtime({ invocations: { throttleEvery: 2, failEvery: 3 } });
    expect(await outcomes(client, 6)).toEqual([
      ...['ok', 'ThrottlingException', 'InternalServerException'],
      ...['ThrottlingException', 'ok', 'ThrottlingException'],
    ]);
  });

  it.each([
    ['ServiceUnavailableException', 503],
    ['ModelTimeoutException', 408],
    ['ModelErrorException', 424],
  ] as const)('fails with %s', async (failWith, httpStatusCode) => {
    const { client } = await runtime({ invocations: { failEvery: 1, failWith } });
    await expect(client.send(command(HAIKU, question))).rejects.toMatchObject({
      name: failWith,
      $metadata: { httpStatusCode },
    });
  });

  it('is retried by the SDK as a throttle of AWS is', async () => {
    const { settings } = await runtime({ invocations: { throttleEvery: 2 } });
    const client = new BedrockRuntimeClient({ ...settings, maxAttempts: 3 });
    closers.unshift(() => client.destroy());
    expect(await outcomes(client, 3)).toEqual(['ok', 'ok', 'ok']);
  });

  it('refuses options that count nothing', async () => {
    await expect(runtime({ invocations: { failEvery: 0 } })).rejects.toThrow('failEvery must be a positive');
  });
});

it('closes while invocations are waited for', async () => {
  const { client, server } = await runtime({ invocations: { latencyMs: 3_600_000 } });
  const answer = client.send(command(HAIKU, question)).catch((error: Error) => error.name);
  await realClock.sleep(50);
  await server.close();
  closers.splice(1);
  expect(await answer).not.toBe('ok');
});
