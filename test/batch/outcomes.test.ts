import fc from 'fast-check';
import {
  addCounts,
  countOutcomes,
  countStatuses,
  type Outcome,
  readOutputLine,
} from '../../src/batch/outcomes.ts';
import type { ModelFamily } from '../../src/models/types.ts';
import cases from '../cases/batch/output-lines.json';

interface Case {
  readonly name: string;
  readonly line: string;
  readonly row?: number;
  readonly answer?: string;
  readonly error?: { readonly code: string; readonly message: string };
  readonly isError?: boolean;
  readonly unusable?: string;
}

const answerOf = (
  response: string,
  inputTokens: number | null = null,
  outputTokens: number | null = null,
) => ({
  response,
  embedding: null,
  stopReason: null,
  inputTokens,
  outputTokens,
});

/** A family whose outputs are `{"text": "…"}`. */
const decode: ModelFamily['decode'] = (output) => {
  const text = (output as { readonly text?: string } | null | undefined)?.text;
  return text === undefined ? { unreadable: `no text in ${JSON.stringify(output)}` } : answerOf(text);
};

function expected({ row, answer, error, isError = false, unusable }: Case) {
  if (unusable !== undefined) return { kind: 'unusable', reason: unusable };
  const outcome =
    error === undefined
      ? { status: 'succeeded', answer: answerOf(answer as string) }
      : { status: 'failed', error };
  return { kind: 'outcome', row, outcome, isError };
}

test.each(cases as readonly Case[])('reads $name', (lineCase) => {
  expect(readOutputLine(lineCase.line, decode)).toEqual(expected(lineCase));
});

test('a line that is cut off anywhere answers no row', () => {
  const line = '{"modelInput":{"a":[1]},"modelOutput":{"text":"é"},"recordId":"R0000000001"}';
  for (let length = 0; length < line.length; length++)
    expect(readOutputLine(line.slice(0, length), decode)).toEqual({
      kind: 'unusable',
      reason: 'not a JSON object',
    });
});

test('a family that throws is a bug, not an unreadable answer', () => {
  const broken = () => {
    throw new TypeError('bug');
  };
  expect(() => readOutputLine('{"recordId":"R0000000001","modelOutput":{}}', broken)).toThrow(TypeError);
});

const outcomes: readonly Outcome[] = [
  { status: 'succeeded', answer: answerOf('a', 3, 5) },
  { status: 'succeeded', answer: answerOf('b', 4, null) },
  { status: 'failed', error: { code: '400', message: 'x' } },
  { status: 'failed', error: { code: '400', message: 'y' } },
  { status: 'missing', error: { code: 'NoAnswer', message: 'z' } },
];

test('counts statuses, codes and tokens', () => {
  expect(countOutcomes(outcomes)).toEqual({
    statuses: { succeeded: 2, failed: 2, missing: 1 },
    error_codes: { '400': 2, NoAnswer: 1 },
    input_tokens: 7,
    output_tokens: 5,
  });
  expect(countStatuses(outcomes.map(({ status }) => status))).toEqual({
    succeeded: 2,
    failed: 2,
    missing: 1,
  });
});

test('the counts of two chunks add up to the counts of both, and neither is changed', () => {
  fc.assert(
    fc.property(fc.subarray([...outcomes]), fc.subarray([...outcomes]), (a, b) => {
      const [countsA, countsB] = [countOutcomes(a), countOutcomes(b)];
      expect(addCounts(countsA, countsB)).toEqual(countOutcomes([...a, ...b]));
      expect(countsA).toEqual(countOutcomes(a));
    }),
  );
});

test('no rows count nothing', () => {
  expect(countOutcomes([])).toEqual({
    statuses: { succeeded: 0, failed: 0, missing: 0 },
    error_codes: {},
    input_tokens: 0,
    output_tokens: 0,
  });
});

// A code that every object has a property of must count as any other does.
test.failing('counts an error code named like a property of every object', () => {
  const outcome: Outcome = { status: 'failed', error: { code: 'constructor', message: '' } };
  const once = countOutcomes([outcome]);
  expect(addCounts(once, once).error_codes).toEqual({ constructor: 2 });
});

// A message that is no string must be shown as JSON, not as "[object Object]".
test.failing('keeps what an error message of another type says', () => {
  const line = '{"recordId":"R0000000001","error":{"errorCode":400,"errorMessage":{"reason":"too long"}}}';
  expect(readOutputLine(line, decode)).toMatchObject({
    outcome: { error: { message: '{"reason":"too long"}' } },
  });
});
