import { InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import { claude } from '../../../src/models/claude.ts';
import { BedrockSuite, HAIKU, TITAN } from './suite.ts';

const suite = BedrockSuite.forTests();
const question = claude.encode('Answer with one word: is water wet?');

async function invoke(modelId: string, body: unknown): Promise<unknown> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await suite.runtime.send(new InvokeModelCommand({ modelId, body: text }));
  expect(answer.contentType).toBe('application/json');
  return JSON.parse(answer.body.transformToString());
}

describe('InvokeModel', () => {
  it('answers a question', async () => {
    expect(await invoke(HAIKU, question)).toMatchObject({
      ...{ type: 'message', role: 'assistant', content: [{ type: 'text', text: expect.any(String) }] },
      stop_reason: expect.stringMatching(/^(end_turn|max_tokens)$/),
      usage: { input_tokens: expect.any(Number), output_tokens: expect.any(Number) },
    });
  });

  it.each([256, 512, 1024])('embeds in %d dimensions', async (dimensions) => {
    const { embedding, inputTextTokenCount } = (await invoke(TITAN, {
      ...{ inputText: 'text', dimensions, normalize: true },
    })) as { readonly embedding: number[]; readonly inputTextTokenCount: number };
    expect(embedding).toHaveLength(dimensions);
    expect(Math.hypot(...embedding)).toBeCloseTo(1, 3);
    expect(inputTextTokenCount).toBeGreaterThan(0);
  });
});

it.each([
  ['a body without a required field', HAIKU, { max_tokens: 1 }, 'ValidationException', 400],
  ['a body that is not JSON', HAIKU, '{', 'ValidationException', 400],
  ['no text', TITAN, { inputText: '' }, 'ValidationException', 400],
  ['a model id of another form', 'claude haiku', question, 'ValidationException', 400],
  ['a model without its profile', HAIKU.slice(3), question, 'ValidationException', 400],
  ['a profile that there is not', `us.${TITAN}`, question, 'ValidationException', 400],
])('InvokeModel refuses %s', async (_, modelId, body, name, httpStatusCode) => {
  await expect(invoke(modelId, body)).rejects.toMatchObject({ name, $metadata: { httpStatusCode } });
});
