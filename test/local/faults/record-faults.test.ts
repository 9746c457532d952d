import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contentHash, type RecordFault, RecordFaults } from '../../../src/local/faults/record-faults.ts';

const contents = Array.from({ length: 300 }, (_, n) => ({ text: `content ${n}` }));
const error = { errorCode: 500 } as const;

/** The places of the records of one job that a fault befalls, from 0. */
function befallen(faults: RecordFaults, by = 'job', records: readonly object[] = contents): number[] {
  return records.flatMap((modelInput, n) =>
    faults.inJob({ modelInput, ordinal: n + 1, by }) === undefined ? [] : [n],
  );
}

test.each<[string, RecordFault, readonly number[]]>([
  ['all records by default', error, [0, 1, 2, 3]],
  ['the nth of a job', { ...error, nth: 2 }, [1]],
  ['each so-many-eth', { ...error, every: 2 }, [1, 3]],
  ['none by no chance', { ...error, chance: 0 }, []],
])('a fault befalls %s', (_, fault, expected) => {
  expect(befallen(new RecordFaults({ faults: [fault] }), 'job', contents.slice(0, 4))).toEqual(expected);
});

test('chance goes by the content: the same record has the same fate in every job, wherever it lies', () => {
  const faults = new RecordFaults({ faults: [{ ...error, chance: 0.2 }], seed: 5 });
  const some = befallen(faults);
  expect(some.length).toBeGreaterThan(35);
  expect(some.length).toBeLessThan(90);
  expect(befallen(faults, 'another')).toEqual(some);
  const backwards = befallen(faults, 'job', [...contents].reverse());
  expect(backwards.map((n) => 299 - n).reverse()).toEqual(some);
  const onDemand = contents.flatMap((modelInput, n) =>
    faults.onDemand({ modelInput, ordinal: 1, by: `call ${n}` }) === undefined ? [] : [n],
  );
  expect(onDemand).toEqual(some);
});

describe('a fault of limited times', () => {
  const once = { ...error, times: 1 } as const;
  const few = contents.slice(0, 3);

  test('befalls each content so often, and whoever met it meets it again', () => {
    const faults = new RecordFaults({ faults: [{ ...error, times: 2 }] });
    const meets = (by: string) => befallen(faults, by, few).length;
    expect(['a', 'b', 'c', 'a', 'b'].map(meets)).toEqual([3, 3, 0, 3, 3]);
  });

  test('befalls a content that a job holds twice both times', () => {
    const faults = new RecordFaults({ faults: [once] });
    expect(befallen(faults, 'a', [{ text: 1 }, { text: 1 }])).toEqual([0, 1]);
    expect(befallen(faults, 'b', [{ text: 1 }])).toEqual([]);
  });

  test('counts jobs and invocations alike', () => {
    const faults = new RecordFaults({ faults: [once] });
    befallen(faults, 'a', few);
    expect(faults.onDemand({ modelInput: few[0], ordinal: 1, by: 'call' })).toBeUndefined();
    expect(faults.onDemand({ modelInput: { text: 'new' }, ordinal: 2, by: 'call' })).toEqual(once);
  });

  test('gives way to the next fault of the plan', () => {
    const faults = new RecordFaults({ faults: [once, { missing: true }] });
    const fates = ['a', 'b'].map((by) => faults.inJob({ modelInput: few[0], ordinal: 1, by }));
    expect(fates).toEqual([once, { missing: true }]);
  });

  test('is remembered by the next process, but not by the next plan', () => {
    const directory = mkdtempSync(join(tmpdir(), 'record-faults-'));
    const options = { faults: [once], path: join(directory, 'met.jsonl') };
    const open = <Result>(use: (faults: RecordFaults) => Result): Result => {
      const faults = new RecordFaults(options);
      const result = use(faults);
      faults.close();
      return result;
    };
    expect(open((faults) => befallen(faults, 'a', few))).toEqual([0, 1, 2]);
    expect(open((faults) => befallen(faults, 'b', few))).toEqual([]);
    expect(open((faults) => befallen(faults, 'a', few))).toEqual([0, 1, 2]);
    open((faults) => faults.set([once]));
    expect(open((faults) => befallen(faults, 'b', few))).toEqual([0, 1, 2]);
    rmSync(directory, { recursive: true });
  });
});

test('on demand there are errors only', () => {
  const faults = new RecordFaults({ faults: [{ unreadable: true }, { ...error, nth: 2 }] });
  const record = { modelInput: {}, by: 'call' };
  expect(faults.onDemand({ ...record, ordinal: 1 })).toBeUndefined();
  expect(faults.onDemand({ ...record, ordinal: 2 })).toEqual({ ...error, nth: 2 });
});

test('a content is what is asked, as JSON', () => {
  expect(contentHash({ a: 1 })).toBe(contentHash(JSON.parse('{ "a": 1.0 }')));
  expect(contentHash({ a: 1 })).not.toBe(contentHash({ a: 2 }));
  expect(contentHash(undefined)).not.toBe(contentHash(null));
});

test.each<[object, string]>([
  [{}, 'one of errorCode, missing, unreadable, duplicated must be given'],
  [{ errorCode: 200 }, 'errorCode must be 400 to 599'],
  [{ errorCode: 500, missing: true }, 'errorCode and missing exclude each other'],
  [{ missing: 'sometimes' }, 'missing must be true or uncounted'],
  [{ unreadable: true, errorMessage: 'x' }, 'errorMessage belongs to an errorCode'],
  [{ errorCode: 500, times: 0 }, 'times must be a whole number from 1'],
  [{ errorCode: 500, share: 1 }, 'share is no member of it'],
])('%j is refused', (fault, rule) => {
  expect(() => new RecordFaults({ faults: [fault as RecordFault] })).toThrow(rule);
});
