import { globPattern } from '../../../src/data/hugging-face/glob.ts';

test.each<[string, readonly string[], readonly string[]]>([
  ['data/train.csv', ['data/train.csv'], ['data/train_csv', 'data/train.csv.gz', 'x/data/train.csv']],
  ['data/train-*', ['data/train-00000-of-00001.parquet', 'data/train-'], ['data/train/x.csv', 'train-1']],
  ['*.csv', ['a.csv', '.csv'], ['a/b.csv']],
  ['**/*.csv', ['a.csv', 'a/b/c.csv'], ['a.tsv']],
  ['data/**', ['data/a', 'data/a/b'], ['data', 'other/a']],
  ['**.parquet', ['a.parquet', 'a/b.parquet'], ['a.csv']],
  ['part-?.csv', ['part-1.csv'], ['part-10.csv', 'part-/.csv']],
  ['part-[0-4].csv', ['part-0.csv', 'part-4.csv'], ['part-5.csv']],
  ['part-[!0-4].csv', ['part-5.csv'], ['part-0.csv', 'part-/.csv']],
  ['{train,te*}.csv', ['train.csv', 'test.csv'], ['dev.csv']],
  ['a+b (1)|$^.csv', ['a+b (1)|$^.csv'], ['aab (1).csv']],
  ['a[b', ['a[b'], ['ab']],
  ['a{b', ['a{b'], ['ab']],
])('%s', (glob, matching, others) => {
  const pattern = globPattern(glob);
  expect(matching.filter((path) => !pattern.test(path))).toEqual([]);
  expect(others.filter((path) => pattern.test(path))).toEqual([]);
});
