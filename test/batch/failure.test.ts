import { sentenceOf } from '../../src/batch/failure.ts';

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
  [{ error: 'E', cause: '{curly} braces' }, 'E: {curly} braces'],
])('%j reads %s', (failure, sentence) => {
  expect(sentenceOf(failure)).toBe(sentence);
});
