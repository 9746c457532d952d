import { connectModelEndpoint } from '../../../src/local/bedrock/model-endpoint/model-endpoint.ts';
import { simulate } from '../../../src/local/bedrock/simulate.ts';
import { listen } from '../../../src/local/http/listen.ts';
import { LocalAwsError } from '../../../src/local/local-aws-error.ts';
import { claude } from '../../../src/models/claude.ts';
import { type Answer, ask, completion, FakeOpenAi, failing, HAIKU, TITAN } from './fake-open-ai.ts';

let server: FakeOpenAi;
beforeEach(() => {
  server = new FakeOpenAi();
});
afterEach(() => server.close());

const hello = claude.encode('Hello');

describe('what the simulated Bedrock refuses is refused in the same words', () => {
  it.each([
    [HAIKU, { ...hello, anthropic_version: undefined }],
    [HAIKU, { ...hello, max_tokens: 0 }],
    [HAIKU, 'no object'],
    [TITAN, { inputText: '' }],
    ['meta.llama3-8b-instruct-v1:0', {}],
  ])('%s, case %#', async (modelId, modelInput) => {
    const expected = simulate({ modelId, invocationType: 'InvokeModel', modelInput });
    expect(expected).toHaveProperty('error');
    expect(await server.asked(modelId, modelInput)).toEqual(expected);
    expect(server.received).toHaveLength(1);
  });
});

describe('a server that fails makes an error of the record', () => {
  it.each<[string, Answer, number, string]>([
    [
      'a throttle',
      failing(429, { error: { message: 'slow down', type: 'requests' } }),
      429,
      'The model endpoint answered HTTP 429: slow down',
    ],
    [
      'a fault',
      failing(500, { message: 'out\nof memory' }),
      500,
      'The model endpoint answered HTTP 500: out of memory',
    ],
    ['a fault without a word', failing(503, ''), 503, 'The model endpoint answered HTTP 503'],
    ['a refusal', failing(422, 'no such\tfield'), 422, 'The model endpoint answered HTTP 422: no such field'],
    ['a redirect', failing(302, ''), 502, 'The model endpoint answered HTTP 302'],
    ['garbage', () => '<html>', 502, 'The model endpoint answered what is no JSON: <html>'],
  ])('%s', async (_, said, errorCode, errorMessage) => {
    server.answer = said;
    expect(await server.asked(HAIKU, hello)).toEqual({ error: { errorCode, errorMessage } });
  });

  it.each([
    [HAIKU, hello, { choices: [] }, 'choices.0'],
    [HAIKU, hello, { choices: [{ message: { content: 7 } }] }, 'choices.0.message.content'],
    [TITAN, { inputText: 'a' }, { data: [{ embedding: 'AAAA' }] }, 'data.0.embedding'],
  ])('an answer of another shape, case %#', async (modelId, record, said, where) => {
    server.answer = () => said;
    expect(await server.asked(modelId, record)).toEqual({
      error: {
        errorCode: 502,
        errorMessage: expect.stringContaining(`The model endpoint's answer cannot be read: ${where}`),
      },
    });
  });

  it.each<[string, Answer]>([
    ['says nothing', () => undefined],
    ['stops in the middle', (_, response) => void response.write('{"choices":')],
  ])('one that %s in time', async (_, said) => {
    server.answer = said;
    expect(await server.asked(HAIKU, hello, { timeoutMs: 100 })).toEqual({
      error: { errorCode: 408, errorMessage: 'The model endpoint did not answer within 0.1 s' },
    });
  });

  it('one that breaks off', async () => {
    server.answer = (_, response) => void response.destroy();
    expect(await server.asked(HAIKU, hello)).toEqual({
      error: {
        errorCode: 503,
        errorMessage: expect.stringMatching(/^The model endpoint could not be reached: \S/),
      },
    });
  });
});

test('a service that is closing breaks off what is under way', async () => {
  const { backEnd } = await server.connected();
  const closing = new AbortController();
  server.answer = () => closing.abort(new Error('closing'));
  await expect(ask(backEnd, HAIKU, hello, closing.signal)).rejects.toThrow('closing');
  await expect(ask(backEnd, HAIKU, hello, closing.signal)).rejects.toThrow('closing');
  expect(server.received).toHaveLength(2);
});

test('no more requests are under way than may be, and each is answered', async () => {
  const { backEnd } = await server.connected({ concurrency: 3 });
  let [underWay, most] = [0, 0];
  server.answer = async ({ body }, response) => {
    most = Math.max(most, ++underWay);
    await new Promise((resolve) => setTimeout(resolve, 5));
    underWay--;
    const [{ content }] = (body as { messages: [{ content: string }] }).messages;
    // A request that fails gives its turn back too.
    if (content.endsWith('5')) response.statusCode = 500;
    return completion(content);
  };
  const prompts = Array.from({ length: 20 }, (_, i) => `prompt ${i}`);
  const answers = await Promise.all(prompts.map((prompt) => ask(backEnd, HAIKU, claude.encode(prompt))));
  expect(most).toBe(3);
  for (const [i, given] of answers.entries()) {
    const text = { modelOutput: { content: [{ text: prompts[i] }] } };
    expect(given).toMatchObject(i % 10 === 5 ? { error: { errorCode: 500 } } : text);
  }
});

test.each([0, 1.5, -1, Number.NaN])('%d requests at a time cannot be asked for', async (concurrency) => {
  await expect(server.connected({ concurrency })).rejects.toEqual(
    new LocalAwsError(
      `Cannot start the run: --model-endpoint-concurrency must be a whole number from 1, got ${concurrency}.`,
    ),
  );
  expect(server.received).toEqual([]);
});

describe('the API key', () => {
  it('is sent with every request, and never told', async () => {
    server.answer = failing(401, { error: { message: 'Incorrect API key provided: sk-secret.' } });
    expect(await server.asked(HAIKU, hello, { apiKey: 'sk-secret' })).toEqual({
      error: {
        errorCode: 401,
        errorMessage: 'The model endpoint answered HTTP 401: Incorrect API key provided: ***.',
      },
    });
    expect(server.received.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer sk-secret',
      'Bearer sk-secret',
    ]);
  });

  it.each([undefined, ''])('%j is not sent', async (apiKey) => {
    await server.connected({ apiKey });
    expect(server.received[0]?.headers.authorization).toBeUndefined();
  });
});

describe('the endpoint', () => {
  it('answers by the first model that it lists, or by the one that is named', async () => {
    expect((await server.connected()).model).toBe('llama3.2');
    server.list = () => ({ data: [] });
    expect((await server.connected({ model: 'qwen3' })).model).toBe('qwen3');
    server.answer = () => completion('x');
    const given = await server.asked(HAIKU, hello, { model: 'qwen3', url: `${await server.url()}/` });
    expect(given).toMatchObject({ modelOutput: { model: 'qwen3' } });
    expect(server.received.at(-1)).toMatchObject({ path: '/v1/chat/completions', body: { model: 'qwen3' } });
  });

  const noListing = '--model-endpoint must be the base URL of a server that lists its models at /models';
  it.each<[string, Answer, string]>([
    [
      'lists none',
      () => ({ data: [] }),
      '--model-endpoint-model must name a model, for the server lists none',
    ],
    ['has no such page', failing(404, 'not found'), `${noListing}; <url> answered HTTP 404: not found`],
    ['answers a web page', () => '<html>', `${noListing}; <url> answered what is no JSON: <html>`],
  ])('that %s is refused', async (_, said, why) => {
    server.list = said;
    const sentence = `Cannot start the run: ${why.replace('<url>', await server.url())}.`;
    await expect(server.connected()).rejects.toEqual(new LocalAwsError(sentence));
  });

  it('that cannot be reached, or hangs, is refused even when its model is named', async () => {
    server.list = () => undefined;
    await expect(server.connected({ timeoutMs: 50, model: 'qwen3' })).rejects.toThrow(
      'did not answer within 0.05 s.',
    );
    const gone = await listen(() => undefined);
    await gone.close();
    const refused = connectModelEndpoint({ url: `${gone.url}/v1`, model: 'qwen3' });
    await expect(refused).rejects.toThrow(
      /^Cannot start the run: .*; http:\/\/127\.0\.0\.1:\d+\/v1 could not be reached: .*ECONNREFUSED.*\.$/,
    );
  });

  it.each(['localhost:11434/v1', 'ftp://h/v1', 'http://u:p@h/v1', 'http://h/v1?a=b', ''])(
    'cannot be %j',
    async (url) => {
      const sentence =
        'Cannot start the run: --model-endpoint must be the base URL of an OpenAI-compatible server';
      await expect(connectModelEndpoint({ url })).rejects.toThrow(sentence);
    },
  );
});
