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

const sound = claude.encode('Hi');
const content = (content: unknown) => ({ ...sound, messages: [{ role: 'user', content }] });

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

  it.each([
    'us.anthropic.claude-sonnet-4-20250514-v1:0',
    'anthropic.claude-3-haiku-20240307-v1:0',
    'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-3-7-sonnet-20250219-v1:0',
  ])('lets %s be told both how to sample', (modelId) => {
    expect(invoke(modelId, { ...sound, temperature: 0, top_p: 1 })).toHaveProperty('modelOutput');
  });

  it('takes every field that it has', () => {
    const whole = {
      ...{
        ...sound,
        system: [{ type: 'text', text: 'x' }],
        temperature: 0.5,
        top_k: 5,
        stop_sequences: ['x'],
      },
      ...{ metadata: { user_id: 'u' }, thinking: { type: 'disabled' }, anthropic_beta: ['a'] },
    };
    expect(invoke(HAIKU, whole)).toHaveProperty('modelOutput');
    expect(invoke(HAIKU, content([{ type: 'image', source: { type: 'base64' } }]))).toHaveProperty(
      'modelOutput',
    );
  });

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
    [{ ...sound, anthropic_version: 1 }, 'anthropic_version: Input should be a valid string'],
    [{ ...sound, max_tokens: 0 }, 'max_tokens: Input should be greater than or equal to 1'],
    [{ ...sound, messages: 'Hi' }, 'messages: Input should be a valid list'],
    [{ ...sound, messages: ['Hi'] }, 'messages.0: Input should be a valid dictionary'],
    [{ ...sound, messages: [{ content: 'Hi' }] }, 'messages.0.role: Field required'],
    [content(5), 'messages.0.content: Input should be a valid string or list'],
    [content(['Hi']), 'messages.0.content.0: Input should be a valid dictionary'],
    [content([{ text: 'Hi' }]), 'messages.0.content.0.type: Field required'],
    [content([{ type: 'text' }]), 'messages.0.content.0.text.text: Field required'],
    [content([{ type: 'text', text: 5 }]), 'messages.0.content.0.text.text: Input should be a valid string'],
    [content([{ type: 'image' }]), 'messages.0.content.0.image.source: Field required'],
    [
      content([{ type: 'image_url' }]),
      "messages.0.content.0: Input tag 'image_url' found using 'type' does not match any of the expected tags: 'document', 'image', 'redacted_thinking', 'search_result', 'text', 'thinking', 'tool_result', 'tool_use'",
    ],
    [{ ...sound, system: null }, 'system: Input should be a valid string or list'],
    [{ ...sound, system: [{ text: 'x' }] }, "system.0.type: Input should be 'text'"],
    [{ ...sound, temperature: '0' }, 'temperature: Input should be a valid number'],
    [{ ...sound, temperature: 1.1 }, 'temperature: Input should be less than or equal to 1'],
    [{ ...sound, top_p: -0.1 }, 'top_p: Input should be greater than or equal to 0'],
    [{ ...sound, top_k: 0.5 }, 'top_k: Input should be a valid integer'],
    [{ ...sound, stop_sequences: 'END' }, 'stop_sequences: Input should be a valid list'],
    [{ ...sound, stop_sequences: [1] }, 'stop_sequences.0: Input should be a valid string'],
    [{ ...sound, tools: {} }, 'tools: Input should be a valid list'],
    [
      { ...sound, temperature: 0, top_p: 1 },
      '`temperature` and `top_p` cannot both be specified for this model. Please use only one.',
    ],
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
});
