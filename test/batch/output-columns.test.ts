import fc from 'fast-check';
import { answerColumns, appendedColumns } from '../../src/batch/output-columns.ts';
import cases from '../cases/batch/output-columns.json';

interface Case {
  readonly name: string;
  readonly columns: readonly string[];
  readonly answers: 'response' | 'embedding';
  readonly names: readonly string[];
  readonly notes: readonly string[];
}

test.each(cases as readonly Case[])(
  'names the columns beside $name',
  ({ columns, answers, names, notes }) => {
    expect(appendedColumns(columns, answers)).toEqual({ names, notes });
  },
);

test('no output has two columns of one name, whatever the input calls its own', () => {
  const wanted = ['response', ...answerColumns];
  const column = fc
    .tuple(fc.constantFrom(...wanted), fc.constantFrom('', '_1', '_2'))
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.uniqueArray(column), (columns) => {
      const { names, notes } = appendedColumns(columns, 'response');
      expect(new Set([...columns, ...names]).size).toBe(columns.length + wanted.length);
      expect(notes).toHaveLength(wanted.filter((name) => columns.includes(name)).length);
    }),
  );
});
