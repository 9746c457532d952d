import type { Outcome } from '../../src/batch/outcomes.ts';
import type { AnswerRow } from '../../src/batch/output-columns.ts';
import { answerRow, decodeAnswers, encodeAnswers } from '../../src/data/answers.ts';
import type { AnswerKind } from '../../src/models/types.ts';
import { plainAnswers } from './plain-answers.ts';

const succeeded = (answer: { response?: string; embedding?: Float32Array }): Outcome => ({
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

async function roundTrip(rows: readonly AnswerRow[], answers: AnswerKind): Promise<AnswerRow[]> {
  return plainAnswers(decodeAnswers(encodeAnswers(rows, answers)));
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

test('a chunk without rows is a stream without rows', async () => {
  expect(await roundTrip([], 'response')).toEqual([]);
});
