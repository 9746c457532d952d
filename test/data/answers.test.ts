import type { Outcome } from '../../src/batch/outcomes.ts';
import type { AnswerRow } from '../../src/batch/output-columns.ts';
import { answerRow, decodeAnswers, encodeAnswers } from '../../src/data/answers.ts';
import type { AnswerKind, Embedding, EmbeddingPrecision } from '../../src/models/types.ts';
import { plainAnswers } from './plain-answers.ts';

const succeeded = (answer: { response?: string; embedding?: Embedding }): Outcome => ({
  status: 'succeeded',
  answer: {
    response: null,
    embedding: null,
    stopReason: 'end_turn',
    inputTokens: 3,
    outputTokens: 0,
    ...answer,
  },
});
const failed: Outcome = { status: 'failed', error: { code: '400', message: 'bad, "very" bad\nrecord' } };

async function roundTrip(
  rows: readonly AnswerRow[],
  answers: AnswerKind,
  precision?: EmbeddingPrecision,
): Promise<AnswerRow[]> {
  return plainAnswers(decodeAnswers(encodeAnswers(rows, answers, precision)));
}

test('text answers come back in order, with empty text apart from none', async () => {
  const outcomes = Array.from({ length: 2500 }, (_, i) =>
    i % 7 === 0 ? failed : succeeded({ response: i % 5 === 0 ? '' : `réponse ${i} 🚀\u2028` }),
  );
  const rows = outcomes.map((outcome, i) => answerRow(i, outcome));
  expect(await roundTrip(rows, 'response')).toEqual(rows);
});

test('vectors come back to the bit', async () => {
  const rows = Array.from({ length: 1001 }, (_, i) =>
    answerRow(i, i === 5 ? failed : succeeded({ embedding: Float32Array.from([i / 3, -0, 1e-40, i]) })),
  );
  const read = await roundTrip(rows, 'embedding');
  expect(read).toEqual(rows);
  expect(Object.is((read[0]?.answer as Float32Array | undefined)?.[1], -0)).toBe(true);
});

test('vectors of doubles come back to the bit', async () => {
  const odd = [0.1, 1e-320, -0, Number.MAX_VALUE, Number.MIN_VALUE, 2 ** 53];
  const rows = Array.from({ length: 1001 }, (_, i) =>
    answerRow(
      i,
      i === 5 ? failed : succeeded({ embedding: Float64Array.from([i / 3, ...odd].slice(i % 3)) }),
    ),
  );
  const read = await roundTrip(rows, 'embedding', 'float64');
  expect(read).toEqual(rows);
  expect(Object.is((read[0]?.answer as Float64Array | undefined)?.[3], -0)).toBe(true);
});

test.each(['float32', 'float64'] as const)(
  'a chunk without rows is a stream without rows, in %s',
  async (precision) => {
    expect(await roundTrip([], 'response', precision)).toEqual([]);
    expect(await roundTrip([], 'embedding', precision)).toEqual([]);
  },
);
