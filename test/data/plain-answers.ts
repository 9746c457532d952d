import type { AnswerRow } from '../../src/batch/output-columns.ts';
import { collected } from './memory-source.ts';

/** Answers whose cells lie in a record batch, as values. */
export async function plainAnswers(batches: AsyncIterable<readonly AnswerRow[]>): Promise<AnswerRow[]> {
  return (await collected(batches))
    .flat()
    .map(({ answer, recordId, status, error, stopReason, inputTokens, outputTokens }) => ({
      answer,
      recordId,
      status,
      error,
      stopReason,
      inputTokens,
      outputTokens,
    }));
}
