import fc from 'fast-check';
import { type AnswerRow, answerColumns, appendedColumns } from '../../src/batch/output-columns.ts';
import type { AnswerKind, EmbeddingPrecision } from '../../src/models/types.ts';
import cases from '../cases/batch/output-columns.json';

interface Case {
  readonly name: string;
  readonly columns: readonly string[];
  readonly answers: AnswerKind;
  readonly names: readonly string[];
  readonly notes: readonly string[];
}

test.each(cases as readonly Case[])(
  'names the columns beside $name',
  ({ columns, answers, names, notes }) => {
    const appended = appendedColumns(columns, answers);
    expect({ ...appended, columns: appended.columns.map(({ name }) => name) }).toEqual({
      columns: names,
      notes,
    });
  },
);

test('no output has two columns of one name, whatever the input calls its own', () => {
  const wanted = answerColumns('response').map(({ name }) => name);
  const column = fc
    .tuple(fc.constantFrom(...wanted), fc.constantFrom('', '_1', '_2'))
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.uniqueArray(column), (columns) => {
      const { columns: appended, notes } = appendedColumns(columns, 'response');
      expect(new Set([...columns, ...appended.map(({ name }) => name)]).size).toBe(
        columns.length + wanted.length,
      );
      expect(notes).toHaveLength(wanted.filter((name) => columns.includes(name)).length);
    }),
  );
});

const row: AnswerRow = {
  answer: 'an answer',
  recordId: 'R0000000007',
  status: 'failed',
  error: '400: bad',
  stopReason: 'end_turn',
  inputTokens: 3,
  outputTokens: 0,
};

test.each<[AnswerKind, EmbeddingPrecision | undefined, string]>([
  ['response', undefined, 'string'],
  ['response', 'float64', 'string'],
  ['embedding', undefined, 'list<float>'],
  ['embedding', 'float32', 'list<float>'],
  ['embedding', 'float64', 'list<double>'],
])('each column of %s in %s takes its own cell of a row, renamed or not', (answers, precision, type) => {
  const columns = answerColumns(answers, precision);
  expect(columns.map((column) => [column.name, column.type, column.of(row)])).toEqual([
    [answers, type, 'an answer'],
    ['record_id', 'string', 'R0000000007'],
    ['status', 'string', 'failed'],
    ['error', 'string', '400: bad'],
    ['stop_reason', 'string', 'end_turn'],
    ['input_tokens', 'int64', 3],
    ['output_tokens', 'int64', 0],
  ]);
  const renamed = appendedColumns(
    columns.map(({ name }) => name),
    answers,
    precision,
  );
  expect(renamed.columns.map((column) => [column.type, column.of(row)])).toEqual(
    columns.map((column) => [column.type, column.of(row)]),
  );
});
