import { scanJsonl } from '../../../src/data/jsonl/scan.ts';
import { jsonlTexts } from '../../../src/data/jsonl/table.ts';
import type { ScanWanted } from '../../../src/data/scan.ts';
import { collected, memorySource } from '../memory-source.ts';

const start = { row: 0, offset: 0, line: 1 };
const nothing: ScanWanted = { sized: [], read: [], texts: [], records: false };

async function scanned(content: string, wanted: Partial<ScanWanted>) {
  const source = memorySource(content, 't.jsonl', 64 * 1024);
  return collected(scanJsonl(source, start, { ...nothing, ...wanted }));
}

const sizes = [0, 400_000, 400_000, 400_000, 2_000_000, 5, 5, 700_000, 700_000];
const large = sizes.map((size, i) => `{"n":${i},"t":"${'x'.repeat(size)}"}\r\n`);
// A batch ends with the record that makes it a megabyte.
const batches = [4, 1, 4];

test.each([[nothing], [{ texts: ['t'] }], [{ sized: ['t'] }]])(
  'a scan for %j ends a batch at a megabyte',
  async (wanted) => {
    const found = await scanned(large.join(''), wanted);
    expect(found.map(({ count }) => count)).toEqual(batches);
    const ends = batches.map((_, i) => batches.slice(0, i + 1).reduce((sum, count) => sum + count));
    expect(found.map(({ next }) => next)).toEqual(
      ends.map((row) => ({ row, line: row + 1, offset: large.slice(0, row).join('').length })),
    );
  },
);

test('texts come a megabyte at a time, and reading goes on behind each', async () => {
  const source = memorySource(large.join(''), 't.jsonl', 64 * 1024);
  const read = (from = start) =>
    collected(jsonlTexts(source, { from, skip: 0, rowCount: 9 - from.row }, ['t']));
  const found = await read();
  expect(found.map(({ rows }) => rows.length)).toEqual(batches);
  expect(found.flatMap(({ rows }) => rows.map(([text]) => text?.length))).toEqual(sizes);
  for (const [i, { next }] of found.entries())
    expect((await read(next)).flatMap(({ rows }) => rows)).toEqual(
      found.slice(i + 1).flatMap(({ rows }) => rows),
    );
});

test('a thousand small records are a batch', async () => {
  const found = await scanned('{"a":1}\n'.repeat(2500), {});
  expect(found.map(({ count }) => count)).toEqual([1000, 1000, 500]);
});

describe('half of a surrogate pair', () => {
  const value = (line: number, key: string) =>
    `Cannot read t.jsonl: line ${line} must have text that UTF-8 can hold, and column "${key}" has half of a surrogate pair.`;
  const ofKey = (line: number, key: string) =>
    `Cannot read t.jsonl: line ${line} must have keys that UTF-8 can hold, and "${key}" has half of a surrogate pair.`;
  const prompt = { sized: ['k'] };
  const converted = { sized: ['k'], read: ['k'] };

  test.each<[string, string, Partial<ScanWanted>, string]>([
    ['alone in a prompt', '{"k":"a\\ud83db"}', prompt, value(1, 'k')],
    ['first, in capitals', '{"k":"\\uD83D"}', prompt, value(1, 'k')],
    ['last', '{"k":"a\\udfff"}', prompt, value(1, 'k')],
    ['a low one', '{"k":"\\udc00x"}', prompt, value(1, 'k')],
    ['in the wrong order', '{"k":"\\ude80\\ud83d"}', prompt, value(1, 'k')],
    ['behind a whole one', '{"k":"\\ud83d\\ude80\\ude80"}', prompt, value(1, 'k')],
    ['behind a backslash', '{"k":"\\\\\\ud83d"}', prompt, value(1, 'k')],
    ['in a later line', '{"k":"a"}\n\n{"j":1,"k":"\\ud83d"}\n', prompt, value(3, 'k')],
    ['in another format', '{"k":"a"}\n{"k":"a","other":"\\ud83d"}', converted, value(2, 'other')],
    ['in a key of another format', '{"k":"a"}\n{"k":"b","\\ud83d":1}', converted, ofKey(2, '\\ud83d')],
    ['in a key with quotes', '{"k":"b","\\"\\ud83d":1}', converted, ofKey(1, '\\"\\ud83d')],
  ])('%s is refused', async (_, content, wanted, message) => {
    await expect(scanned(content, wanted)).rejects.toMatchObject({ kind: 'InvalidInput', message });
  });

  test.each<[string, string, Partial<ScanWanted>]>([
    ['a pair', '{"k":"\\ud83d\\ude80"}', converted],
    ['two pairs', '{"k":"\\uD83D\\uDE80\\ud83d\\ude80"}', converted],
    ['a character itself', '{"k":"🚀","🚀":"\\u00e9\\u2028"}', converted],
    ['a backslash, then letters', '{"k":"\\\\ud83d"}', converted],
    ['a pair in a key', '{"k":"a","\\ud83d\\ude80":1}', converted],
    ['an array, which is text as it is written', '{"k":["\\ud83d"]}', converted],
    ['an object', '{"k":{"\\ud83d":"\\ud83d"}}', converted],
    ['another column of lines that stay lines', '{"k":"a","other":"\\ud83d","\\udc00":1}', prompt],
  ])('%s is none', async (_, content, wanted) => {
    expect((await scanned(`${content}\n`, wanted)).map(({ count }) => count)).toEqual([1]);
  });
});

describe('an id of ready-made records', () => {
  const line = (id: string) => `{"recordId":${id},"modelInput":{}}\n`;
  const refused = (rule: string) => `Cannot read t.jsonl: line 2 must have ${rule}.`;
  const tooLong = refused('a recordId of at most 256 bytes, and it has more');

  test.each([
    ['of 256 bytes', JSON.stringify('x'.repeat(256))],
    ['of 256 bytes with escapes', JSON.stringify('"'.repeat(256))],
    ['of 256 bytes with whole pairs', JSON.stringify('🚀'.repeat(64))],
    ['with an escaped pair', '"\\ud83d\\ude80"'],
  ])('%s is taken', async (_, id) => {
    const [rows] = await scanned(line('"a"') + line(id), { records: true });
    expect(rows?.recordIds).toEqual(['a', JSON.parse(id)]);
  });

  test.each([
    ['of 257 bytes', JSON.stringify('x'.repeat(257)), tooLong],
    ['of 129 characters, two bytes each', JSON.stringify('é'.repeat(129)), tooLong],
    [
      'with half of a surrogate pair',
      '"\\ud83d"',
      refused('text that UTF-8 can hold, and column "recordId" has half of a surrogate pair'),
    ],
  ])('%s is refused with its line', async (_, id, message) => {
    const read = scanned(line('"a"') + line(id), { records: true });
    await expect(read).rejects.toMatchObject({ kind: 'InvalidInput', message });
  });
});
