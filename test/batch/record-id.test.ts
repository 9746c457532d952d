import fc from 'fast-check';
import { isRecordIdOf, recordIdOf, rowOf, rowOfJson } from '../../src/batch/record-id.ts';

test('every row has an id of 11 alphanumerics that leads back to it, in the order of the rows', () => {
  const row = fc.nat({ max: 9_999_999_999 });
  fc.assert(
    fc.property(row, row, (a, b) => {
      expect(recordIdOf(a)).toMatch(/^[a-zA-Z0-9]{11}$/);
      expect(rowOf(recordIdOf(a))).toBe(a);
      expect(recordIdOf(a) < recordIdOf(b)).toBe(a < b);
    }),
  );
});

test('row 10^10 has no id', () => {
  expect(recordIdOf(9_999_999_999)).toBe('R9999999999');
  expect(() => recordIdOf(10_000_000_000)).toThrow(
    'Cannot number row 10000000000: a run must have fewer than 10^10 rows.',
  );
});

test.each([
  [undefined],
  [null],
  [0],
  [{}],
  [['R0000000001']],
  [''],
  ['R'],
  ['0000000001'],
  ['R000000001'],
  ['R00000000001'],
  ['r0000000001'],
  ['R000000000x'],
  ['R0000000001\n'],
  [' R0000000001'],
  ['R٠٠٠٠٠٠٠٠٠١'],
  ['bFBEdQuy3Gp'],
])('%j is no id of ours', (recordId) => {
  expect(rowOf(recordId)).toBeUndefined();
});

test.each([
  '"R0000000000"',
  '"R0123456789"',
  '"R9999999999"',
  '"R999999999"',
  '"R00000000000"',
  '"r0000000001"',
  '"R000000000a"',
  '"R000000000/"',
  '"R000000000:"',
  '"S0000000001"',
  '70000000000.1',
  '""',
])('reads %s in JSON as the parsed value is read, or leaves it to that', (json) => {
  const bytes = Buffer.from(`x${json}y`);
  expect(rowOfJson(bytes, 1, bytes.length - 1)).toBe(rowOf(JSON.parse(json)));
  expect(rowOfJson(bytes, -1, -1)).toBeUndefined();
});

test('an id is told from those of all other rows without making it', () => {
  const row = fc.nat({ max: 9_999_999_999 });
  fc.assert(
    fc.property(row, row, (a, b) => {
      const bytes = Buffer.from(`x${recordIdOf(a)}y`);
      expect(isRecordIdOf(a, bytes, 1, 12)).toBe(true);
      expect(isRecordIdOf(b, bytes, 1, 12)).toBe(a === b);
      expect([isRecordIdOf(a, bytes, 0, 11), isRecordIdOf(a, bytes, 1, 11)]).toEqual([false, false]);
    }),
  );
});
