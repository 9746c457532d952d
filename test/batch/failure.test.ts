import { messageOf, sentenceOf } from '../../src/batch/failure.ts';

test.each([
  [{}, 'Unknown'],
  [{ error: 'States.Timeout' }, 'States.Timeout'],
  [{ error: 'States.Timeout', cause: '' }, 'States.Timeout'],
  [{ error: 'E', cause: 'why' }, 'E: why'],
  [{ cause: 'why' }, 'Unknown: why'],
  [{ error: 'E', cause: '{"errorType":"E","errorMessage":"why","trace":["at x"]}' }, 'E: why'],
  [{ error: 'E', cause: '{"errorMessage":""}' }, 'E'],
  [{ error: 'E', cause: '{"message":"why"}' }, 'E: {"message":"why"}'],
  [{ error: 'E', cause: '{"errorMessage":{"a":1}}' }, 'E: {"errorMessage":{"a":1}}'],
  [{ error: 'E', cause: '{"errorMessage":"cut o' }, 'E: {"errorMessage":"cut o'],
  // Step Functions cuts a long cause, mostly in its trace.
  [{ error: 'E', cause: '{"errorType":"E","errorMessage":"why","trace":["at x (/var/ta' }, 'E: why'],
  [
    { error: 'E', cause: '{"errorType": "E", "errorMessage": "a \\"b\\" \\\\ \\u00e9\\n", "tr' },
    'E: a "b" \\ é\n',
  ],
  [{ error: 'E', cause: '{"errorMessage":"cut behind a \\' }, 'E: {"errorMessage":"cut behind a \\'],
  [{ error: 'E', cause: '{curly} braces' }, 'E: {curly} braces'],
])('%j reads %s', (failure, sentence) => {
  expect(sentenceOf(failure)).toBe(sentence);
});

test('a sentence has at most 500 characters and a sign that there were more', () => {
  expect(sentenceOf({ error: 'E', cause: 'x'.repeat(497) })).toBe(`E: ${'x'.repeat(497)}`);
  expect(sentenceOf({ error: 'E', cause: 'x'.repeat(498) })).toBe(`E: ${'x'.repeat(497)}…`);
  const cause = JSON.stringify({ errorMessage: 'y'.repeat(32_000), trace: ['at x'] });
  expect(sentenceOf({ error: 'E', cause })).toBe(`E: ${'y'.repeat(497)}…`);
  // Each half of a long cause is cut off somewhere, and neither is an error.
  expect(sentenceOf({ error: 'E', cause: cause.slice(0, 20_000) })).toHaveLength(501);
});

test('a message is whole, however long', () => {
  const errorMessage = 'z'.repeat(10_000);
  expect(messageOf(JSON.stringify({ errorMessage, trace: [] }))).toBe(errorMessage);
  expect(messageOf('no JSON')).toBe('no JSON');
});

// A cause may be any text: what only looks like Lambda's JSON must be shown, not break the step that tells of it.
test.each(['{"errorMessage":"a\nb"}', '{"errorMessage":"C:\\Users"}'])('%j is shown as it is', (cause) => {
  expect(messageOf(cause)).toBe(cause);
});
