import { titanTextEmbeddingsV2 as titan } from '../../src/models/titan-text-embeddings-v2.ts';
import { isUnreadable } from '../../src/models/types.ts';

test.each(['a text', '', 'é 東京 🚀\n'])('asks for the vector of %j', (text) => {
  expect(titan.encode(text)).toEqual({ inputText: text });
});

test('reads a vector as 32-bit floats, with its tokens', () => {
  const embedding = Array.from({ length: 1024 }, (_, i) => (i % 2 === 0 ? -1 : 1) / (i + 1));
  expect(titan.decode({ embedding, embeddingsByType: { float: embedding }, inputTextTokenCount: 9 })).toEqual(
    {
      response: null,
      embedding: Float32Array.from(embedding),
      stopReason: null,
      inputTokens: 9,
      outputTokens: null,
    },
  );
});

test('reads a vector as the doubles that JSON.parse makes of it, where that is asked for', () => {
  const { embedding } = JSON.parse('{"embedding":[0.1,1e-320,-0,1.7976931348623157e308,9007199254740993]}');
  const decoded = titan.decode({ embedding, inputTextTokenCount: 9 }, 'float64');
  expect(decoded).toMatchObject({ embedding: Float64Array.from(embedding), inputTokens: 9 });
});

test.each([
  ['no count', { embedding: [1] }, null],
  ['a null count', { embedding: [1], inputTextTokenCount: null }, null],
  ['a count of zero', { embedding: [1], inputTextTokenCount: 0 }, 0],
])('with %s of tokens', (_, output, inputTokens) => {
  expect(titan.decode(output)).toMatchObject({ inputTokens, embedding: Float32Array.of(1) });
});

test.each([
  ['nothing', undefined],
  ['null', null],
  ['no vector', { inputTextTokenCount: 3 }],
  ['an empty vector', { embedding: [] }],
  ['a null vector', { embedding: null }],
  ['a null in the vector', { embedding: [0.1, null] }],
  ['text in the vector', { embedding: ['0.1'] }],
  ['a vector for binary alone', { embeddingsByType: { binary: [0, 1] }, inputTextTokenCount: 3 }],
  ["another family's answer", { content: [{ type: 'text', text: 'hi' }] }],
])('says that %s is not its output', (_, output) => {
  const decoded = titan.decode(output);
  expect(isUnreadable(decoded) && decoded.unreadable).toMatch(/\w/);
});
