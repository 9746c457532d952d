import type { RecordAnswer } from '../../../src/local/bedrock/answer-back-end.ts';
import { simulate } from '../../../src/local/bedrock/simulate.ts';
import { claude } from '../../../src/models/claude.ts';
import { titanTextEmbeddingsV2 } from '../../../src/models/titan-text-embeddings-v2.ts';

const HAIKU = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
const TITAN = 'amazon.titan-embed-text-v2:0';

function invoke(modelId: string, modelInput: unknown): RecordAnswer {
  return simulate({ modelId, invocationType: 'InvokeModel', modelInput });
}

function outputOf(answer: RecordAnswer): Record<string, unknown> {
  if ('error' in answer) throw new Error(answer.error.errorMessage);
  return answer.modelOutput as Record<string, unknown>;
}

describe('Claude', () => {
  it('answers in the shape of the Messages API, quoting the prompt', () => {
    const output = outputOf(invoke(HAIKU, claude.encode('Tell a joke about cats.')));
    expect(output).toEqual({
      model: 'claude-haiku-4-5-20251001',
      id: expect.stringMatching(/^msg_bdrk_01[A-Za-z0-9]{22}$/),
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text: expect.stringMatching(/^\[simulated\] .*Tell a joke about cats\.$/) }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 6, output_tokens: expect.any(Number) },
    });
  });

  it('is read by the family that encoded the record', () => {
    expect(claude.decode(outputOf(invoke(HAIKU, claude.encode('Hi'))))).toMatchObject({
      response: expect.stringContaining('[simulated]'),
      stopReason: 'end_turn',
    });
  });

  it('answers the same record alike, and prompts that only begin alike differently', () => {
    const long = 'x'.repeat(10_000);
    const [a, again, b] = ['a', 'a', 'b'].map((end) => invoke(HAIKU, claude.encode(long + end)));
    expect(again).toEqual(a);
    expect(b).not.toEqual(a);
  });

  it('does not cut a character in two', () => {
    const output = outputOf(invoke(HAIKU, claude.encode('😀'.repeat(500))));
    expect(JSON.stringify(output)).not.toMatch(/\\ud[89a-f]/);
  });

  const sound = claude.encode('Hi');
  it.each([
    [{ ...sound, anthropic_version: undefined }, 'anthropic_version: Field required'],
    [{ ...sound, max_tokens: undefined }, 'max_tokens: Field required'],
    [{ ...sound, messages: undefined }, 'messages: Field required'],
    [{ ...sound, modelId: HAIKU }, 'modelId: Extra inputs are not permitted'],
    [{ ...sound, stream: true }, 'stream: Extra inputs are not permitted'],
    [{ ...sound, max_tokens: 'many' }, 'max_tokens: Input should be a valid integer'],
    [{ ...sound, messages: [] }, 'messages: at least one message is required'],
    [{ ...sound, messages: [{ role: 'user' }] }, 'messages.0.content: Field required'],
    [
      { ...sound, messages: [{ role: 'system', content: 'x' }] },
      "messages.0.role: Input should be 'user' or 'assistant'",
    ],
    [claude.encode(''), 'messages: text content blocks must be non-empty'],
    ['text', 'modelInput: Input should be a valid dictionary'],
  ])('refuses %j', (modelInput, errorMessage) => {
    expect(invoke(HAIKU, modelInput)).toEqual({ error: { errorCode: 400, errorMessage } });
  });
});

describe('Titan Text Embeddings V2', () => {
  const normOf = (vector: readonly number[]) => Math.hypot(...vector);

  it('answers 1,024 floats of unit length', () => {
    const output = outputOf(invoke(TITAN, titanTextEmbeddingsV2.encode('some text')));
    expect(output).toEqual({
      embedding: expect.any(Array),
      embeddingsByType: { float: output['embedding'] },
      inputTextTokenCount: 3,
    });
    expect(output['embedding']).toHaveLength(1024);
    expect(normOf(output['embedding'] as number[])).toBeCloseTo(1, 5);
  });

  it('gives one text one vector', () => {
    const [a, again, b] = ['a', 'a', 'b'].map((text) => invoke(TITAN, { inputText: text }));
    expect(again).toEqual(a);
    expect(b).not.toEqual(a);
  });

  it('takes dimensions, normalize and embeddingTypes', () => {
    const options = { dimensions: 256, normalize: false, embeddingTypes: ['binary'] };
    const output = outputOf(invoke(TITAN, { inputText: 'a', ...options }));
    expect(output['embedding']).toBeUndefined();
    expect(output['embeddingsByType']).toEqual({ binary: expect.any(Array) });
    const raw = outputOf(invoke(TITAN, { inputText: 'a', dimensions: 256, normalize: false }));
    expect(normOf(raw['embedding'] as number[])).toBeGreaterThan(2);
  });

  it.each([
    [{}, '#: required key [inputText] not found'],
    [{ inputText: 'a', modelId: TITAN }, '#: extraneous key [modelId] is not permitted'],
    [{ inputText: 5 }, '#/inputText: expected type: String'],
    [{ inputText: '' }, '#/inputText: expected minLength: 1, actual: 0'],
    [{ inputText: 'a'.repeat(50_001) }, '#/inputText: expected maxLength: 50000, actual: 50001'],
    [{ inputText: 'a', dimensions: 300 }, '#/dimensions: 300 is not a valid enum value'],
    [{ inputText: 'a', embeddingTypes: ['int8'] }, '#/embeddingTypes/0: int8 is not a valid enum value'],
  ])('refuses %p', (modelInput, fault) => {
    const errorMessage = `Malformed input request: ${fault}, please reformat your input and try again.`;
    expect(invoke(TITAN, modelInput)).toEqual({ error: { errorCode: 400, errorMessage } });
  });
});

it('says so when there is no simulator', () => {
  expect(invoke('amazon.nova-lite-v1:0', {})).toMatchObject({
    error: { errorMessage: expect.stringContaining('no simulator') },
  });
  expect(simulate({ modelId: HAIKU, invocationType: 'Converse', modelInput: {} })).toMatchObject({
    error: { errorMessage: expect.stringContaining('Converse') },
  });
});
