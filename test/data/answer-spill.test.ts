import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { AnswerSpill, kept } from '../../src/data/answer-spill.ts';
import { answerRow, encodeAnswers, encodeKept } from '../../src/data/answers.ts';
import type { AnswerFacts } from '../../src/models/types.ts';
import { collected } from './memory-source.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spill-test-'));
});
afterAll(() => rm(directory, { recursive: true }));

const facts = (change: Partial<AnswerFacts> = {}): AnswerFacts => ({
  ...{ stopReason: null, inputTokens: null, outputTokens: null },
  ...change,
});

function put(spill: AnswerSpill, row: number, text: string, told = facts()): void {
  const bytes = Buffer.from(text);
  // The buffer that it comes from may be longer.
  spill.putAnswer(row, Buffer.concat([bytes, Buffer.from('…')]), bytes.length, told);
}

/** `0:text|stop|3|4`, `1!error`, `2?`. */
async function rowsOf(spill: AnswerSpill): Promise<string[]> {
  const rows: string[] = [];
  for await (const { first, end, bytes } of spill.parts()) {
    for (let row = first; row < end; row++) {
      const found = spill.keptRow(row);
      const text = bytes.toString('utf8', found.start, found.end);
      const stop = found.stopEnd < 0 ? null : bytes.toString('utf8', found.end, found.stopEnd);
      if (found.kept === kept.nothing) rows.push(`${row}?`);
      else if (found.kept === kept.error) rows.push(`${row}!${text}`);
      else rows.push(`${row}:${text}|${stop}|${found.inputTokens}|${found.outputTokens}`);
    }
  }
  return rows;
}

test.each([
  ['memory', Number.MAX_SAFE_INTEGER],
  ['a file', 0],
])('rows come back in order from %s, whatever their order was', async (_, memoryBytes) => {
  const sizes = fc.array(
    fc.tuple(fc.nat({ max: 40 }), fc.oneof(fc.nat({ max: 30 }), fc.integer({ min: 200_000, max: 600_000 }))),
    {
      maxLength: 12,
    },
  );
  await fc.assert(
    fc.asyncProperty(sizes, async (puts) => {
      const spill = new AnswerSpill({ rowCount: 41, memoryBytes, directory });
      const expected = Array.from({ length: 41 }, (_, row) => `${row}?`);
      for (const [i, [row, size]] of puts.entries()) {
        const text = String.fromCharCode(97 + i).repeat(size);
        if (i % 3 === 0) {
          spill.putError(row, text);
          expected[row] = `${row}!${text}`;
        } else {
          put(spill, row, text, facts({ stopReason: i % 2 ? 'end' : null, inputTokens: i }));
          expected[row] = `${row}:${text}|${i % 2 ? 'end' : null}|${i}|null`;
        }
        await spill.flush();
      }
      expect(await rowsOf(spill)).toEqual(expected);
      await spill.close();
    }),
    { numRuns: 40 },
  );
});

test('an answer takes the place of an error', async () => {
  const spill = new AnswerSpill({ rowCount: 2 });
  spill.putError(1, '500: slow');
  expect([spill.keptOf(0), spill.keptOf(1)]).toEqual([kept.nothing, kept.error]);
  put(spill, 1, 'é', facts({ stopReason: '', outputTokens: 0 }));
  expect(spill.keptOf(1)).toBe(kept.answer);
  expect(await rowsOf(spill)).toEqual(['0?', '1:é||null|0']);
});

test('parts follow one another over many rows, and none is there without rows', async () => {
  const spill = new AnswerSpill({ rowCount: 100_001, memoryBytes: 0, directory });
  for (let row = 100_000; row >= 0; row -= 7) {
    put(spill, row, `answer ${row}`);
    await spill.flush();
  }
  const rows = await rowsOf(spill);
  expect(rows).toHaveLength(100_001);
  expect(
    rows.every(
      (text, row) => text === (row % 7 === 100_000 % 7 ? `${row}:answer ${row}|null|null|null` : `${row}?`),
    ),
  ).toBe(true);
  await spill.close();
  expect(await rowsOf(new AnswerSpill({ rowCount: 0 }))).toEqual([]);
});

test('the file has no name, so nothing of it can stay behind', async () => {
  const spill = new AnswerSpill({ rowCount: 1, memoryBytes: 0, directory });
  put(spill, 0, 'x'.repeat(1024 * 1024));
  await spill.flush();
  expect(await readdir(directory)).toEqual([]);
  expect(await rowsOf(spill)).toEqual([`0:${'x'.repeat(1024 * 1024)}|null|null|null`]);
  await spill.close();
  await spill.close();
});

test('a directory that is not there is an error', async () => {
  const spill = new AnswerSpill({ rowCount: 1, memoryBytes: 0, directory: join(directory, 'none') });
  put(spill, 0, 'x'.repeat(1024 * 1024));
  await expect(spill.flush()).rejects.toThrow('ENOENT');
});

test.each(['memory', 'a file'])(
  'kept vectors of doubles are encoded as their rows would be, from %s',
  async (place) => {
    const memoryBytes = place === 'memory' ? Number.MAX_SAFE_INTEGER : 0;
    const spill = new AnswerSpill({ rowCount: 1200, memoryBytes, directory });
    const vectors = Array.from({ length: 1200 }, (_, i) =>
      Float64Array.from({ length: 100 + (i % 3) }, (_, n) => (i - 600) / (n + 3)),
    );
    for (const [i, { buffer }] of vectors.entries()) {
      spill.putAnswer(i, new Uint8Array(buffer), buffer.byteLength, facts({ inputTokens: i }));
    }
    await spill.flush();
    const rows = vectors.map((embedding, i) =>
      answerRow(i, {
        status: 'succeeded',
        answer: { ...facts({ inputTokens: i }), response: null, embedding },
      }),
    );
    const whole = { spill, firstRow: 0, answers: 'embedding', precision: 'float64', missing: '' } as const;
    const bytes = Buffer.concat(await collected(encodeKept(whole)));
    expect(bytes.equals(Buffer.concat(await collected(encodeAnswers(rows, 'embedding', 'float64'))))).toBe(
      true,
    );
    await spill.close();
  },
);

test('kept texts are encoded as their rows would be', async () => {
  const spill = new AnswerSpill({ rowCount: 2300, memoryBytes: 0, directory });
  const error = { code: '400', message: 'bad "é"' };
  const rows = Array.from({ length: 2300 }, (_, i) => {
    if (i % 7 === 1)
      return answerRow(5 + i, { status: 'missing', error: { code: 'NoAnswer', message: 'none' } });
    if (i % 7 === 2) {
      spill.putError(i, '400: bad "é"');
      return answerRow(5 + i, { status: 'failed', error });
    }
    const told = facts({ stopReason: i % 3 ? 'end_turn' : null, inputTokens: i });
    const response = 'é🚀'.repeat(i % 500);
    put(spill, i, response, told);
    return answerRow(5 + i, { status: 'succeeded', answer: { ...told, response, embedding: null } });
  });
  await spill.flush();
  const whole = { spill, firstRow: 5, answers: 'response', missing: 'NoAnswer: none' } as const;
  const bytes = Buffer.concat(await collected(encodeKept(whole)));
  expect(bytes.equals(Buffer.concat(await collected(encodeAnswers(rows, 'response'))))).toBe(true);
  await spill.close();
});
