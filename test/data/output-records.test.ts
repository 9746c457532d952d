import fc from 'fast-check';
import { type OutputLine, readOutputLine } from '../../src/batch/outcomes.ts';
import { OutputReader } from '../../src/data/output-records.ts';
import { claude } from '../../src/models/claude.ts';
import { titanTextEmbeddingsV2 as titan } from '../../src/models/titan-text-embeddings-v2.ts';
import type { EmbeddingPrecision, ModelFamily } from '../../src/models/types.ts';
import cases from '../cases/batch/output-lines.json';
import { corrupted, jsonArray, jsonNumber, jsonOf, jsonString, jsonText } from '../models/json-texts.ts';

/** What a reader makes of a file's lines, an extracted answer as the value that it stands for. */
function read(family: ModelFamily, file: Buffer, precision?: EmbeddingPrecision): OutputLine[] {
  const reader = new OutputReader(family, precision);
  return Array.from(reader.records(file), (record) => {
    if (record.kind !== 'extracted') return record;
    const { length, stopReason, inputTokens, outputTokens } = record.answer;
    const { bytes, floats } = reader.scratch;
    const isText = family.answers === 'response';
    const answer = {
      response: isText ? Buffer.from(bytes.subarray(0, length)).toString() : null,
      embedding: isText ? null : floats.slice(0, length / 4),
      stopReason,
      inputTokens,
      outputTokens,
    };
    return { kind: 'outcome', row: record.row, outcome: { status: 'succeeded', answer }, isError: false };
  });
}

const plain = (family: ModelFamily, line: Buffer, precision?: EmbeddingPrecision) =>
  readOutputLine(line.toString('utf8'), (output) => family.decode(output, precision));
const isExtracted = (family: ModelFamily, line: string, precision?: EmbeddingPrecision) =>
  [...new OutputReader(family, precision).records(Buffer.from(`${line}\n`))].every(
    ({ kind }) => kind === 'extracted',
  );

const count = fc.oneof({ weight: 9, arbitrary: fc.nat({ max: 100_000 }).map(String) }, jsonNumber);
const block = fc.oneof(
  {
    weight: 4,
    arbitrary: jsonOf({ type: fc.constantFrom('"text"', '"text"', '"thinking"'), text: jsonString }),
  },
  fc.constant('{"type":"tool_use","input":{"text":"no"}}'),
);
const message = jsonOf({
  content: jsonArray(block),
  stop_reason: fc.oneof(fc.constantFrom('"end_turn"', 'null'), jsonString),
  usage: fc.oneof(
    { weight: 4, arbitrary: jsonOf({ input_tokens: count, output_tokens: count }) },
    fc.constant('null'),
  ),
});
const vector = jsonOf({
  embedding: jsonArray(jsonNumber, 20),
  inputTextTokenCount: fc.oneof(count, fc.constant('null')),
});

const lineOf = (modelOutput: fc.Arbitrary<string>) => {
  const recordId = fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom('"R0000000007"', '"R9999999999"') },
    jsonString,
  );
  const answered = jsonOf({ modelInput: jsonText, modelOutput, recordId });
  const error = jsonOf({ errorCode: fc.oneof(count, jsonString), errorMessage: jsonString });
  const failed = jsonOf({
    error: fc.oneof(error, fc.constant('null')),
    modelInput: jsonText,
    modelOutput,
    recordId,
  });
  return corrupted(fc.oneof({ weight: 3, arbitrary: answered }, failed, jsonText));
};

test.each([
  ['messages', claude, message, undefined],
  ['vectors', titan, vector, undefined],
  ['vectors of doubles', titan, vector, 'float64'],
] as const)('any line of %s is read as JSON.parse and decode read it', (_, family, output, precision) => {
  const line = lineOf(output).filter((bytes) => bytes.length > 0 && !bytes.includes(0x0a));
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 3 }), (lines) => {
      const file = Buffer.concat(lines.flatMap((bytes) => [bytes, Buffer.of(0x0a)]));
      expect(read(family, file, precision)).toEqual(lines.map((bytes) => plain(family, bytes, precision)));
    }),
    { numRuns: 3000 },
  );
});

test('the lines that a family does not know by their bytes are read through decode', () => {
  const decode: ModelFamily['decode'] = (output) => ({ unreadable: JSON.stringify(output) ?? 'none' });
  const { extract: _, ...family } = { ...claude, decode };
  for (const { line } of cases) {
    expect(read(family, Buffer.from(`${line}\n`))).toEqual([plain(family, Buffer.from(line))]);
  }
});

const usual = {
  message:
    '{"id":"m","content":[{"type":"text","text":"a\\n\\u00e9🚀"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":2}}',
  vector: '{"embedding":[0.1,-2.5e-3,7],"embeddingsByType":{"float":[0.1]},"inputTextTokenCount":3}',
};

test.each([
  ['a message', claude, usual.message, true],
  ['a vector', titan, usual.vector, true],
  ['a message with half of a pair', claude, usual.message.replace('🚀', '\\ud83d'), false],
  ['a message with an escaped key', claude, usual.message.replace('content', '\\u0063ontent'), false],
  ['a vector with a number beyond a double', titan, usual.vector.replace('7', '1e999'), false],
  ['a vector with a fraction for a count', titan, usual.vector.replace(':3', ':3.5'), false],
] as const)('%s: taken from its bytes or not', (_, family, modelOutput, expected) => {
  expect(isExtracted(family, `{"modelInput":{},"modelOutput":${modelOutput},"recordId":"R0000000001"}`)).toBe(
    expected,
  );
});

const vectorLine = (numbers: string) =>
  `{"modelOutput":{"embedding":${numbers},"inputTextTokenCount":3},"recordId":"R0000000001"}\n`;
const vectorsOf = (lines: string) =>
  read(titan, Buffer.from(lines), 'float64').map((record) =>
    record.kind === 'outcome' && record.outcome.status === 'succeeded'
      ? record.outcome.answer.embedding
      : null,
  );

test('each number of a vector of doubles is what JSON.parse makes of it, to the bit', () => {
  const odd =
    '[0.1, 1e-320, -0, -0.0, 1.7976931348623157e308, 5e-324, 2e-324, 9007199254740993, -1e-400, 0.30000000000000004]';
  expect(vectorsOf(vectorLine(odd))).toEqual([Float64Array.from(JSON.parse(odd) as number[])]);
  fc.assert(
    fc.property(fc.array(jsonNumber, { minLength: 1 }), (texts) => {
      const values = texts.map(Number);
      const expected = values.every(Number.isFinite) ? Float64Array.from(values) : null;
      // toEqual tells -0 from 0.
      expect(vectorsOf(vectorLine(`[${texts}]`))).toEqual([expected]);
    }),
    { numRuns: 2000 },
  );
});

test('texts go around JSON.parse whatever the precision of vectors is', () => {
  const line = (output: string) => `{"modelOutput":${output},"recordId":"R0000000001"}`;
  expect(isExtracted(claude, line(usual.message), 'float64')).toBe(true);
  expect(isExtracted(titan, line(usual.vector), 'float32')).toBe(true);
  expect(isExtracted(titan, line(usual.vector), 'float64')).toBe(false);
});

test('a long answer outgrows the room of a short one', () => {
  const texts = ['x', 'é\\n"'.repeat(20_000), 'y'].map((text) => JSON.stringify(text));
  const lines = texts.map(
    (text) =>
      `{"modelOutput":{"content":[{"type":"text","text":${text}},{"type":"text","text":"!"}]},"recordId":"R0000000001"}\n`,
  );
  const answers = read(claude, Buffer.from(lines.join(''))).map((record) =>
    record.kind === 'outcome' && record.outcome.status === 'succeeded'
      ? record.outcome.answer.response
      : null,
  );
  expect(answers).toEqual(texts.map((text) => `${JSON.parse(text)}!`));
});

test('bytes that are no UTF-8 become what a decoder makes of them', () => {
  const line = Buffer.from(
    '{"modelOutput":{"content":[{"type":"text","text":"a?b"}]},"recordId":"R0000000001"}\n',
  );
  line[line.indexOf('?')] = 0xff;
  expect(read(claude, line)).toMatchObject([{ outcome: { answer: { response: 'a\uFFFDb' } } }]);
});
