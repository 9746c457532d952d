import { readOutputLine } from '../../src/batch/outcomes.ts';
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

const answerOf = (response: string) => ({
  response,
  embedding: null,
  stopReason: null,
  inputTokens: null,
  outputTokens: null,
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

const table = cases as readonly Case[];
const expectLine = (lineCase: Case) =>
  expect(readOutputLine(lineCase.line, decode)).toEqual(expected(lineCase));

test.each(table)('reads $name', expectLine);

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
