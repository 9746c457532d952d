import { claude } from '../../src/models/claude.ts';
import { isUnreadable } from '../../src/models/types.ts';

const usage = { input_tokens: 11, output_tokens: 22 };
const text = (value: string) => ({ type: 'text', text: value });
const answer = (response: string, rest: object = {}) => ({
  response,
  embedding: null,
  stopReason: 'end_turn',
  inputTokens: 11,
  outputTokens: 22,
  ...rest,
});

test.each(['Tell a joke.', '', 'é 東京 🚀\u2028"\\\n'])(
  'asks %j as a Messages body, without model or stream',
  (prompt) => {
    expect(claude.encode(prompt)).toEqual({
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 1024,
      messages: [{ role: 'user', content: [{ type: 'text', text: prompt }] }],
    });
  },
);

test.each([
  ['one block', { content: [text('hi')], stop_reason: 'end_turn', usage }, answer('hi')],
  ['several blocks', { content: [text('a'), text('b')], stop_reason: 'end_turn', usage }, answer('ab')],
  [
    'a thinking block',
    {
      content: [{ type: 'thinking', thinking: 'hm', signature: 's' }, text('hi')],
      stop_reason: 'end_turn',
      usage,
    },
    answer('hi'),
  ],
  [
    'a block of another type that has text',
    { content: [{ type: 'redacted', text: 'secret' }, text('hi')], stop_reason: 'end_turn', usage },
    answer('hi'),
  ],
  ['a text block without text', { content: [{ type: 'text' }], stop_reason: 'end_turn', usage }, answer('')],
  [
    'a refusal without blocks',
    { content: [], stop_reason: 'refusal', usage },
    answer('', { stopReason: 'refusal' }),
  ],
  [
    'empty text',
    { content: [text('')], stop_reason: 'max_tokens', usage },
    answer('', { stopReason: 'max_tokens' }),
  ],
  [
    'no usage and no stop reason',
    { content: [text('hi')] },
    answer('hi', { stopReason: null, inputTokens: null, outputTokens: null }),
  ],
  [
    'null usage and stop reason',
    { content: [text('hi')], stop_reason: null, usage: null },
    answer('hi', { stopReason: null, inputTokens: null, outputTokens: null }),
  ],
  [
    'no tokens at all, which is not unknown',
    { content: [text('')], stop_reason: 'end_turn', usage: { input_tokens: 0, output_tokens: 0 } },
    answer('', { inputTokens: 0, outputTokens: 0 }),
  ],
  [
    'fields that it does not know',
    {
      id: 'msg_bdrk_1',
      role: 'assistant',
      content: [text('hi')],
      stop_reason: 'end_turn',
      usage: { ...usage, cache_read_input_tokens: 0 },
    },
    answer('hi'),
  ],
])('reads %s', (_, output, expected) => {
  expect(claude.decode(output)).toEqual(expected);
});

test.each([
  ['nothing', undefined],
  ['null', null],
  ['text', 'hi'],
  ['a list', []],
  ['no content', { stop_reason: 'end_turn', usage }],
  ['content that is text', { content: 'hi' }],
  ['a block that is text', { content: ['hi'] }],
  ['a block without a type', { content: [{ text: 'hi' }] }],
  ['text that is a number', { content: [{ type: 'text', text: 7 }] }],
  ['usage of another shape', { content: [text('hi')], usage: { inputTokens: 1, outputTokens: 2 } }],
  ["another family's answer", { embedding: [0.1], inputTextTokenCount: 3 }],
])('says that %s is not its output', (_, output) => {
  const decoded = claude.decode(output);
  expect(isUnreadable(decoded) && decoded.unreadable).toMatch(/\w/);
});
