import { claude } from '../../../src/models/claude.ts';
import { titanTextEmbeddingsV2 } from '../../../src/models/titan-text-embeddings-v2.ts';
import { completion, FakeOpenAi, HAIKU, TITAN } from './fake-open-ai.ts';

let server: FakeOpenAi;
beforeEach(() => {
  server = new FakeOpenAi();
});
afterEach(() => server.close());

/** One that can be told both how to sample. */
const SONNET = 'us.anthropic.claude-sonnet-4-20250514-v1:0';
const hello = claude.encode('Hello');

describe('Claude', () => {
  it('is asked as chat completions are, and answers in its own shape', async () => {
    server.answer = () => completion('Hi there.');
    expect(await server.asked(HAIKU, hello)).toEqual({
      modelOutput: {
        id: 'chatcmpl-7',
        type: 'message',
        role: 'assistant',
        model: 'llama3.2',
        content: [{ type: 'text', text: 'Hi there.' }],
        stop_reason: 'end_turn',
        stop_sequence: null,
        usage: { input_tokens: 12, output_tokens: 5 },
      },
      tokens: { input: 12, output: 5 },
    });
    expect(server.received.at(-1)).toMatchObject({ method: 'POST', path: '/v1/chat/completions' });
    expect(server.received.at(-1)?.body).toEqual({
      model: 'llama3.2',
      messages: [{ role: 'user', content: 'Hello' }],
      max_tokens: 1024,
    });
  });

  it('sends the system prompt first, every turn, and how to sample', async () => {
    server.answer = () => completion('c');
    const text = (...texts: string[]) => texts.map((each) => ({ type: 'text', text: each }));
    await server.asked(SONNET, {
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 7,
      system: text('Be brief.', 'Be kind.'),
      messages: [
        { role: 'user', content: text('a', 'b') },
        { role: 'assistant', content: 'c' },
        { role: 'user', content: 'd' },
      ],
      ...{ temperature: 0, top_p: 0.5, top_k: 3, stop_sequences: ['END'] },
      metadata: { user_id: 'u' },
      thinking: { type: 'disabled' },
    });
    expect(server.received.at(-1)?.body).toEqual({
      model: 'llama3.2',
      messages: [
        { role: 'system', content: 'Be brief.\nBe kind.' },
        { role: 'user', content: 'a\nb' },
        { role: 'assistant', content: 'c' },
        { role: 'user', content: 'd' },
      ],
      ...{ max_tokens: 7, temperature: 0, top_p: 0.5, top_k: 3, stop: ['END'] },
    });
  });

  it.each([
    ['stop', 'end_turn'],
    ['length', 'max_tokens'],
    ['content_filter', 'refusal'],
    ['eos', 'eos'],
  ])('finish_reason %s is stop_reason %s', async (finishReason, stop_reason) => {
    server.answer = () => completion('x', finishReason);
    expect(await server.asked(HAIKU, hello)).toMatchObject({ modelOutput: { stop_reason } });
  });

  it('of a server that says and counts nothing has no text, and totals all the same', async () => {
    server.answer = () => ({ choices: [{ message: { content: null } }] });
    const given = await server.asked(HAIKU, hello);
    expect(given).toMatchObject({
      modelOutput: { content: [], stop_reason: null, usage: { input_tokens: 2, output_tokens: 0 } },
    });
    if ('error' in given) throw new Error(given.error.errorMessage);
    expect(claude.decode(given.modelOutput)).toMatchObject({ response: '', outputTokens: 0 });
  });

  it('that refuses says so in its text', async () => {
    server.answer = () => ({
      choices: [{ message: { content: null, refusal: 'No.' }, finish_reason: 'stop' }],
    });
    expect(await server.asked(HAIKU, hello)).toMatchObject({ modelOutput: { content: [{ text: 'No.' }] } });
  });

  const content = (...blocks: unknown[]) => ({ ...hello, messages: [{ role: 'user', content: blocks }] });
  it.each([
    [
      content({ type: 'text', text: 'What is this?' }, { type: 'image', source: {} }),
      'messages.0.content.1: a model endpoint is asked text alone, got a block of type image',
    ],
    [content('text'), 'messages.0.content.0: Input should be a valid dictionary'],
    [content({ type: 'text' }), 'messages.0.content.0.text.text: Field required'],
    [{ ...hello, system: 7 }, 'system: Input should be a valid string or list'],
    [{ ...hello, tools: [] }, 'tools: a model endpoint cannot be asked for it'],
    [
      { ...hello, thinking: { type: 'enabled', budget_tokens: 1024 } },
      'thinking: a model endpoint cannot be asked for it',
    ],
  ])('record %# that cannot be asked is refused, and not asked', async (record, errorMessage) => {
    expect(await server.asked(HAIKU, record)).toEqual({ error: { errorCode: 400, errorMessage } });
    expect(server.received.map(({ path }) => path)).toEqual(['/v1/models']);
  });
});

describe('Titan Text Embeddings V2', () => {
  const vector = (length: number, value = 1 / Math.sqrt(length)) => ({
    object: 'list',
    data: [{ object: 'embedding', index: 0, embedding: Array.from({ length }, () => value) }],
    usage: { prompt_tokens: 3, total_tokens: 3 },
  });

  it('is asked as embeddings are, and answers in its own shape', async () => {
    server.answer = () => vector(4, 0.5);
    const embedding = [0.5, 0.5, 0.5, 0.5];
    expect(await server.asked(TITAN, titanTextEmbeddingsV2.encode('cats'))).toEqual({
      modelOutput: { embedding, embeddingsByType: { float: embedding }, inputTextTokenCount: 3 },
      tokens: { input: 3, output: 0 },
    });
    expect(server.received.at(-1)).toMatchObject({ method: 'POST', path: '/v1/embeddings' });
    expect(server.received.at(-1)?.body).toEqual({
      model: 'llama3.2',
      input: 'cats',
      encoding_format: 'float',
    });
  });

  it('is asked for a length, and another one is an error that no other try mends', async () => {
    server.answer = ({ body }) => vector((body as { dimensions: number }).dimensions);
    const given = await server.asked(TITAN, { inputText: 'cats', dimensions: 256 });
    expect(given).toMatchObject({ modelOutput: { inputTextTokenCount: 3 } });
    server.answer = () => vector(768);
    expect(await server.asked(TITAN, { inputText: 'cats', dimensions: 256 })).toEqual({
      error: {
        errorCode: 400,
        errorMessage: 'dimensions: the model endpoint gave a vector of 768 numbers where 256 were asked for',
      },
    });
  });

  it.each([
    [undefined, [0.5, 0.5, 0.5, 0.5]],
    [false, [2, 2, 2, 2]],
  ])('with normalize %s a vector of length 4 becomes %j', async (normalize, embedding) => {
    server.answer = () => vector(4, 2);
    expect(await server.asked(TITAN, { inputText: 'cats', normalize })).toMatchObject({
      modelOutput: { embedding },
    });
  });

  it('in bits cannot be had', async () => {
    expect(await server.asked(TITAN, { inputText: 'cats', embeddingTypes: ['binary'] })).toEqual({
      error: { errorCode: 400, errorMessage: 'embeddingTypes: a model endpoint gives float alone' },
    });
  });
});
